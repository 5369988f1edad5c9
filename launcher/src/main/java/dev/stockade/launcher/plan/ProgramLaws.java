package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.ENDS;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.PRESENT;
import static dev.stockade.launcher.plan.Relation.THEN_ONLY;
import static dev.stockade.launcher.plan.StepCode.*;

import dev.stockade.launcher.plan.Law.Condition;
import java.util.List;

/** Working directory, lookup and the last step. */
final class ProgramLaws {
  private static final Condition LOOKED_UP =
      new Condition("a program of the container runs", p -> p.has(EXEC));

  static final List<Law> ALL =
      List.of(
          new Law(
              "L22.1",
              "the working directory is one of the container",
              Pattern.any(
                  "`PIVOT_ROOT`, `JOIN_NS` of the mount namespace",
                  steps(PIVOT_ROOT),
                  JOIN_MOUNT_NS),
              NEEDED_BEFORE,
              steps(CHDIR, RESOLVE),
              ALWAYS,
              "a directory of the host as working directory is a way out (CVE-2024-21626)",
              "chdir(2)"),
          new Law(
              "L22.2",
              "the working directory is tried as root",
              FIRST_CHDIR,
              BEFORE,
              steps(UID),
              ALWAYS,
              "the user may not be allowed to enter a directory it is given",
              "chdir(2)"),
          new Law(
              "L22.3",
              "and, if root may not enter it, as the user",
              steps(UID),
              BEFORE,
              FINAL_CHDIR,
              ALWAYS,
              "file systems such as FUSE and NFS keep root out",
              "chdir(2)"),
          new Law(
              "L22.4",
              "the working directory is reached, or the launch fails",
              FINAL_CHDIR,
              NEEDED_BEFORE,
              steps(RESOLVE),
              ALWAYS,
              "a relative program is looked for there",
              "execve(2)"),
          new Law(
              "L59",
              "the program is looked up with the identity that runs it",
              steps(UID, GID, GROUPS),
              NEEDED_BEFORE,
              steps(RESOLVE),
              ALWAYS,
              "EACCES and ENOENT are told apart as exec will",
              "access(2)"),
          new Law(
              "L60",
              "a program of the container is looked up",
              steps(RESOLVE),
              PRESENT,
              Pattern.NONE,
              LOOKED_UP,
              "execve does not search PATH",
              "execve(2)"),
          new Law(
              "L61",
              "descriptors are closed once more when nothing opens any",
              LAST_CLOSE,
              THEN_ONLY,
              steps(
                  UMASK,
                  RLIMIT,
                  CHDIR,
                  BOUNDING,
                  StepCode.SECUREBITS,
                  KEEP_CAPS,
                  GROUPS,
                  GID,
                  UID,
                  CAPSET,
                  AMBIENT,
                  StepCode.NO_NEW_PRIVS,
                  REPORT,
                  RESOLVE,
                  BIRTH,
                  TAKE_TERMINAL,
                  SECCOMP,
                  EXEC,
                  EXEC_FD),
              PROGRAM,
              "every descriptor is closed at exec by its flag; this holds even if one had lost it",
              "close_range(2), open(2) O_CLOEXEC"),
          new Law(
              "L62",
              "exactly one last step",
              steps(EXEC, EXEC_FD, HOLD),
              ENDS,
              Pattern.NONE,
              ALWAYS,
              "nothing can follow an exec",
              "execve(2)"));

  private ProgramLaws() {}
}
