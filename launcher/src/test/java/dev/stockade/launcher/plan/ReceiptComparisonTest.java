package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.Receipt.Outcome;
import dev.stockade.launcher.plan.Receipt.Verification;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What passes before the first instruction, and what after a program has begun to run. */
final class ReceiptComparisonTest {
  private static final String CHOWN_ONLY = "0000000000000001";
  private static final String SYS_ADMIN = "0000000000200000";
  private static final String NOTHING = "0000000000000000";

  /** A program without privileges that cannot get any. */
  private static List<Claim> confined() {
    return claims(CHOWN_ONLY, CHOWN_ONLY, "1");
  }

  private static List<Claim> claims(String bounding, String permitted, String noNewPrivs) {
    return List.of(
        new Claim(Constraint.CAPABILITIES_BOUNDING, "", bounding),
        new Claim(Constraint.CAPABILITIES_PERMITTED, "", permitted),
        new Claim(Constraint.CAPABILITIES_INHERITABLE, "", NOTHING),
        new Claim(Constraint.NO_NEW_PRIVS, "", noNewPrivs));
  }

  private static Outcome compare(
      List<Claim> context, Constraint constraint, String asked, String shown, Verification when) {
    List<Claim> claims = new ArrayList<>(context);
    claims.removeIf(claim -> claim.constraint() == constraint);
    List<Reading> readings = new ArrayList<>();
    claims.forEach(c -> readings.add(Reading.kernel(c.constraint(), "", c.expected(), "")));
    claims.add(new Claim(constraint, "", asked));
    readings.add(Reading.kernel(constraint, "", shown, ""));
    Receipt receipt = ReceiptComparison.compare(claims, readings, Set.of(), when);
    return receipt.rows().get(receipt.rows().size() - 1).outcome();
  }

  private static Outcome after(List<Claim> context, Constraint constraint, String a, String s) {
    return compare(context, constraint, a, s, Verification.AFTER_EXEC);
  }

  @ParameterizedTest
  @CsvSource({
    "USER_UMASK, 0022, 0000",
    "PROCESS_CWD, /, /tmp",
    "PROCESS_SIGNALS, 0000000000000000, 0000000000004000",
    "PROCESS_DESCRIPTORS, '0,1,2', '0,1,2,5'",
    "PROCESS_EXECUTABLE, /bin/sh, /bin/sleep",
    "PROCESS_RLIMIT, 100 200, 150 200",
    "DEVICES_NODE, c 1:3, absent",
  })
  void aProgramMayHaveChangedItself(Constraint constraint, String asked, String shown) {
    assertThat(after(confined(), constraint, asked, shown)).isEqualTo(Outcome.NOT_COMPARABLE);
    assertThat(compare(confined(), constraint, asked, shown, Verification.BEFORE_EXEC))
        .isEqualTo(Outcome.MISMATCH);
  }

  @ParameterizedTest
  @CsvSource({
    "SECCOMP_MODE, disabled, filter",
    "NO_NEW_PRIVS, 0, 1",
    "CGROUP_PATH, /a/b, /a/b/c",
    "PROCESS_RLIMIT, 100 200, 100 100",
    "PROCESS_RLIMIT, 100 unlimited, 100 100",
    "PROCESS_OOM_SCORE_ADJ, 500, 1000",
    "CAPABILITIES_BOUNDING, 0000000000000003, 0000000000000001",
    "CAPABILITIES_EFFECTIVE, 0000000000000001, 0000000000000000",
    "MOUNTS_ROOT, rw, ro",
  })
  void lessThanAskedForPassesOnlyAfterExec(Constraint constraint, String asked, String shown) {
    assertThat(after(confined(), constraint, asked, shown)).isEqualTo(Outcome.STRICTER);
    assertThat(compare(confined(), constraint, asked, shown, Verification.BEFORE_EXEC))
        .isEqualTo(Outcome.MISMATCH);
  }

  @ParameterizedTest
  @CsvSource({
    "USER_UID, 1000 1000 1000 1000, 0 0 0 0",
    "USER_GID, 1000 1000 1000 1000, 0 0 0 0",
    "USER_GROUPS, 7, 0 7",
    "CAPABILITIES_BOUNDING, 0000000000000001, 0000000000000003",
    "CAPABILITIES_PERMITTED, 0000000000000001, 0000000000200001",
    "CAPABILITIES_EFFECTIVE, 0000000000000001, 0000000000200001",
    "CAPABILITIES_INHERITABLE, 0000000000000000, 0000000000200000",
    "CAPABILITIES_AMBIENT, 0000000000000000, none",
    "NO_NEW_PRIVS, 1, 0",
    "SECCOMP_MODE, filter, disabled",
    "LSM_APPARMOR, profile (enforce), unconfined",
    "NAMESPACES_NETWORK, 17, 18",
    "MOUNTS_ROOT, ro, rw",
    "MOUNTS_MASKED, masked, visible",
    "MOUNTS_SOURCE, /volume, /other",
    "CGROUP_PATH, /a/b, /a",
    "CGROUP_PATH, /a/b, /a/bc",
    "CGROUP_LIMIT, 100, 200",
    "HOSTNAME, pod, host",
    "SYSCTL, 1, 0",
    "PROCESS_RLIMIT, 100 200, 100 201",
    "PROCESS_RLIMIT, 100 200, 201 200",
    "PROCESS_RLIMIT, 100 200, gone",
    "PROCESS_OOM_SCORE_ADJ, 500, 499",
    "DEVICES_NODE, c 1:3, c 1:5",
  })
  void whatAProgramCannotHaveLoosenedIsComparedAsEver(
      Constraint constraint, String asked, String shown) {
    assertThat(after(confined(), constraint, asked, shown)).isEqualTo(Outcome.MISMATCH);
  }

