package dev.stockade.launcher.caps;

import java.util.Locale;
import java.util.Optional;

/** The capabilities of linux/capability.h in the order of their numbers. */
public enum Capability {
  CHOWN(0),
  DAC_OVERRIDE(1),
  DAC_READ_SEARCH(2),
  FOWNER(3),
  FSETID(4),
  KILL(5),
  SETGID(6),
  SETUID(7),
  SETPCAP(8),
  LINUX_IMMUTABLE(9),
  NET_BIND_SERVICE(10),
  NET_BROADCAST(11),
  NET_ADMIN(12),
  NET_RAW(13),
  IPC_LOCK(14),
  IPC_OWNER(15),
  SYS_MODULE(16),
  SYS_RAWIO(17),
  SYS_CHROOT(18),
  SYS_PTRACE(19),
  SYS_PACCT(20),
  SYS_ADMIN(21),
  SYS_BOOT(22),
  SYS_NICE(23),
  SYS_RESOURCE(24),
  SYS_TIME(25),
  SYS_TTY_CONFIG(26),
  MKNOD(27),
  LEASE(28),
  AUDIT_WRITE(29),
  AUDIT_CONTROL(30),
  SETFCAP(31),
  MAC_OVERRIDE(32),
  MAC_ADMIN(33),
  SYSLOG(34),
  WAKE_ALARM(35),
  BLOCK_SUSPEND(36),
  AUDIT_READ(37),
  PERFMON(38),
  BPF(39),
  CHECKPOINT_RESTORE(40);

  private static final String PREFIX = "CAP_";
  private static final Capability[] ALL = values();

  private final int number;

  Capability(int number) {
    this.number = number;
  }

  /** The number of linux/capability.h. */
  public int number() {
    return number;
  }

  /**
   * The name with its prefix, for example {@code CAP_SYS_ADMIN}, as the OCI runtime specification
   * writes it.
   */
  public String ociName() {
    return PREFIX + name();
  }

  /**
   * Reads a name, with or without {@code CAP_}, in any case. This is the only parser of capability
   * names.
   *
   * @return empty if it is no capability; {@code ALL} is none either, see {@link
   *     CapabilitySet#parse}
   */
  public static Optional<Capability> parse(String name) {
    // Outside ASCII there are letters whose capitals are within, as the dotless i.
    if (name.chars().anyMatch(c -> c > 0x7f)) {
      return Optional.empty();
    }
    String upper = name.toUpperCase(Locale.ROOT);
    String bare = upper.startsWith(PREFIX) ? upper.substring(PREFIX.length()) : upper;
    for (Capability capability : values()) {
      if (capability.name().equals(bare)) {
        return Optional.of(capability);
      }
    }
    return Optional.empty();
  }

  /** The capability with this number, or empty if capability.h of this build has none. */
  public static Optional<Capability> of(int number) {
    return number >= 0 && number < ALL.length ? Optional.of(ALL[number]) : Optional.empty();
  }
}
