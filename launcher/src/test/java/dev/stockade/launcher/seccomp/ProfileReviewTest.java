package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileReviewTest {
  private static ProfileReview review(Action fallback, Rule... rules) {
    return ProfileReview.of(
        new Profile(
            fallback,
            null,
            List.of(ProfileArch.X86),
            List.of(),
            "/listener",
            null,
            List.of(rules)));
  }

  @Test
  void anUnknownCallInAnAllowRuleIsOnlyReported() {
    ProfileReview review = review(Action.ERRNO, Rule.of(Action.ALLOW, List.of("open_sesame")));
    assertThat(review.problems()).isEmpty();
    assertThat(review.warnings()).singleElement().asString().contains("open_sesame");
  }

  @Test
  void anUnknownCallInARuleThatRestrictsIsRefused() {
    for (Action action : List.of(Action.KILL, Action.TRAP, Action.ERRNO)) {
      assertThat(review(Action.ERRNO, Rule.of(action, List.of("open_sesame"))).problems())
          .hasSize(1);
    }
    assertThat(review(Action.ALLOW, Rule.of(Action.NOTIFY, List.of("open_sesame"))).problems())
        .hasSize(1);
    assertThat(review(Action.ALLOW, Rule.of(Action.LOG, List.of("open_sesame"))).problems())
        .hasSize(1);
  }

  @Test
  void callsOfOtherMachinesAreNoProblem() {
    ProfileReview review = review(Action.ALLOW, Rule.of(Action.ERRNO, List.of("s390_sthyi")));
    assertThat(review.problems()).isEmpty();
    assertThat(review.warnings()).isEmpty();
  }

  @Test
  void anErrnoNeedsAnActionThatTakesIt() {
    Rule killing = new Rule(List.of("read"), Action.KILL, 1, List.of());
    Rule large = new Rule(List.of("read"), Action.ERRNO, 4096, List.of());
    assertThat(review(Action.ALLOW, killing, large).problems())
        .containsExactly(
            "syscalls[0].errnoRet: SCMP_ACT_KILL does not take an errno",
            "syscalls[1].errnoRet: 4096 is not 0 to 4095");
    Profile profile =
        new Profile(Action.KILL, 1, List.of(), List.of(), null, null, List.of(killing));
    assertThat(ProfileReview.of(profile).problems())
        .containsExactly("defaultErrnoRet: SCMP_ACT_KILL does not take an errno");
  }

  @Test
  void listenersAndFlagsBelongTogether() {
    Profile profile =
        new Profile(
            Action.ALLOW,
            null,
            List.of(),
            List.of(FilterFlag.WAIT_KILLABLE_RECV),
            null,
            null,
            List.of(Rule.of(Action.ERRNO, List.of("read"))));
    assertThat(ProfileReview.of(profile).problems())
        .containsExactly(
            "flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY");
    Profile deaf =
        Profile.of(Action.ALLOW, List.of(), List.of(Rule.of(Action.NOTIFY, List.of("read"))));
    assertThat(ProfileReview.of(deaf).problems())
        .singleElement()
        .asString()
        .startsWith("listenerPath: missing");
  }

  @Test
  void rulesWithoutEffectAreReported() {
    Condition one = new Condition(0, 1, 0, Comparison.EQ);
    Condition wide = new Condition(0, 1L << 32, 0, Comparison.LT);
    ProfileReview review =
        review(
            Action.ERRNO,
            Rule.of(Action.ERRNO, List.of("socket"), one),
            Rule.of(Action.ALLOW, List.of("socket")),
            Rule.of(Action.KILL, List.of("socket"), one),
            Rule.of(Action.ALLOW, List.of("read"), one, wide));
    assertThat(review.problems()).isEmpty();
    assertThat(review.warnings())
        .containsExactly(
            "syscalls[0].names[0]: the rule equals the default action and is skipped (runc and libseccomp do so)",
            "syscalls[2].names[0]: socket is decided by an earlier rule without conditions",
            "syscalls[3].args: an argument appears twice, so any one of the conditions is enough (runc reads it so)",
            "syscalls[3].args: a value exceeds 32 bits; on 32-bit architectures only its low half is compared");
  }

  @Test
  void listsAreBounded() {
    List<String> names = java.util.Collections.nCopies(1000, "open_sesame");
    assertThat(review(Action.ALLOW, Rule.of(Action.ERRNO, names)).problems())
        .hasSize(101)
        .last()
        .asString()
        .isEqualTo("$: 900 more of the kind");
  }
}
