package dev.stockade.launcher.plan;

import java.util.Optional;

/**
 * The rows of a receipt. The names are stable: configuration and clients use them. Every constant
 * says in which form a claim expects a value and a reading gives it. Ids are the host's, as {@code
 * /proc} shows them to the engine.
 */
public enum Constraint {
  /**
   * Real, effective, saved and file system uid, with single spaces: {@code 1000 1000 1000 1000}.
   */
  USER_UID("user.uid"),
  /** The gids likewise. */
  USER_GID("user.gid"),
  /** Supplementary gids ascending, with single spaces; empty if there is none. */
  USER_GROUPS("user.groups"),
  /** Four octal digits: {@code 0022}. */
  USER_UMASK("user.umask"),
  /** Lines of uid_map with single spaces, joined by a comma and a space: {@code 0 65536 65536}. */
  USER_UID_MAP("user.uid-map"),
  /** Likewise. */
  USER_GID_MAP("user.gid-map"),

  /** Sixteen hexadecimal digits, as CapBnd of {@code /proc/PID/status}; so are the other four. */
  CAPABILITIES_BOUNDING("capabilities.bounding"),
  CAPABILITIES_PERMITTED("capabilities.permitted"),
  CAPABILITIES_EFFECTIVE("capabilities.effective"),
  CAPABILITIES_INHERITABLE("capabilities.inheritable"),
  CAPABILITIES_AMBIENT("capabilities.ambient"),
  /**
   * {@code /proc} does not show it: self-reported, hexadecimal without prefix, SECBIT_KEEP_CAPS
   * left out because exec clears it.
   */
  SECUREBITS("securebits"),
  /** {@code 1} or {@code 0}. */
  NO_NEW_PRIVS("no-new-privs"),

  /** {@code filter} or {@code disabled}. */
  SECCOMP_MODE("seccomp.mode"),
  /**
   * Subject: the index of the filter, oldest first, among those the launch installed: what the
   * daemon itself inherited does not count. {@code sha256:} and the digest of the instructions; a
   * reading of COUNT_ONLY has the number of filters.
   */
  SECCOMP_PROGRAM("seccomp.program"),

  /** {@code NAME (MODE)} or {@code unconfined}, as in {@code attr/apparmor/current}. */
  LSM_APPARMOR("lsm.apparmor"),
  /** The whole context, as in {@code attr/current} without the NUL. */
  LSM_SELINUX("lsm.selinux"),
  /**
   * {@code enforcing}, or {@code permissive} where the node or the process's type is: then nothing
   * is denied.
   */
  LSM_SELINUX_MODE("lsm.selinux-mode"),
  /**
   * Subject: the mount point of a file system made for the container, or the root. The context of
   * what is there, which its {@code context=} gives to every file of it.
   */
  LSM_SELINUX_FILES("lsm.selinux-files"),

  /**
   * The inode number. A claim names {@code own}, {@code host}, or {@code joined @SLOT} until {@link
   * Claims#resolve} has put {@code own, not NUMBER} or {@code NUMBER} in its place; so for the
   * other kinds.
   */
  NAMESPACES_MOUNT("namespaces.mount"),
  NAMESPACES_PID("namespaces.pid"),
  NAMESPACES_NETWORK("namespaces.network"),
  NAMESPACES_IPC("namespaces.ipc"),
  NAMESPACES_UTS("namespaces.uts"),
  NAMESPACES_USER("namespaces.user"),
  NAMESPACES_CGROUP("namespaces.cgroup"),
  NAMESPACES_TIME("namespaces.time"),
  /** Subject: the clock. Seconds and nanoseconds with a single space. */
  TIME_OFFSET("time.offset"),

