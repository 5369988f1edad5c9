package dev.stockade.launcher.engine;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.caps.Executable;
import dev.stockade.launcher.caps.FileCapabilities;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.ProcDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the program that was executed may do to identity and capabilities, execve(2) and
 * capabilities(7).
 */
final class ExecutedFile {
  private static final int SET_UID = 04000;
  private static final int SET_GID_EXECUTABLE = 02010;
  private static final long NO_SUID = 2;
  private static final int REVISION_2 = 0x0200_0000;
  private static final int REVISION_3 = 0x0300_0000;
  private static final int REVISION_MASK = 0xff00_0000;
  private static final int IDS_MAX = 1 << 20;

  private ExecutedFile() {}

  static Executable of(ProcDirectory proc) throws IOException {
    try (Fd program = proc.follow("exe", true)) {
      if ((program.mountFlags() & NO_SUID) != 0) {
        return Executable.PLAIN;
      }
      FileStatus status = program.status();
      String uids = proc.read("uid_map", IDS_MAX);
      int mode = status.permissions();
      return new Executable(
          (mode & SET_UID) == 0 ? OptionalLong.empty() : inside(uids, status.uid()),
          (mode & SET_GID_EXECUTABLE) == SET_GID_EXECUTABLE
              ? inside(proc.read("gid_map", IDS_MAX), status.gid())
              : OptionalLong.empty(),
          program.attribute("security.capability").flatMap(value -> capabilities(value, uids)));
    }
  }

  /** The host's id as the user namespace shows it; empty when it is not mapped there. */
  static OptionalLong inside(String map, long hostId) {
    for (String line : map.split("\n", -1)) {
      String[] numbers = line.trim().split("\\s+", -1);
      if (numbers.length == 3) {
        long offset = hostId - Long.parseLong(numbers[1]);
        if (offset >= 0 && offset < Long.parseLong(numbers[2])) {
          return OptionalLong.of(Long.parseLong(numbers[0]) + offset);
        }
      }
    }
    return OptionalLong.empty();
  }

  /** struct vfs_ns_cap_data; revision 3 counts only where its root is the namespace's root. */
  static Optional<FileCapabilities> capabilities(byte[] value, String uidMap) {
    ByteBuffer data = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    if (data.limit() < 20) {
      return Optional.empty();
    }
    int revision = data.getInt(0) & REVISION_MASK;
    if (revision == REVISION_3) {
      boolean ours =
          data.limit() >= 24
              && inside(uidMap, data.getInt(20) & 0xffff_ffffL).equals(OptionalLong.of(0));
      if (!ours) {
        return Optional.empty();
      }
    } else if (revision != REVISION_2) {
      return Optional.empty();
    }
    long permitted = (data.getInt(4) & 0xffff_ffffL) | (long) data.getInt(12) << 32;
    long inheritable = (data.getInt(8) & 0xffff_ffffL) | (long) data.getInt(16) << 32;
    return Optional.of(
        new FileCapabilities(
            new CapabilitySet(permitted),
            new CapabilitySet(inheritable),
            (data.getInt(0) & 1) != 0));
  }
}
