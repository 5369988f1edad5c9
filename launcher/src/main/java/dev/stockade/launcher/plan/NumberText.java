package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Numbers of a plan in the words of the manual pages. */
final class NumberText {
  private static final Map<Long, String> NAMESPACES = new LinkedHashMap<>();
  private static final Map<Long, String> ATTRIBUTES = new LinkedHashMap<>();
  private static final Map<Long, String> PROPAGATIONS = new LinkedHashMap<>();
  private static final Map<Long, String> KINDS = Map.of(0L, "nothing", 1L, "directory", 2L, "file");

  static {
    for (NamespaceKind kind : NamespaceKind.values()) {
      NAMESPACES.put(kind.flag(), kind.ociName());
    }
    ATTRIBUTES.put(MountAttributes.RDONLY, "ro");
    ATTRIBUTES.put(MountAttributes.NOSUID, "nosuid");
    ATTRIBUTES.put(MountAttributes.NODEV, "nodev");
    ATTRIBUTES.put(MountAttributes.NOEXEC, "noexec");
    ATTRIBUTES.put(MountAttributes.ATIME, "atime-mode");
    ATTRIBUTES.put(MountAttributes.NOATIME, "noatime");
    ATTRIBUTES.put(MountAttributes.STRICTATIME, "strictatime");
    ATTRIBUTES.put(MountAttributes.NODIRATIME, "nodiratime");
    ATTRIBUTES.put(MountAttributes.NOSYMFOLLOW, "nosymfollow");
    PROPAGATIONS.put(MountFlags.REC, "recursive");
    PROPAGATIONS.put(MountFlags.UNBINDABLE, "unbindable");
    PROPAGATIONS.put(MountFlags.PRIVATE, "private");
    PROPAGATIONS.put(MountFlags.SLAVE, "slave");
    PROPAGATIONS.put(MountFlags.SHARED, "shared");
  }

  private NumberText() {}

  static String of(StepCode code, String operand, long value) {
    return switch (code.name() + "." + operand) {
      case "CLONE.flags", "UNSHARE.flags", "JOIN_NS.type" -> bits(NAMESPACES, value);
      case "MOUNT_FS.attributes",
          "MOUNT_PROC.attributes",
          "ROOT_ATTRIBUTES.set",
          "ROOT_ATTRIBUTES.clear" ->
          attributes(value);
      case "PROPAGATION.flags", "ATTACH.propagation" -> bits(PROPAGATIONS, value);
      case "ATTACH.create" -> KINDS.getOrDefault(value, Long.toString(value));
      case "MAKE_DIR.mode", "MAKE_NODE.mode", "UMASK.mask" -> octal(value);
      case "MAKE_NODE.device" -> (value >>> Integer.SIZE) + ":" + (value & 0xffff_ffffL);
      case "RLIMIT.resource" -> Rlimits.name(value);
      case "RLIMIT.soft", "RLIMIT.hard" -> limit(value);
      case "SECUREBITS.bits", "SECCOMP.flags" -> "0x" + Long.toHexString(value);
      default -> Long.toString(value);
    };
  }

  static String limit(long value) {
    return value == -1 ? "unlimited" : Long.toUnsignedString(value);
  }

  static String octal(long value) {
    return String.format(Locale.ROOT, "%04o", value);
  }

  static String attributes(long value) {
    return bits(ATTRIBUTES, value);
  }

  private static String bits(Map<Long, String> names, long value) {
    List<String> words = new ArrayList<>();
    long left = value;
    for (Map.Entry<Long, String> bit : names.entrySet()) {
      if (bit.getKey() != 0 && (left & bit.getKey()) == bit.getKey()) {
        words.add(bit.getValue());
        left &= ~bit.getKey();
      }
    }
    if (left != 0) {
      words.add("0x" + Long.toHexString(left));
    }
    return words.isEmpty() ? "none" : String.join("+", words);
  }
}
