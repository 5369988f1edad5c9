package dev.stockade.launcher.plan;

import java.util.Optional;

/** The kinds of namespaces, namespaces(7). */
public enum NamespaceKind {
  NETWORK("network", "net", CloneFlags.NEWNET),
  IPC("ipc", "ipc", CloneFlags.NEWIPC),
  UTS("uts", "uts", CloneFlags.NEWUTS),
  TIME("time", "time", CloneFlags.NEWTIME),
  CGROUP("cgroup", "cgroup", CloneFlags.NEWCGROUP),
  PID("pid", "pid", CloneFlags.NEWPID),
  USER("user", "user", CloneFlags.NEWUSER),
  MOUNT("mount", "mnt", CloneFlags.NEWNS);

  private final String ociName;
  private final String procName;
  private final long flag;

  NamespaceKind(String ociName, String procName, long flag) {
    this.ociName = ociName;
    this.procName = procName;
    this.flag = flag;
  }

  /** The name of the OCI runtime specification. */
  public String ociName() {
    return ociName;
  }

  /** The name beneath {@code /proc/PID/ns}. */
  public String procName() {
    return procName;
  }

  /** The CLONE_NEW* bit. */
  public long flag() {
    return flag;
  }

  static Optional<NamespaceKind> ofOciName(String name) {
    for (NamespaceKind kind : values()) {
      if (kind.ociName.equals(name)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
