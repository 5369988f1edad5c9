package dev.stockade.launcher.seccomp;

import java.util.List;

/** The bounding set of a container that asks for nothing, as containerd has it. */
final class DefaultCapabilities {
  static final List<String> NAMES =
      List.of(
          "CAP_AUDIT_WRITE",
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FOWNER",
          "CAP_FSETID",
          "CAP_KILL",
          "CAP_MKNOD",
          "CAP_NET_BIND_SERVICE",
          "CAP_NET_RAW",
          "CAP_SETFCAP",
          "CAP_SETGID",
          "CAP_SETPCAP",
          "CAP_SETUID",
          "CAP_SYS_CHROOT");

  private DefaultCapabilities() {}
}
