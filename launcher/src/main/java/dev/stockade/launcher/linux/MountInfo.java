package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One line of /proc/pid/mountinfo, proc_pid_mountinfo(5).
 *
 * @param root path within the file system that is mounted
 * @param options of the mount, not of the file system
 * @param superOptions of the file system
 * @param propagation the optional fields, e.g. {@code shared:1}
 */
public record MountInfo(
    int id,
    int parent,
    String device,
    String root,
    String point,
    Set<String> options,
    Set<String> propagation,
    String type,
    String source,
    Set<String> superOptions) {
  private static final int LIMIT = 16 << 20;

  /** The mounts this process sees, in mount order. */
  public static List<MountInfo> self() throws IOException {
    try (Fd file = Opening.host(Path.of("/proc/self/mountinfo"), Flags.O_RDONLY)) {
      return parse(
          new String(Directory.readBounded(file, LIMIT, "mountinfo"), StandardCharsets.UTF_8));
    }
  }

  /** The mount of this process's namespace that a path of the host is on; links are followed. */
  public static Optional<MountInfo> holding(Path path) throws IOException {
    try (Fd held = HostPath.hold(path)) {
      long id = held.status().mountId();
      return self().stream().filter(mount -> mount.id() == id).findFirst();
    }
  }

  /** Whether what is mounted on it later appears in its peers too (mount_namespaces(7)). */
  public boolean isShared() {
    return propagation.stream().anyMatch(field -> field.startsWith("shared:"));
  }

  /** Whether it receives what is mounted on its master later. */
  public boolean isSlave() {
    return propagation.stream().anyMatch(field -> field.startsWith("master:"));
  }

  public static List<MountInfo> parse(String text) throws SyscallException {
    List<MountInfo> mounts = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      if (!line.isEmpty()) {
        mounts.add(line(line));
      }
    }
    return mounts;
  }

  private static MountInfo line(String line) throws SyscallException {
    String[] fields = line.split(" ", -1);
    int dash = 6;
    while (dash < fields.length && !fields[dash].equals("-")) {
      dash++;
    }
    if (dash + 3 >= fields.length) {
      throw new SyscallException("mountinfo", Errno.EINVAL, line, "a line of unknown shape");
    }
    return new MountInfo(
        Integer.parseInt(fields[0]),
        Integer.parseInt(fields[1]),
        fields[2],
        unescape(fields[3]),
        unescape(fields[4]),
        Set.of(fields[5].split(",", -1)),
        Set.copyOf(List.of(fields).subList(6, dash)),
        fields[dash + 1],
        unescape(fields[dash + 2]),
        Set.copyOf(List.of(fields[dash + 3].split(",", -1))));
  }

  /** Undoes the kernel's octal escapes of space, tab, newline and backslash. */
  static String unescape(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && i + 3 < field.length() && octal(field, i + 1)) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  private static boolean octal(String field, int from) {
    for (int i = from; i < from + 3; i++) {
      if (field.charAt(i) < '0' || field.charAt(i) > '7') {
        return false;
      }
    }
    return true;
  }
}