  /** The root mount's own flags: {@code ro} or {@code rw}. */
  MOUNTS_ROOT("mounts.root"),
  /**
   * Subject: the mount point. The file system's type, or {@code bind} where it is the source's, and
   * behind a space the flags asked for, sorted, with commas: {@code tmpfs nodev,noexec,nosuid}. The
   * reading has the real type and all flags of the mount; more flags than asked for match.
   */
  MOUNTS_MOUNT("mounts.mount"),
  /**
   * Subject: the mount point of a bind. The flags asked for of every mount of the tree, as above.
   * The reading has those that all of them have, apart from what else is asked for beneath.
   */
  MOUNTS_TREE("mounts.tree"),
  /**
   * Subject: the mount point of a bind or of the root. The host's path that is to be seen there, of
   * an overlay its upper directory. A reading repeats it if the mount the launcher made of it is in
   * that place and its root is what is found there; else it says what is.
   */
  MOUNTS_SOURCE("mounts.source"),
  /**
   * Subject: the mount point of a file system made for the container. The options asked for,
   * sorted, as mountinfo shows them: {@code mode=755,size=65536k}.
   */
  MOUNTS_OPTIONS("mounts.options"),
  /** Subject: the mount point. {@code private}, {@code slave} or {@code shared}. */
  MOUNTS_PROPAGATION("mounts.propagation"),
  /**
   * Subject: the path. {@code masked}: the null device or an empty read-only tmpfs is there. A
   * reading of {@code absent} matches, {@code visible} does not.
   */
  MOUNTS_MASKED("mounts.masked"),
  /**
   * Subject: the path. {@code ro}: so is every mount of the tree. A reading of {@code absent}
   * matches, {@code rw} does not.
   */
  MOUNTS_READ_ONLY("mounts.read-only"),
  /**
   * {@code none}: there is no mount but those that are asked for, and those that came with a
   * recursive bind. A reading names the others by type and point.
   */
  MOUNTS_OTHERS("mounts.others"),
  /** Subject: the path. Type, major and minor: {@code c 1:3}. */
  DEVICES_NODE("devices.node"),

  /** The cgroup's path beneath the mount, with a leading slash. */
  CGROUP_PATH("cgroup.path"),
  /** Subject: the file, for example {@code memory.max}. Its content without the newline. */
  CGROUP_LIMIT("cgroup.limit"),
  /**
   * The rules in order, joined by a comma and a space: {@code deny a *:* rwm, allow c 1:3 rwm}. A
   * reading repeats them if the program attached (BPF_PROG_QUERY) is the one made of them, and else
   * names the program.
   */
  CGROUP_DEVICES("cgroup.devices"),

  /** Subject: the path beneath {@code /proc/sys}. The value, white space runs as single spaces. */
  SYSCTL("sysctl"),
  HOSTNAME("hostname"),
  DOMAINNAME("domainname"),

  /**
   * Subject: the resource in lower case without RLIMIT_. Soft and hard limit with a space, {@code
   * unlimited} for infinity.
   */
  PROCESS_RLIMIT("process.rlimit"),
  /** Decimal. */
  PROCESS_OOM_SCORE_ADJ("process.oom-score-adj"),
  /**
   * Subjects: {@code blocked}, {@code ignored}, {@code caught}. Sixteen hexadecimal digits, as
   * SigBlk, SigIgn and SigCgt.
   */
  PROCESS_SIGNALS("process.signals"),
  /**
   * The path, without {@code .} and double slashes. A reading repeats it if {@code /proc/PID/cwd}
   * is the directory it leads to in the container; else it is the link's text.
   */
  PROCESS_CWD("process.cwd"),
  /**
   * The numbers ascending, with commas: {@code 0,1,2}. A reading says {@code replaced} behind one
   * that SELinux put its null device in the place of, because the program may not use it.
   */
  PROCESS_DESCRIPTORS("process.descriptors"),
  /**
   * The program as it was asked for. A reading repeats it if {@code /proc/PID/exe} is the file it
   * leads to in the container, or the interpreter that file names; else it is the link's text.
   */
  PROCESS_EXECUTABLE("process.executable"),
  /** {@code own} if it has a session keyring of its own: self-reported. */
  PROCESS_KEYRING("process.keyring");

  private static final String NAMESPACES = "namespaces.";

  private final String label;

  Constraint(String label) {
    this.label = label;
  }

  /** The stable name, for example {@code capabilities.bounding}. */
  public String label() {
    return label;
  }

  /** The constraint about a kind of namespace. */
  static Constraint of(NamespaceKind kind) {
    return ofLabel(NAMESPACES + kind.ociName())
        .orElseThrow(() -> new IllegalStateException("no constraint for " + kind));
  }

  /** The kind of namespace it is about, if any. */
  Optional<NamespaceKind> namespace() {
    return label.startsWith(NAMESPACES)
        ? NamespaceKind.ofOciName(label.substring(NAMESPACES.length()))
        : Optional.empty();
  }

  /** The constraint with this name. */
  public static Optional<Constraint> ofLabel(String label) {
    for (Constraint constraint : values()) {
      if (constraint.label.equals(label)) {
        return Optional.of(constraint);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return label;
  }
}
