package dev.stockade.shim.daemon;

import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A container that is made and then cannot be started.
 *
 * @param what is wrong with it
 * @param code of the answer to StartContainer
 * @param field of the request that the message names
 * @param exitCode of the container then; -1 when it can still be started once the cause is mended
 * @param change to a sound container, as {@link RefusalScene#container} takes it
 * @param meanwhile happens between creation and start
 */
record StartRefusal(
    String what, Status.Code code, String field, int exitCode, String change, Event meanwhile) {
  /** Something that happens on the node. */
  @FunctionalInterface
  interface Event {
    void happen(RefusalScene scene) throws Exception;
  }

  /** Whether the container stays as it was made. */
  boolean canBeRepeated() {
    return exitCode < 0;
  }

  static List<StartRefusal> all() {
    String bind = "mounts { container_path: '/m' host_path: '@/volume' }";
    Event nothing = scene -> {};
    return List.of(
        row("no such program", "command", 127, "command: 'nosuch'", nothing),
        row("no such path", "command", 127, "command: '/bin/nosuch'", nothing),
        row("no executable", "command", 126, "command: '/etc/passwd'", nothing),
        row("directory as a program", "command", 126, "command: '/etc'", nothing),
        row("file to work in", "working_dir", 128, "working_dir: '/etc/passwd'", nothing),
        row("source that went away", "mounts", -1, bind, s -> Files.delete(volume(s))),
        row(
            "log that is a link now",
            "log_path",
            -1,
            "log_path: 'swapped.log'",
            scene -> {
              Path log = scene.directory.resolve("logs/base/swapped.log");
              Files.delete(log);
              Files.createSymbolicLink(log, Path.of("/etc/passwd"));
            }));
  }

  private static StartRefusal row(
      String what, String field, int exitCode, String change, Event meanwhile) {
    return new StartRefusal(
        what, Status.Code.FAILED_PRECONDITION, field, exitCode, change, meanwhile);
  }

  private static Path volume(RefusalScene scene) {
    return scene.directory.resolve("volume");
  }

  @Override
  public String toString() {
    return what;
  }
}
