package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StockadeTest {
  @TempDir private Path directory;

  private static CommandLineRun run(String... args) {
    return CommandLineRun.of(Map.of(), args);
  }

  @Test
  void helpNamesEveryCommandAndExitCode() {
    CommandLineRun run = run("--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("version", "Exit codes:", "Examples:", "--socket");
  }

  @Test
  void everyCommandHasHelpWithExamples() {
    for (Subcommand command : Subcommand.named()) {
      CommandLineRun run = run(command.name(), "--help");
      assertThat(run.exitCode()).isZero();
      assertThat(run.out()).contains("Usage: stockade " + command.name(), "Examples:", "--socket");
    }
  }

  @Test
  void noCommandAndAnUnknownOneAreWrongUsage() {
    assertThat(run().exitCode()).isEqualTo(ExitCode.USAGE);
    CommandLineRun unknown = run("versoin");
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unknown.err()).contains("Did you mean: stockade version");
  }

  @Test
  void aMissingSocketIsUnreachableAndSaysWhichAndWhatToDo() {
    String socket = directory.resolve("none.sock").toString();
    CommandLineRun run = run("--socket", socket, "version");
    assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .startsWith("stockade: there is no socket " + socket + "; start")
        .hasLineCount(1);
  }

  @Test
  void theSocketComesFromTheEnvironmentUnlessGiven() {
    String socket = directory.resolve("env.sock").toString();
    CommandLineRun run = CommandLineRun.of(Map.of("STOCKADE_SOCKET", socket), "version");
    assertThat(run.err()).contains(socket);
    CommandLineRun flag =
        CommandLineRun.of(Map.of("STOCKADE_SOCKET", socket), "version", "--socket", "/flag.sock");
    assertThat(flag.err()).contains("/flag.sock").doesNotContain(socket);
  }

  @Test
  void aConfigurationThatIsNamedGoesBeforeTheEnvironment() throws IOException {
    Path config = directory.resolve("config.toml");
    Path socket = directory.resolve("config.sock");
    Files.writeString(config, "socket = \"" + socket + "\"\n");
    Map<String, String> environment = Map.of("STOCKADE_SOCKET", "/env.sock");
    assertThat(CommandLineRun.of(environment, "version", "--config", config.toString()).err())
        .contains("there is no socket " + socket);
    Files.writeString(config, "sockte = 1\n");
    CommandLineRun wrong = CommandLineRun.of(environment, "version", "--config=" + config);
    assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err()).contains("configuration is not valid", "sockte");
  }

  @Test
  void onlyDebugShowsAStackTrace() {
    String socket = directory.resolve("none.sock").toString();
    assertThat(run("--socket", socket, "version").err()).doesNotContain("\tat ");
    assertThat(run("--socket", socket, "--debug", "version").err()).contains("\tat ");
  }

  @Test
  void aDaemonThatCannotServeSaysWhyInOneLine() throws IOException {
    Path run = Files.createDirectory(directory.resolve("run"));
    Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxrwxrwx"));
    CommandLineRun serve =
        run(
            "serve",
            "--socket",
            run.resolve("stockade.sock").toString(),
            "--set",
            "run_dir=" + run,
            "--set",
            "root=" + directory.resolve("root"));
    assertThat(serve.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(serve.err())
        .startsWith("stockade: the daemon cannot serve: ")
        .contains(run.toString(), "mode")
        .doesNotContain("defect")
        .hasLineCount(1);
  }

  @Test
  void aConfigurationIsCheckedWithItsSignaturePolicy() throws IOException {
    Path policy = directory.resolve("policy.json");
    String[] check = {"serve", "--check", "--set", "images.signature_policy=" + policy};
    Files.writeString(policy, "{\"default\": [{\"type\": \"reject\"}]}");
    assertThat(run(check).exitCode()).isZero();
    Files.writeString(policy, "{\"default\": [{\"type\": \"perhaps\"}]}");
    CommandLineRun unknown = run(check);
    assertThat(unknown.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(unknown.err())
        .startsWith("stockade: images.signature_policy: " + policy)
        .contains("perhaps")
        .hasLineCount(1);
    Path key = directory.resolve("missing.pub");
    Files.writeString(
        policy, "{\"default\": [{\"type\": \"sigstoreSigned\", \"keyPath\": \"" + key + "\"}]}");
    assertThat(run(check).err())
        .startsWith("stockade: images.signature_policy: ")
        .contains(policy.toString(), key.toString())
        .hasLineCount(1);
    Files.delete(policy);
    assertThat(run(check).err()).contains("images.signature_policy: ", policy + "");
  }
}
