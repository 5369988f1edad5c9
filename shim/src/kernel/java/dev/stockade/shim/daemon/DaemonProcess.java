package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.Main;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A daemon in a process of its own, so that it can be killed. */
final class DaemonProcess {
  private static final int END_SECONDS = 60;

  private final Process process;
  private final Path log;

  private DaemonProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Serves when this returns. */
  static DaemonProcess start(Path directory, Config config) throws Exception {
    return start(directory, config, List.of());
  }

  /**
   * As {@link #start(Path, Config)}.
   *
   * @param around a command that executes its further words
   */
  static DaemonProcess start(Path directory, Config config, List<String> around) throws Exception {
    Path log = directory.resolve("daemon.log");
    List<String> command = new ArrayList<>(around);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx96m",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "serve",
            "--config",
            directory.resolve("config.toml").toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("STOCKADE_WARDEN", Machine.warden().toString());
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    DaemonProcess daemon = new DaemonProcess(builder.start(), log);
    Wait.until("the daemon to serve", () -> serves(config) || !daemon.isAlive());
    assertThat(daemon.isAlive()).as("the daemon started:\n%s", daemon.said()).isTrue();
    return daemon;
  }

  /** To listen under the socket's name is the last step of its start. */
  private static boolean serves(Config config) {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(config.socket()));
    } catch (IOException e) {
      return false;
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What all daemons of the directory have said so far. */
  String said() throws IOException {
    return Files.readString(log);
  }

  /** SIGKILL: no shutdown hook runs, nothing is closed in order. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the daemon, pid " + process.pid() + ", does not die");
    }
  }

  /** SIGTERM, as a service manager does. */
  void end() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      kill();
      throw new AssertionError("the daemon did not end when it was told to");
    }
  }
}
