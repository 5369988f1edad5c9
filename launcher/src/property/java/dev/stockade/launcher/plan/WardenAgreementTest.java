package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Java's plans and warden's verifier agree. */
final class WardenAgreementTest {
  private static final int PLANS = 60;
  private static final int MUTATIONS = 100;

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @BeforeAll
  static void wardenIsBuilt() throws Exception {
    WardenBinary.requireBuilt();
  }

  @Test
  void wardenAcceptsEveryShape() throws Exception {
    for (Map.Entry<String, SpecDraft> shape : PodShapes.all().entrySet()) {
      WardenBinary.Answer answer =
          WardenBinary.checkPlan(PlanEncoder.encode(shape.getValue().compile()));
      assertThat(answer.status()).as("%s: %s", shape.getKey(), answer.text()).isZero();
    }
  }

  @Test
  void wardenAcceptsWhateverIsCompiled() throws Exception {
    for (int i = 0; i < PLANS; i++) {
      LaunchPlan plan = Requests.draft(random).compile();
      WardenBinary.Answer answer = WardenBinary.checkPlan(PlanEncoder.encode(plan));
      assertThat(answer.status())
          .as("seed %d: %s%n%s", seed, answer.text(), PlanText.render(plan))
          .isZero();
    }
  }

  /**
   * Either may be stricter than the other; but what warden would carry out, Java can read: its
   * strings are bytes, though.
   */
  @Test
  void wardenRefusesOrReadsWhatJavaReads() throws Exception {
    int accepted = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bytes = PlanMutation.of(PlanEncoder.encode(Requests.draft(random).compile()), random);
      WardenBinary.Answer answer = WardenBinary.checkPlan(bytes);
      assertThat(answer.status()).as("seed %d: %s", seed, answer.text()).isIn(0, 1);
      if (answer.status() == 0) {
        accepted++;
        String reason = PlanProperties.decode(bytes).replaceAll(" at byte .*", "");
        assertThat(reason)
            .as("seed %d: %s", seed, answer.text())
            .isIn(
                "",
                "not a launch plan: a string that is not UTF-8",
                "not a launch plan: a plan of another build");
      }
    }
    System.out.println("of " + MUTATIONS + " mutated plans warden would carry out " + accepted);
  }
}
