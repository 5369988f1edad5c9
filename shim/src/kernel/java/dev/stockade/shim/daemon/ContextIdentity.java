package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who the program of a security context is and what it may do, as the documents say.
 *
 * @param available the capabilities that the daemon itself may have, a bit each
 */
record ContextIdentity(LinuxContainerSecurityContext asked, long available) {
  private static final List<String> ALL =
      List.of(
          ("CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP"
                  + " LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK"
                  + " IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN"
                  + " SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE"
                  + " AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM"
                  + " BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE")
              .split(" ", -1));

  /** The 14 of the runtime's documentation. */
  private static final long DEFAULT =
      bits(
          "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP"
              + " NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE");

  /** Those that open calls in the default filter. */
  private static final long FILTERED =
      bits(
          "BPF DAC_READ_SEARCH PERFMON SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE"
              + " SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_TIME SYS_TTY_CONFIG");

  /** Whose calls CAP_SYS_ADMIN opens as well, capabilities(7). */
  private static final long ONCE_OF_SYS_ADMIN = bits("BPF PERFMON SYSLOG");

  /** Of the image's passwd: uid, and gid beside it. */
  private static final Map<String, Long> USERS =
      Map.of("root", 0L, "app", 1000L, "nobody", 65_534L);

  /** Of the image's group: what the user of uid 1000 is in. */
  private static final long STAFF = 50;

  static boolean known(String name) {
    return plain(name).equals("ALL") || ALL.contains(plain(name));
  }

  static boolean all(List<String> names) {
    return names.stream().anyMatch("ALL"::equalsIgnoreCase);
  }

  private static String plain(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.startsWith("CAP_") ? upper.substring(4) : upper;
  }

  private static long bits(String names) {
    return bits(List.of(names.split(" ", -1)));
  }

  private static long bits(List<String> names) {
    long bits = 0;
    for (String name : names) {
      int number = ALL.indexOf(plain(name));
      bits |= number < 0 ? 0 : 1L << number;
    }
    return bits;
  }

  long uid() {
    String name = asked.getRunAsUsername();
    if (asked.hasRunAsUser() || name.isEmpty()) {
      return asked.getRunAsUser().getValue();
    }
    return USERS.containsKey(name) ? USERS.getOrDefault(name, 0L) : Long.parseLong(name);
  }

  long gid() {
    if (asked.hasRunAsGroup()) {
      return asked.getRunAsGroup().getValue();
    }
    return USERS.containsValue(uid()) ? uid() : 0;
  }

  Set<Long> groups() {
    Set<Long> groups = new TreeSet<>(asked.getSupplementalGroupsList());
    groups.add(gid());
    if (asked.getSupplementalGroupsPolicyValue() == 0 && uid() == 1000) {
      groups.add(STAFF);
    }
    return groups;
  }

  /** The bounding set: ALL first, then single names; what is dropped wins. */
  long granted() {
    Capability names = asked.getCapabilities();
    if (asked.getPrivileged()) {
      return available | bits(names.getAddCapabilitiesList()) | ambientAsked();
    }
    long base = all(names.getAddCapabilitiesList()) ? available : DEFAULT;
    base = all(names.getDropCapabilitiesList()) ? 0 : base;
    return (base | bits(names.getAddCapabilitiesList()) | ambientAsked())
        & ~bits(names.getDropCapabilitiesList());
  }

  long permitted() {
    return uid() == 0 ? granted() : ambient();
  }

  long ambient() {
    return ambientAsked() & ~bits(asked.getCapabilities().getDropCapabilitiesList());
  }

  private long ambientAsked() {
    return bits(asked.getCapabilities().getAddAmbientCapabilitiesList());
  }

  /** Which default filters differ: each of these capabilities opens calls of its own. */
  long filtered() {
    long open = granted() & FILTERED;
    return (open & bits("SYS_ADMIN")) == 0 ? open : open & ~ONCE_OF_SYS_ADMIN;
  }

  static boolean mayRaise(long available) {
    return (available & bits("SYS_RESOURCE")) != 0;
  }
}
