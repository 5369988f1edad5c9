package dev.stockade.shim.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stockade.launcher.linux.Linux;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Every reader of hostile bytes keeps its promises for the seeds, for what was once a finding, and
 * for what Jazzer makes of both. {@code -Dstockade.fuzz.seconds=N} is the time for each target, 0
 * for none; {@code -Dstockade.fuzz.target=NAME} takes one target only.
 */
@Timeout(86_400)
final class FuzzTest {
  private static final int SECONDS = Integer.getInteger("stockade.fuzz.seconds", 2);

  private static Stream<String> names() {
    String only = System.getProperty("stockade.fuzz.target", "");
    return FuzzTargets.names().stream().filter(name -> only.isEmpty() || only.equals(name));
  }

  @TestFactory
  Stream<DynamicTest> itTakesWhatIsKnownAndWhatIsNew() {
    return names().map(name -> DynamicTest.dynamicTest(name, () -> check(name)));
  }

  private static void check(String name) throws Exception {
    assumeTrue(Linux.root(), "needs root: owners, devices and trusted attributes are written");
    Corpus corpus = Corpus.of(name);
    int known = 0;
    try (FuzzTarget target = FuzzTargets.make(name)) {
      corpus.fill(target);
      for (Path file : corpus.known()) {
        take(target, file);
        known++;
      }
    }
    assertThat(known).isPositive();
    if (SECONDS > 0) {
      assumeTrue(JazzerRun.possible(), "needs Jazzer on the class path, which guests have not");
      JazzerRun run = JazzerRun.of(name, corpus, SECONDS);
      assertThat(run.clean())
          .as("%s: its input is in %s%n%s", name, corpus.kept(), run.output())
          .isTrue();
      assertThat(run.inputs()).as(run.output()).isPositive();
      System.out.println("fuzz " + name + ": " + known + " known, " + run.inputs() + " tried");
    }
  }

  private static void take(FuzzTarget target, Path file) throws Exception {
    try {
      target.take(Files.readAllBytes(file));
    } catch (Exception | AssertionError e) {
      throw new AssertionError("a finding: " + file, e);
    }
  }
}
