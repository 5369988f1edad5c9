package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** Whatever is asked for: the plan keeps the laws and survives its encoding. */
final class PlanProperties {
  private static final int FLIPS = 40;

  @Provide
  static Arbitrary<SpecDraft> requests() {
    return Requests.any();
  }

  @Property(tries = 400, shrinking = ShrinkingMode.OFF)
  void keepsTheLawsAndItsEncoding(@ForAll("requests") SpecDraft draft) throws Exception {
    LaunchPlan plan = draft.compile();
    assertThat(PlanChecker.check(plan)).isEmpty();
    byte[] bytes = PlanEncoder.encode(plan);
    assertThat(bytes).hasSize(PlanEncoder.length(plan.sequence()));
    assertThat(PlanDecoder.decode(bytes)).isEqualTo(plan.sequence());
    assertThat(draft.compile()).as("compiled again").isEqualTo(plan);
    assertThat(PlanText.render(plan)).doesNotContain("s3cr3t-value");
    assertThat(plan.toString()).doesNotContain("s3cr3t-value");
    List<Claim> claims = Claims.of(plan, draft.spec());
    assertThat(claims).doesNotHaveDuplicates();
    // A holder of namespaces of which none is its own has nothing to show; a program always has.
    boolean holds = plan.child().get(plan.child().size() - 1) instanceof FinalStep.Hold;
    assertThat(claims.isEmpty() && !holds).isFalse();
  }

  @Property(tries = 150, shrinking = ShrinkingMode.OFF)
  void whatChancePutsInItsPlaceIsRefusedOrAPlan(
      @ForAll("requests") SpecDraft draft, @ForAll Random random) throws Exception {
    byte[] bytes = PlanEncoder.encode(draft.compile());
    for (int i = 0; i < FLIPS; i++) {
      decode(PlanMutation.of(bytes, random));
    }
  }

  /** Why it is refused, empty if it is a plan; anything else fails. */
  static String decode(byte[] bytes) {
    try {
      StepSequence plan = PlanDecoder.decode(bytes);
      List<Violation> violations = PlanChecker.check(plan);
      assertThat(violations).doesNotContainNull();
      assertThat(PlanText.render(plan)).isNotNull();
      return "";
    } catch (PlanFormatException e) {
      assertThat(e).hasMessageStartingWith("not a launch plan");
      return String.valueOf(e.getMessage());
    }
  }
}
