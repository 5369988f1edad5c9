package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One cgroup of the version 2 hierarchy, held by descriptor. */
public final class Cgroup implements AutoCloseable {
  private static final int LIMIT = 1 << 20;
  private static final int CHILDREN_MAX = 4096;
  private static final int DEPTH_MAX = 64;
  private static final int REMOVE_TRIES = 50;
  private static final Duration PAUSE = Duration.ofMillis(10);

  private final Directory directory;
  private final String path;

  Cgroup(Directory directory, String path) {
    this.directory = directory;
    this.path = path.startsWith("/") ? path : "/" + path;
  }

  /** Absolute within the hierarchy, as /proc/pid/cgroup shows it. */
  public String path() {
    return path;
  }

  public Fd fd() {
    return directory.fd();
  }

  @Override
  public String toString() {
    return "cgroup " + path;
  }

  Cgroup child(String name, boolean mayExist) throws SyscallException {
    try (Entry entry = directory.entry(name)) {
      if (mayExist) {
        entry.makeDirectoryUnlessThere(0755);
      } else {
        entry.makeDirectory(0755);
      }
    }
    return new Cgroup(directory.directory(name), path.equals("/") ? name : path + "/" + name);
  }

  /** Lets children have these controllers; those that they have already cost one read. */
  void handDown(Set<String> wanted) throws IOException {
    if (wanted.isEmpty()) {
      return;
    }
    List<String> have = List.of(read("cgroup.subtree_control").trim().split(" ", -1));
    StringBuilder missing = new StringBuilder();
    for (String controller : wanted) {
      if (!have.contains(controller)) {
        missing.append(missing.length() == 0 ? "+" : " +").append(controller);
      }
    }
    if (missing.length() > 0) {
      write("cgroup.subtree_control", missing.toString());
    }
  }

  /** The whole content of one control file. */
  public String read(String file) throws IOException {
    try (Fd opened = control(file, Flags.O_RDONLY)) {
      return new String(
          Directory.readBounded(opened, LIMIT, directory.describe(file)), StandardCharsets.UTF_8);
    }
  }

