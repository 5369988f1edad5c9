package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.seccomp.BpfProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The plan and the claims of every shape of pod, as text and as the digest of the bytes. */
final class PlanGoldenTest {
  private static final Path PLANS = Path.of("../launcher/src/golden/resources/plans");

  /**
   * One instruction that allows everything: the compiler of filters has golden files of its own.
   */
  static final BpfProgram ALLOW = BpfProgram.of(new byte[] {6, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f});

  @TestFactory
  Stream<DynamicTest> plansAreAsTheyWere() {
    return PodShapes.all().entrySet().stream()
        .map(
            shape ->
                DynamicTest.dynamicTest(
                    shape.getKey(), () -> check(shape.getKey(), shape.getValue())));
  }

  @Test
  void everyFileIsOfAShape() throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(PLANS)) {
      files.forEach(f -> names.add(f.getFileName().toString().replace(".txt", "")));
    }
    assertThat(names)
        .isEqualTo(new TreeSet<>(PodShapes.all().keySet()))
        .hasSizeGreaterThanOrEqualTo(20);
  }

  private static void check(String name, SpecDraft draft) throws Exception {
    LaunchPlan plan = LaunchCompiler.compile(draft.request(), (profile, arch) -> ALLOW);
    String claims =
        Claims.of(plan, draft.spec()).stream()
            .map(PlanGoldenTest::line)
            .collect(Collectors.joining());
    String text = PlanText.render(plan) + "\n" + claims + "\nbytes " + digest(plan) + "\n";
    assertThat(text).doesNotContain("s3cr3t-value");
    GoldenFile.check(PLANS.resolve(name + ".txt"), text);
  }

  private static String line(Claim claim) {
    String subject = claim.subject().isEmpty() ? "" : " " + claim.subject();
    return "claim   " + claim.constraint() + subject + " = " + claim.expected() + "\n";
  }

  /** Of all bytes but the build's identity, which changes with every step that is added. */
  private static String digest(LaunchPlan plan) throws NoSuchAlgorithmException {
    byte[] bytes = PlanEncoder.encode(plan);
    Arrays.fill(bytes, PlanFormat.BUILD_OFFSET, PlanFormat.HEADER, (byte) 0);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    return bytes.length + " sha256:" + hash;
  }
}
