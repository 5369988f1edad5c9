package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.NEVER;
import static dev.stockade.launcher.plan.StepCode.*;

import dev.stockade.launcher.plan.Law.Condition;
import dev.stockade.launcher.plan.ProcessStep.Sysctl;
import java.util.List;

/** What belongs to namespaces and process, but is no privilege. */
final class ProcessLaws {
  private static final Pattern FOREIGN_SYSCTL =
      Pattern.where(
          "`SYSCTL` of a namespace that is the host's",
          Sysctl.class,
          (p, s) -> Sysctls.owner(s.path()).filter(kind -> p.owns(kind.flag())).isEmpty());

  static final List<Law> ALL =
      List.of(
          new Law(
              "L15",
              "kernel parameters are written in the namespace they belong to",
              JOIN_OTHER_NS,
              BEFORE,
              steps(SYSCTL, HOSTNAME, DOMAINNAME),
              ALWAYS,
              "the writer's namespaces decide whose parameter it is",
              "proc_sys(5), namespaces(7)"),
          new Law(
              "L47",
              "kernel parameters of the host are not a container's",
              FOREIGN_SYSCTL,
              NEVER,
              Pattern.NONE,
              ALWAYS,
              "they would change the node for everybody",
              "proc_sys(5)"),
          new Law(
              "L48",
              "the host is not renamed",
              steps(HOSTNAME, DOMAINNAME),
              NEVER,
              Pattern.NONE,
              new Condition("no UTS namespace of its own", p -> !p.owns(CloneFlags.NEWUTS)),
              "the name would be the host's",
              "uts_namespaces(7)"),
          new Law(
              "L17.2",
              "limits are set while CAP_SYS_RESOURCE is held",
              steps(RLIMIT),
              BEFORE,
              steps(UID, CAPSET),
              ALWAYS,
              "raising a hard limit is EPERM without it",
              "setrlimit(2)"),
          new Law(
              "L49",
              "limits are set when no more files are opened",
              steps(
                  MOUNT_FS,
                  MOUNT_PROC,
                  ATTACH,
                  MASK,
                  READ_ONLY,
                  OPEN_DIR,
                  SYSCTL,
                  LSM_ATTRIBUTE,
                  TERMINAL,
                  STDIO),
              BEFORE,
              steps(RLIMIT),
              ALWAYS,
              "a limit of open files would stop the launch itself: EMFILE",
              "getrlimit(2) RLIMIT_NOFILE"),
          new Law(
              "L18.1",
              "a terminal is taken by a session of its own",
              steps(SET_SID),
              NEEDED_BEFORE,
              steps(TAKE_TERMINAL),
              ALWAYS,
              "only a session leader can take a controlling terminal",
              "ioctl_tty(2) TIOCSCTTY, setsid(2)"),
          new Law(
              "L18.2",
              "a terminal is opened in the container's devpts",
              Pattern.any(
                  "`ATTACH`, `JOIN_NS` of the mount namespace", steps(ATTACH), JOIN_MOUNT_NS),
              NEEDED_BEFORE,
              steps(TERMINAL),
              ALWAYS,
              "the workload could not find its terminal by path",
              "pts(4)"),
          new Law(
              "L18.3",
              "a terminal is given away while CAP_CHOWN is held",
              steps(TERMINAL),
              BEFORE,
              steps(BOUNDING, UID),
              ALWAYS,
              "chown to another user is EPERM without it",
              "chown(2)"),
          new Law(
              "L18.4",
              "a terminal that is there is taken",
              steps(TERMINAL),
              NEEDED_BEFORE,
              steps(TAKE_TERMINAL),
              ALWAYS,
              "standard input must be it by then",
              "ioctl_tty(2) TIOCSCTTY"),
          new Law(
              "L18.5",
              "and none is left for others to take",
              steps(TAKE_TERMINAL),
              Relation.PRESENT,
              Pattern.NONE,
              new Condition("there is a `TERMINAL`", p -> p.has(TERMINAL)),
              "job control would not work, and another session could take it",
              "ioctl_tty(2) TIOCSCTTY"),
          new Law(
              "L19.1",
              "exec labels are written before files can no longer be opened",
              EXEC_LABEL,
              BEFORE,
              steps(RLIMIT, UID, CAPSET, SECCOMP),
              ALWAYS,
              "limits, the change of user or the filter may forbid it",
              "proc_pid_attr(5)"),
          new Law(
              "L50",
              "the umask is set when nothing more is made",
              steps(MAKE_DIR, MAKE_NODE, ATTACH, TERMINAL, MASK),
              BEFORE,
              steps(UMASK),
              ALWAYS,
              "it would take bits from the modes the plan asks for",
              "umask(2)"),
          new Law(
              "L51",
              "standard streams come from the plan",
              steps(STDIO, TERMINAL),
              Relation.PRESENT,
              Pattern.NONE,
              PROGRAM,
              "the monitor's would be inherited",
              "execve(2)"),
          new Law(
              "L52",
              "a program leads a session of its own",
              steps(SET_SID),
              Relation.PRESENT,
              Pattern.NONE,
              PROGRAM,
              "signals and a terminal of the monitor's session would reach it",
              "setsid(2)"));

  private ProcessLaws() {}
}
