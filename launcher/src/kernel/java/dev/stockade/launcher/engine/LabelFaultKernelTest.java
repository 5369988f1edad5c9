package dev.stockade.launcher.engine;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link FaultKernelTest} for what only the kernel of one security module can show. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LabelFaultKernelTest {
  private FaultTrial trial;

  @BeforeAll
  void open(@TempDir Path directory) throws Exception {
    trial = FaultTrial.open(directory);
  }

  @AfterAll
  void close() throws Exception {
    if (trial != null) {
      trial.close();
    }
  }

  static Stream<Fault> labels() {
    return Labels.faults();
  }

  @ParameterizedTest
  @MethodSource("labels")
  void isFoundOutAndNothingRuns(Fault fault) throws Exception {
    Labels.require(fault.constraint(), trial.launcher());
    trial.requireFoundOut(fault);
  }
}
