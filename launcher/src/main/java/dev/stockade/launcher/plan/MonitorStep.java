package dev.stockade.launcher.plan;

import java.util.Optional;

/** What the monitor does, in the host's namespaces. */
public sealed interface MonitorStep extends Step {
  /** The clone is made by a process that has entered this user namespace. */
  record JoinUserNs(Slot ns) implements MonitorStep {}

  /**
   * clone3(2).
   *
   * @param flags {@link CloneFlags}
   * @param cgroup the directory the child is born into, CLONE_INTO_CGROUP
   */
  record Clone(long flags, Optional<Slot> cgroup) implements MonitorStep {}

  /**
   * The id maps of the child's new user namespace, user_namespaces(7).
   *
   * @param uid the lines of uid_map
   * @param gid the lines of gid_map
   * @param setgroups 1 = allowed in the namespace, 0 = denied
   */
  record IdMaps(String uid, String gid, long setgroups) implements MonitorStep {}

  /** The child's proc_pid_oom_score_adj(5). */
  record OomScoreAdj(long value, Tolerance tolerance) implements MonitorStep {}

  /** The child stops at the end of its exec, before its first instruction, ptrace(2). */
  record Trace() implements MonitorStep {}

  /** Lines read from the streams become records of the log. */
  record Log(Optional<Slot> stdout, Optional<Slot> stderr, Slot log) implements MonitorStep {}

  /** Lines of the terminal become records of the log. */
  record TerminalLog(Slot log) implements MonitorStep {}

  /** The exit status is left as this file. */
  record ExitRecord(Slot directory, String name) implements MonitorStep {}

  /** Later engines connect here. */
  record Control(Slot listener) implements MonitorStep {}

  /** OOM kills are counted from this cgroup file. */
  record MemoryEvents(Slot file) implements MonitorStep {}

  /** The write end of standard input stays open until a request closes it. */
  record Stdin(Slot pipe) implements MonitorStep {}
}
