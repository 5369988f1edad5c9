package dev.stockade.launcher.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The warden that this build made, asked about plans. */
final class WardenBinary {
  private static final long SECONDS = 20;
  private static final Path PATH =
      Path.of(
          "../native/build",
          System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64",
          "warden");

  /**
   * What it said.
   *
   * @param status the exit status: 0 accepted, 1 refused
   */
  record Answer(int status, String text) {}

  private WardenBinary() {}

  /** Fails if warden is not there or of another build. */
  static void requireBuilt() throws IOException, InterruptedException {
    assertThat(PATH).as("what make -C native builds").isExecutable();
    Answer abi = run(new byte[0], "--abi");
    String mine = PlanFormat.ABI + " " + BuildId.hex();
    assertThat(abi.text().strip()).as(PATH + " is of this build: make -C native").isEqualTo(mine);
  }

  static Answer checkPlan(byte[] plan) throws IOException, InterruptedException {
    return run(plan, "check-plan");
  }

  private static Answer run(byte[] input, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PATH.toString()));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream out = process.getOutputStream()) {
      out.write(input);
    } catch (IOException e) {
      // It may have refused before it read everything; its answer counts.
      assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    return new Answer(process.exitValue(), text);
  }
}
