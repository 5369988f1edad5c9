package dev.stockade.launcher.seccomp;

import java.util.OptionalInt;

/**
 * The age of a profile, per ABI: the largest number among the calls it names. Numbers are given out
 * in order, so a call beyond it is newer than the profile, and programs expect ENOSYS from a call
 * that is not there: told EPERM, C libraries fail instead of falling back (runc does the same).
 * Only for default actions that refuse; a tracer, a listener and the log see every call.
 *
 * <p>Two blocks lie outside the order and neither set the age nor fall under it: 512 to 547 of x32,
 * which duplicate old calls, and the private calls of arm from 0xf0000. Number -1 is the skipped
 * call of a tracer, never new.
 */
final class Horizon {
  private static final int X32_BLOCK = 512;
  private static final int X32_BLOCK_END = 548;
  private static final int ARM_BLOCK = 0xf0000;
  private static final int ARM_BLOCK_END = 0xf0800;

  private final Arch arch;
  private final OptionalInt newest;

  private Horizon(Arch arch, OptionalInt newest) {
    this.arch = arch;
    this.newest = newest;
  }

  static Horizon of(Profile profile, Arch arch) {
    if (!profile.defaultVerdict().action().refuses()) {
      return new Horizon(arch, OptionalInt.empty());
    }
    SyscallTable table = SyscallTable.of(arch);
    OptionalInt newest =
        profile.syscalls().stream()
            .flatMap(rule -> rule.names().stream())
            .map(table::number)
            .filter(OptionalInt::isPresent)
            .mapToInt(OptionalInt::getAsInt)
            .filter(number -> !apart(arch, number))
            .max();
    return new Horizon(arch, newest);
  }

  /** Whether a call of this ABI that no rule names is newer than the profile. */
  boolean isBefore(int number) {
    return newest.isPresent()
        && number != -1
        && Integer.compareUnsigned(number, newest.getAsInt()) > 0
        && !apart(arch, number);
  }

  /** The numbers at which {@link #isBefore} may change, as a filter sees them. */
  int[] edges() {
    if (newest.isEmpty()) {
      return new int[0];
    }
    int beyond = newest.getAsInt() + 1;
    int bit = arch.numberBit();
    return switch (arch) {
      case X32 -> new int[] {beyond, bit | X32_BLOCK, bit | X32_BLOCK_END};
      case ARM -> new int[] {beyond, ARM_BLOCK, ARM_BLOCK_END};
      default -> new int[] {beyond};
    };
  }

  private static boolean apart(Arch arch, int number) {
    int bare = number & ~arch.numberBit();
    return switch (arch) {
      case X32 -> bare >= X32_BLOCK && bare < X32_BLOCK_END;
      case ARM -> bare >= ARM_BLOCK && bare < ARM_BLOCK_END;
      default -> false;
    };
  }
}
