package dev.stockade.launcher.seccomp;

import java.util.List;
import java.util.Optional;

/**
 * A system call ABI whose calls a filter can tell apart: the audit architecture of {@code
 * seccomp_data.arch} (linux/audit.h) and, where two ABIs share one, a bit of the number.
 */
public enum Arch {
  X86_64(0xC000003E, 0, "x86_64", true),
  /** Shares AUDIT_ARCH_X86_64; its numbers carry __X32_SYSCALL_BIT. */
  X32(0xC000003E, 0x4000_0000, "x32", false),
  X86(0x40000003, 0, "x86", false),
  AARCH64(0xC00000B7, 0, "aarch64", true),
  /** The EABI; the kernel of an arm64 machine offers no other. */
  ARM(0x40000028, 0, "arm", false);

  private final int auditArch;
  private final int numberBit;
  private final String label;
  private final boolean wideArguments;

  Arch(int auditArch, int numberBit, String label, boolean wideArguments) {
    this.auditArch = auditArch;
    this.numberBit = numberBit;
    this.label = label;
    this.wideArguments = wideArguments;
  }

  /** The AUDIT_ARCH_* value the kernel reports for calls of this ABI. */
  public int auditArch() {
    return auditArch;
  }

  /** The bit every number of this ABI carries, 0 if none. */
  public int numberBit() {
    return numberBit;
  }

  /** The name used in resources, messages and dumps, for example {@code x86_64}. */
  public String label() {
    return label;
  }

  /**
   * Whether all 64 bits of an argument are compared. On the other ABIs only the low 32 are, because
   * that is what their calls use while the upper half of the register is whatever the caller left
   * there: {@code int 0x80} from 64-bit code reaches the filter with full registers. libseccomp
   * compares the same half.
   */
  public boolean wideArguments() {
    return wideArguments;
  }

  /** The bits of an argument that are compared. */
  long argumentBits() {
    return wideArguments ? -1L : 0xffff_ffffL;
  }

  /** The ABIs a kernel built for this one may serve, itself first. */
  public List<Arch> family() {
    return switch (this) {
      case X86_64 -> List.of(X86_64, X86, X32);
      case AARCH64 -> List.of(AARCH64, ARM);
      default -> List.of(this);
    };
  }

  /**
   * The ABI of the running kernel.
   *
   * @param osArch the value of the system property {@code os.arch}
   * @throws IllegalArgumentException if Stockade does not run on that architecture
   */
  public static Arch ofSystemProperty(String osArch) {
    return switch (osArch) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64", "arm64" -> AARCH64;
      default ->
          throw new IllegalArgumentException(
              "os.arch is "
                  + osArch
                  + ": system call filters are known for amd64 and aarch64 only");
    };
  }

  /**
   * The ABI that made a call, as a filter sees it.
   *
   * @param auditArch {@code seccomp_data.arch}
   * @param number {@code seccomp_data.nr}
   * @return empty if the pair belongs to none of the known ABIs
   */
  public static Optional<Arch> ofCall(int auditArch, int number) {
    if (auditArch == X86_64.auditArch) {
      // A tracer skips a call by making its number -1; that is no x32 call, seccomp(2).
      boolean x32 = number != -1 && Integer.compareUnsigned(number, X32.numberBit) >= 0;
      return Optional.of(x32 ? X32 : X86_64);
    }
    for (Arch arch : values()) {
      if (arch.auditArch == auditArch) {
        return Optional.of(arch);
      }
    }
    return Optional.empty();
  }
}
