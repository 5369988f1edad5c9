package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.LawTerms.*;
import static dev.stockade.launcher.plan.Pattern.steps;
import static dev.stockade.launcher.plan.Relation.BEFORE;
import static dev.stockade.launcher.plan.Relation.NEEDED_BEFORE;
import static dev.stockade.launcher.plan.Relation.THEN_ONLY;
import static dev.stockade.launcher.plan.StepCode.*;

import java.util.List;

/** no_new_privs and the filter. */
final class FilterLaws {
  static final List<Law> ALL =
      List.of(
          new Law(
              "L27.1",
              "without no_new_privs the filter is installed with CAP_SYS_ADMIN",
              FIRST_CAPSET_WITH_ADMIN,
              NEEDED_BEFORE,
              steps(SECCOMP),
              PRIVILEGED_FILTER,
              "seccomp is EACCES with neither",
              "seccomp(2)"),
          new Law(
              "L27.2",
              "CAP_SYS_ADMIN is given up only behind the filter",
              steps(SECCOMP),
              BEFORE,
              CAPSET_WITHOUT_ADMIN,
              PRIVILEGED_FILTER,
              "seccomp is EACCES without it",
              "seccomp(2)"),
          new Law(
              "L27.3",
              "the final sets are set behind the filter",
              steps(SECCOMP),
              BEFORE,
              LAST_CAPSET,
              PRIVILEGED_FILTER,
              "what the filter needed is not the workload's",
              "capset(2)"),
          new Law(
              "L27.4",
              "behind the filter only capabilities and the exec",
              steps(SECCOMP),
              THEN_ONLY,
              steps(SECCOMP, CAPSET, AMBIENT, EXEC, EXEC_FD),
              ALWAYS,
              "whatever else came there would have to be allowed to the workload as well",
              "seccomp(2)"),
          new Law(
              "L28.1",
              "with no_new_privs the filter is last of all",
              steps(SECCOMP),
              THEN_ONLY,
              steps(SECCOMP, EXEC, EXEC_FD),
              CONFINED,
              "the filter then has to allow nothing but execve",
              "seccomp(2)"),
          new Law(
              "L28.2",
              "no_new_privs comes before the filter",
              steps(StepCode.NO_NEW_PRIVS),
              BEFORE,
              steps(SECCOMP),
              ALWAYS,
              "seccomp is EACCES without it or CAP_SYS_ADMIN",
              "prctl(2) PR_SET_NO_NEW_PRIVS"),
          new Law(
              "L58",
              "reports and lookups are made before the filter",
              steps(REPORT, RESOLVE, CHDIR),
              BEFORE,
              steps(SECCOMP),
              ALWAYS,
              "the filter may forbid keyctl, prctl, faccessat2 and getcwd",
              "seccomp(2)"));

  private FilterLaws() {}
}