  @Test
  void whoHasTheCapabilityMayHaveUsedIt() {
    List<Claim> admin = claims(SYS_ADMIN, SYS_ADMIN, "1");
    assertThat(after(admin, Constraint.MOUNTS_MASKED, "masked", "visible"))
        .isEqualTo(Outcome.NOT_COMPARABLE);
    assertThat(after(admin, Constraint.HOSTNAME, "pod", "mine")).isEqualTo(Outcome.NOT_COMPARABLE);
    assertThat(after(admin, Constraint.USER_UID, "0 0 0 0", "5 5 5 5")).isEqualTo(Outcome.MISMATCH);
    assertThat(after(admin, Constraint.NAMESPACES_NETWORK, "17", "18")).isEqualTo(Outcome.MISMATCH);
  }

  @Test
  void withoutNoNewPrivsASetIdProgramMayHaveRun() {
    List<Claim> open = claims(SYS_ADMIN, NOTHING, "0");
    assertThat(after(open, Constraint.USER_UID, "5 5 5 5", "5 0 0 0"))
        .isEqualTo(Outcome.NOT_COMPARABLE);
    assertThat(after(open, Constraint.CAPABILITIES_EFFECTIVE, NOTHING, SYS_ADMIN))
        .isEqualTo(Outcome.NOT_COMPARABLE);
    assertThat(after(open, Constraint.CAPABILITIES_EFFECTIVE, NOTHING, CHOWN_ONLY))
        .isEqualTo(Outcome.MISMATCH);
    assertThat(after(open, Constraint.USER_GROUPS, "7", "0 7")).isEqualTo(Outcome.MISMATCH);
  }

  @Test
  void filtersThatCanOnlyBeCountedMayBeMore() {
    assertThat(counted("1", Verification.AFTER_EXEC)).isEqualTo(Outcome.COUNT_ONLY);
    assertThat(counted("2", Verification.AFTER_EXEC)).isEqualTo(Outcome.STRICTER);
    assertThat(counted("2", Verification.BEFORE_EXEC)).isEqualTo(Outcome.MISMATCH);
    assertThat(counted("0", Verification.AFTER_EXEC)).isEqualTo(Outcome.MISMATCH);
  }

  private static Outcome counted(String shown, Verification when) {
    Claim claim = new Claim(Constraint.SECCOMP_PROGRAM, "0", "sha256:aa");
    Reading reading =
        new Reading(Constraint.SECCOMP_PROGRAM, "0", shown, "", Reading.Kind.COUNT_ONLY);
    return ReceiptComparison.compare(List.of(claim), List.of(reading), Set.of(), when)
        .rows()
        .get(0)
        .outcome();
  }

  @Test
  void aClaimThatWasNotReadMismatchesWheneverThatIs() {
    Claim claim = new Claim(Constraint.USER_UMASK, "", "0022");
    for (Verification when : Verification.values()) {
      Receipt receipt = ReceiptComparison.compare(List.of(claim), List.of(), Set.of(), when);
      assertThat(receipt.passed()).isFalse();
    }
  }

  /** A profile that complains may be allowed; none, and another, never are. */
  @Test
  void ofALabelOnlyTheModeMayBeMissing() {
    Claim claim = new Claim(Constraint.LSM_APPARMOR, "", "mine (enforce)");
    for (String shown : List.of("mine (complain)", "unconfined", "other (complain)")) {
      Reading reading = Reading.kernel(Constraint.LSM_APPARMOR, "", shown, "attr");
      Receipt receipt =
          ReceiptComparison.compare(
              List.of(claim),
              List.of(reading),
              Set.of(Constraint.LSM_APPARMOR),
              Verification.BEFORE_EXEC);
      assertThat(receipt.rows().get(0).outcome())
          .as(shown)
          .isEqualTo(shown.equals("mine (complain)") ? Outcome.DEGRADED : Outcome.MISMATCH);
    }
  }
}
