package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What warden's plan verifier is fuzzed from: the bytes of every shape of pod. {@code
 * -Dgolden.update=true} rewrites them; the files in the same place that are no plans are written by
 * hand.
 */
final class PlanCorpusGoldenTest {
  private static final Path CORPUS = Path.of("../native/fuzz/corpus/plan_fuzz");
  private static final String PLAN = ".plan";

  @TestFactory
  Stream<DynamicTest> everyShapeIsInTheCorpus() {
    return PodShapes.all().entrySet().stream()
        .map(
            shape ->
                DynamicTest.dynamicTest(
                    shape.getKey(), () -> check(shape.getKey(), shape.getValue())));
  }

  @Test
  void everyPlanIsOfAShape() throws IOException {
    try (Stream<Path> files = Files.list(CORPUS)) {
      Set<String> names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(PLAN))
              .map(name -> name.replace(PLAN, ""))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(names).isEqualTo(new TreeSet<>(PodShapes.all().keySet()));
    }
  }

  /** Without the identity of the build, which changes with every source file. */
  private static void check(String name, SpecDraft draft) throws Exception {
    LaunchPlan plan =
        LaunchCompiler.compile(draft.request(), (profile, arch) -> PlanGoldenTest.ALLOW);
    byte[] bytes = PlanEncoder.encode(plan);
    Arrays.fill(bytes, PlanFormat.BUILD_OFFSET, PlanFormat.HEADER, (byte) 0);
    Path file = CORPUS.resolve(name + PLAN);
    if (Boolean.getBoolean("golden.update")) {
      Files.write(file, bytes);
    }
    assertThat(file).as("run with -Dgolden.update=true to make it").exists();
    assertThat(bytes)
        .as("%s; if the change is meant, run with -Dgolden.update=true", file)
        .isEqualTo(Files.readAllBytes(file));
  }
}