  /** As {@link #read}; empty when the kernel or the controllers do not offer the file. */
  public Optional<String> readIfPresent(String file) throws IOException {
    try {
      return Optional.of(read(file));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Writes one control file in one write(2). */
  public void write(String file, String value) throws IOException {
    try (Fd opened = control(file, Flags.O_WRONLY)) {
      opened.output().write(value.getBytes(StandardCharsets.UTF_8));
    } catch (SyscallException e) {
      throw new SyscallException(
          "write", e.errno(), directory.describe(file) + " = " + value, hint(e.errno(), file));
    }
  }

  private static String hint(Errno errno, String file) {
    return switch (errno) {
      case ENOENT -> "the controller of " + file + " is not enabled for this cgroup";
      case EBUSY -> "processes or nested controllers are in the way (no internal processes rule)";
      case EINVAL, ERANGE -> "the kernel does not accept the value";
      default -> "";
    };
  }

  /** A control file held open, for example memory.events for a monitor. */
  public Fd openControl(String file) throws SyscallException {
    return control(file, Flags.O_RDONLY);
  }

  private Fd control(String file, int flags) throws SyscallException {
    return Opening.at(directory.fd(), file, flags, 0, Resolution.BENEATH.flags());
  }

  /** Pids of the processes in it, as this process's pid namespace numbers them. */
  public List<Integer> processes() throws IOException {
    List<Integer> pids = new ArrayList<>();
    for (String line : read("cgroup.procs").split("\n", -1)) {
      if (!line.isEmpty()) {
        pids.add(Integer.parseInt(line));
      }
    }
    return pids;
  }

  /** Pids of the processes in it and in the cgroups that were made beneath it. */
  public List<Integer> processesBelow() throws IOException {
    List<Integer> pids = new ArrayList<>();
    addProcesses(pids, 0);
    return pids;
  }

  private void addProcesses(List<Integer> pids, int depth) throws IOException {
    pids.addAll(processes());
    if (depth == DEPTH_MAX) {
      return;
    }
    for (Listing.Name name : directory.list(CHILDREN_MAX)) {
      if (name.kind().filter(kind -> kind == FileKind.DIRECTORY).isPresent()) {
        try (Cgroup below = child(name.name(), true)) {
          below.addProcesses(pids, depth + 1);
        }
      }
    }
  }

  /** Kills every process in it and below, also those being forked; one that is gone has none. */
  public void kill() throws IOException {
    try {
      write("cgroup.kill", "1");
    } catch (SyscallException e) {
      if (!isGone(e)) {
        throw e;
      }
    }
  }

  /** Whether it was removed since it was opened, or while one of its files was. */
  private static boolean isGone(SyscallException e) {
    return e.is(Errno.ENOENT) || e.is(Errno.ENODEV);
  }

  public void freeze(boolean frozen) throws IOException {
    write("cgroup.freeze", frozen ? "1" : "0");
  }

  public boolean populated() throws IOException {
    return read("cgroup.events").contains("populated 1");
  }

  /**
   * Whether it had or got no live process within the limit; woken by the kernel, not by a clock.
   */
  public boolean awaitEmpty(Duration limit) throws IOException {
    long deadline = System.nanoTime() + limit.toNanos();
    try (Fd events = control("cgroup.events", Flags.O_RDONLY)) {
      while (true) {
        events.seek(0);
        String text =
            new String(Directory.readBounded(events, LIMIT, path), StandardCharsets.US_ASCII);
        if (text.contains("populated 0")) {
          return true;
        }
        Duration left = Duration.ofNanos(deadline - System.nanoTime());
        if (left.isNegative() || !Poll.await(events, Poll.PRI, left)) {
          return false;
        }
      }
    } catch (SyscallException e) {
      if (isGone(e)) {
        return true;
      }
      throw e;
    }
  }

  /** The device programs attached here. */
  public List<Integer> devicePrograms() throws SyscallException {
    return DeviceProgram.attached(directory.fd(), path);
  }

  /**
   * Kills what is in the cgroup and removes it with everything below. A cgroup that is gone is no
   * error.
   *
   * @param limit for the processes to die
   */
  public static void destroy(Cgroup2 hierarchy, String path, Duration limit) throws IOException {
    try (Cgroup cgroup = hierarchy.open(path)) {
      cgroup.kill();
      if (!cgroup.awaitEmpty(limit)) {
        throw new SyscallException(
            "rmdir",
            Errno.EBUSY,
            "cgroup " + path,
            "processes did not die within " + limit + ": " + cgroup.processes());
      }
      cgroup.removeChildren(0);
    } catch (SyscallException e) {
      if (isGone(e)) {
        return;
      }
      throw e;
    }
    Path whole = Path.of("/" + path).normalize();
    Path parent = whole.getParent();
    try (Cgroup holder = hierarchy.open(parent == null ? "/" : parent.toString())) {
      holder.removeChild(String.valueOf(whole.getFileName()));
    }
  }

  private void removeChildren(int depth) throws IOException {
    for (Listing.Name name : directory.list(CHILDREN_MAX)) {
      if (name.kind().filter(kind -> kind == FileKind.DIRECTORY).isPresent()) {
        if (depth < DEPTH_MAX) {
          try (Cgroup below = child(name.name(), true)) {
            below.removeChildren(depth + 1);
          }
        }
        removeChild(name.name());
      }
    }
  }

  /** Retried for a moment, because a cgroup stays busy until its last dead process is reaped. */
  private void removeChild(String name) throws SyscallException {
    for (int attempt = 1; ; attempt++) {
      try (Entry entry = directory.entry(name)) {
        entry.removeDirectory();
        return;
      } catch (SyscallException e) {
        if (e.is(Errno.ENOENT)) {
          return;
        }
        if (!e.is(Errno.EBUSY) || attempt == REMOVE_TRIES) {
          throw e;
        }
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    directory.close();
  }
}
