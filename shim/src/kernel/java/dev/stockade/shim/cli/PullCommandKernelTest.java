package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.config.Config;
import dev.stockade.shim.daemon.Daemon;
import dev.stockade.shim.daemon.DockerRegistry;
import dev.stockade.shim.daemon.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code stockade images pull} from a real registry, on a terminal and without one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class PullCommandKernelTest {
  private static final int COLUMNS = 44;
  private static final int ROWS = 10;

  private Config config;
  private Daemon daemon;
  private DockerRegistry registry;
  private String image;
  private Path credentials;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Path hosts = directory.resolve("certs.d");
    config = Machine.config(directory, "[registry]", "hosts_dir = \"" + hosts + "\"");
    registry = DockerRegistry.start(directory.resolve("registry"), Machine.busybox(directory));
    Path own = Files.createDirectories(hosts.resolve(registry.host()));
    Files.writeString(
        own.resolve("hosts.toml"),
        "server = \"https://" + registry.host() + "\"\nca = \"" + registry.authority() + "\"\n");
    image = registry.host() + "/team/busybox:1";
    credentials = directory.resolve("auth.json");
    daemon = Daemon.start(config, Machine.warden(), "test");
    Files.createFile(
        credentials,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  @AfterAll
  void end() throws IOException {
    if (daemon != null) {
      daemon.close();
    }
    if (registry != null) {
      registry.close();
    }
  }

  @BeforeEach
  void login() throws IOException {
    login(DockerRegistry.PASSWORD);
    run("images", "rm", image);
  }

  private void login(String password) throws IOException {
    Files.writeString(
        credentials,
        "{\"auths\": {\"%s/team\": {\"auth\": \"%s\"}}}"
            .formatted(registry.host(), DockerRegistry.auth(password)));
  }

  private CommandLineRun run(String... args) {
    return CommandLineRun.of(Map.of("STOCKADE_SOCKET", config.socket().toString()), args);
  }

  @Test
  void withoutATerminalLinesTellHowFarTheLayersAre() {
    CommandLineRun run = run("images", "pull", "--auth-file", credentials.toString(), image);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).matches(image + " [0-9a-f]{13}\n");
    assertThat(run.err().lines()).allMatch(line -> line.startsWith(image + ": "));
    assertThat(run.err()).containsPattern(": layer [0-9a-f]{13} is done\n");
    CommandLineRun again = run("images", "pull", "--auth-file", credentials.toString(), image);
    assertThat(again.err()).containsPattern(": layer [0-9a-f]{13} is there already\n");
    CommandLineRun quiet =
        run("images", "pull", "-q", "--auth-file", credentials.toString(), image);
    assertThat(quiet.err()).isEmpty();
    assertThat(quiet.out()).matches("sha256:[0-9a-f]{64}\n");
    CommandLineRun json = run("images", "pull", "--json", "--auth-file", credentials + "", image);
    assertThat(json.out()).contains("\"" + image + "\" : \"sha256:");
  }

  @Test
  void wrongCredentialsAreToldAndNotShown() throws IOException {
    login("my-secret-guess");
    CommandLineRun wrong = run("images", "pull", "--auth-file", credentials.toString(), image);
    assertThat(wrong.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(wrong.err())
        .contains(registry.host(), "401", "PERMISSION_DENIED")
        .doesNotContain("my-secret-guess", DockerRegistry.auth("my-secret-guess"));
    CommandLineRun none = run("images", "pull", image);
    assertThat(none.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(none.err()).contains("401");
  }

  /** The whole program on a terminal that is small. */
  @Test
  void onATerminalThereAreBars() throws Exception {
    String command =
        String.join(
            " ",
            "stty cols " + COLUMNS + " rows " + ROWS + ";",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dslf4j.internal.verbosity=ERROR -cp '" + System.getProperty("java.class.path") + "'",
            "dev.stockade.shim.Main --socket " + config.socket(),
            "images pull --auth-file " + credentials + " " + image);
    ProcessBuilder builder = new ProcessBuilder("script", "-qec", command, "/dev/null");
    builder.environment().put("TERM", "xterm");
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String written = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(written).isZero();
    TerminalScreen screen = new TerminalScreen(COLUMNS, ROWS);
    screen.write(written);
    List<String> shown = screen.text();
    assertThat(shown.get(0)).as(written).startsWith(image.substring(0, 20));
    assertThat(shown.get(1)).matches("  [0-9a-f]{13}  .*done, .*");
    assertThat(String.join("", shown.subList(2, shown.size()))).matches(image + " [0-9a-f]{13}");
    assertThat(written).as("a frame ends with what erases the one before").contains("\033[J");
  }
}
