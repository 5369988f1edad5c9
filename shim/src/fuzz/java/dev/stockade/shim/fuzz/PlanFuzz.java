package dev.stockade.shim.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.plan.BuildId;
import dev.stockade.launcher.plan.PlanChecker;
import dev.stockade.launcher.plan.PlanDecoder;
import dev.stockade.launcher.plan.PlanEncoder;
import dev.stockade.launcher.plan.PlanFormatException;
import dev.stockade.launcher.plan.StepSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A plan read back, as those that records hold: steps that can be judged, or a refusal. */
final class PlanFuzz implements FuzzTarget {
  /** Where the identity of the build is, native/src/plan.h; the corpus has none. */
  private static final int BUILD_OFFSET = 24;

  @Override
  public Stream<byte[]> seeds() throws IOException {
    List<byte[]> plans = new ArrayList<>();
    for (Path plan : Corpus.files(Path.of("../native/fuzz/corpus/plan_fuzz"))) {
      plans.add(Files.readAllBytes(plan));
    }
    return plans.stream();
  }

  @Override
  public void take(byte[] input) {
    byte[] plan = input.clone();
    byte[] build = BuildId.bytes();
    if (plan.length >= BUILD_OFFSET + build.length) {
      System.arraycopy(build, 0, plan, BUILD_OFFSET, build.length);
    }
    try {
      StepSequence steps = PlanDecoder.decode(plan);
      PlanChecker.check(steps);
      assertThat(PlanDecoder.decode(PlanEncoder.encode(steps))).isEqualTo(steps);
    } catch (PlanFormatException e) {
      assertThat(e.getMessage()).hasSizeLessThan(2000);
    }
  }
}
