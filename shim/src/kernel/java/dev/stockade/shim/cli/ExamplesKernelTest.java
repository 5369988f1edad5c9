package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.Daemon;
import dev.stockade.shim.daemon.Machine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pods of examples/ do what they say, their checks fail without what they ask for, and {@code
 * explain} says beforehand what the receipt shows.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class ExamplesKernelTest {
  private static final Path EXAMPLES = Path.of("../examples").toAbsolutePath().normalize();
  private static final String SECCOMP = "--seccomp-dir=" + EXAMPLES.resolve("seccomp");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Path directory;
  private Config config;
  private Daemon daemon;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config = Machine.config(directory);
    Path net = Files.createDirectories(directory.resolve("net.d"));
    Files.writeString(
        net.resolve("10-loopback.conflist"),
        "{\"cniVersion\": \"1.0.0\", \"name\": \"lo\", \"plugins\": [{\"type\": \"loopback\"}]}");
    Machine.importBusybox(directory, config);
    daemon = Daemon.start(config, Machine.warden(), "test");
  }

  @AfterAll
  void end() throws Exception {
    if (daemon != null) {
      try (CriClient client = new CriClient(config.socket(), directory.resolve("logs"))) {
        client.removeEverything();
      }
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  static List<String> examples() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".yaml"))
          .sorted()
          .toList();
    }
  }

  private CommandLineRun stockade(String... args) {
    return stockade(Machine.warden(), args);
  }

  private CommandLineRun stockade(Path warden, String... args) {
    List<String> all =
        new ArrayList<>(
            List.of("--socket=" + config.socket(), "--config=" + directory.resolve("config.toml")));
    all.addAll(List.of(args));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Output output =
        new Output(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    int code =
        new Stockade(output, Map.of("STOCKADE_WARDEN", warden.toString()))
            .execute(all.toArray(String[]::new));
    return new CommandLineRun(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private CommandLineRun run(Path manifest) {
    return stockade(
        "run",
        "--rm",
        "--receipt",
        "--json",
        SECCOMP,
        "--pod-dir=" + directory.resolve("pods"),
        "--file=" + manifest);
  }

  private CommandLineRun explain(Path manifest) {
    return stockade(
        "explain",
        "--json",
        SECCOMP,
        "--pod-dir=" + directory.resolve("pods"),
        manifest.toString());
  }

  private static void requireModule(String example) {
    boolean apparmor = Files.exists(Path.of("/sys/kernel/security/apparmor"));
    boolean selinux = Files.exists(Path.of("/sys/fs/selinux/enforce"));
    Assumptions.assumeTrue(
        apparmor || !example.equals("apparmor.yaml"), "needs AppArmor in the kernel");
    Assumptions.assumeTrue(
        selinux || !example.equals("selinux.yaml"), "needs SELinux in the kernel");
  }

  @ParameterizedTest
  @MethodSource("examples")
  void itsCheckHoldsAndExplainSaysWhatTheReceiptShows(String example) throws Exception {
    requireModule(example);
    Path manifest = EXAMPLES.resolve(example);
    CommandLineRun explained = explain(manifest);
    assertThat(explained.exitCode()).as(explained.out() + explained.err()).isZero();
    CommandLineRun run = run(manifest);
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    Foretold.assertThatTheReceiptShows(explained, run);
  }

  /** The field that asks, and what stands in its place. */
  private static final Map<String, String> WITHOUT =
      Map.of(
          "apparmor.yaml", "type: RuntimeDefault/type: Unconfined",
          "seccomp-runtime-default.yaml", "type: RuntimeDefault/type: Unconfined",
          "user-namespace.yaml", "hostUsers: false/hostUsers: true",
          "user-namespace-host-network.yaml", "hostUsers: false/hostUsers: true",
          "masked-paths.yaml", "restartPolicy: Never/hostUsers: false",
          "proc-mount.yaml", "procMount: Unmasked/procMount: Default",
          "capabilities-default.yaml", "add: [SYS_ADMIN]/add: []",
          "groups.yaml", "supplementalGroups: [4000]/supplementalGroups: [4001]");

  @ParameterizedTest
  @MethodSource("examples")
  void withoutWhatItAsksForItsCheckFails(String example) throws Exception {
    requireModule(example);
    String text = Files.readString(EXAMPLES.resolve(example));
    String[] change = WITHOUT.getOrDefault(example, "ecurityContext:/").split("/", -1);
    String weaker =
        change[1].isEmpty() ? withoutContexts(text) : text.replace(change[0], change[1]);
    if (example.equals("masked-paths.yaml")) {
      weaker = weaker.replaceAll("\\z", "      securityContext: {procMount: Unmasked}\n");
    }
    assertThat(weaker).isNotEqualTo(text);
    Path manifest = Files.writeString(directory.resolve("weaker.yaml"), weaker);
    CommandLineRun run = run(manifest);
    assertThat(run.exitCode()).as(run.out() + run.err()).isBetween(1, 124);
  }

  /** Without the lines of security contexts, which are deeper than the line that begins them. */
  private static String withoutContexts(String text) {
    StringBuilder kept = new StringBuilder();
    int within = -1;
    for (String line : text.lines().toList()) {
      int depth = line.length() - line.stripLeading().length();
      if (within >= 0 && depth > within) {
        continue;
      }
      within = line.strip().equals("securityContext:") ? depth : -1;
      if (within < 0) {
        kept.append(line).append('\n');
      }
    }
    return kept.toString();
  }

  /** What is refused is refused in the same words, and nothing is made by explaining. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "securityContext: {seccompProfile: {type: Localhost, localhostProfile: none.json}}",
        "securityContext: {appArmorProfile: {type: Localhost, localhostProfile: of-nobody}}",
        "securityContext: {seLinuxOptions: {type: of_nobody_t}}",
        "securityContext: {capabilities: {add: [NO_SUCH_THING]}}",
        "securityContext: {capabilities: {add: [SYS_RESOURCE]}}",
        "volumeMounts: [{name: v, mountPath: /proc/sys}]",
        "volumeMounts: [{name: v, mountPath: /sys/fs/bpf}]",
        "resources: {limits: {memory: 64Mi}}",
      })
  void whatIsRefusedIsRefusedInTheSameWords(String fields) throws Exception {
    String text =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: refused}
        spec:
          restartPolicy: Never
          volumes: [{name: v, emptyDir: {}}]
          containers: [{name: c, image: "busybox:local", command: ["true"], %s}]
        """
            .formatted(fields);
    Path manifest = Files.writeString(directory.resolve("refused.yaml"), text);
    CommandLineRun explained = explain(manifest);
    CommandLineRun run = run(manifest);
    JsonNode json = JSON.readTree(explained.out());
    if (run.exitCode() == 0) {
      assertThat(explained.exitCode()).as(explained.out()).isZero();
      return;
    }
    assertThat(run.exitCode()).isEqualTo(125);
    assertThat(explained.exitCode()).as(explained.out()).isEqualTo(1);
    String refusal =
        json.has("refusal")
            ? json.path("refusal").asText()
            : json.at("/containers/0/refusal").asText();
    String told = PlainText.line(refusal.replaceAll("/volumes/.*", ""));
    assertThat(run.err().replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UID"))
        .contains(told.substring(0, Math.min(told.length(), 120)));
  }

  @Test
  void anImageThatIsNotHereIsAllThatIsMissing() throws Exception {
    String text = Files.readString(EXAMPLES.resolve("capabilities.yaml"));
    Path manifest =
        Files.writeString(
            directory.resolve("missing.yaml"), text.replace("busybox:local", "absent:1"));
    assertThat(explain(manifest).exitCode()).isEqualTo(4);
  }

  /** Without a warden nobody knows whether the layers can show mapped ids. */
  @Test
  void whatCannotBeTriedIsNotPromised() throws Exception {
    String example = EXAMPLES.resolve("user-namespace.yaml").toString();
    Path nowhere = directory.resolve("no-warden");
    CommandLineRun run = stockade(nowhere, "explain", "--json", example);
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(1);
    assertThat(JSON.readTree(run.out()).path("refusal").asText())
        .contains("userns_options: asks for a user namespace", "could not be tried", "no-warden");
  }

  /** Messages as crictl takes them, with numbers as text or wrapped, and names in either form. */
  @Test
  void messagesOfTheCriAreExplainedToo() throws Exception {
    Path pod =
        Files.writeString(
            directory.resolve("pod.json"),
            """
            {"metadata": {"name": "p", "namespace": "n", "uid": "u", "attempt": 1},
             "linux": {"security_context": {"namespace_options": {"network": "NODE", "pid": 1}}}}
            """);
    Path container =
        Files.writeString(
            directory.resolve("container.json"),
            """
            {"metadata": {"name": "c"}, "image": {"image": "busybox:local"}, "command": ["true"],
             "linux": {"securityContext": {"run_as_user": {"value": "1000"}, "runAsGroup": 50,
               "namespace_options": {"pid": "CONTAINER"}, "no_new_privs": true}}}
            """);
    CommandLineRun run = stockade("explain", "--plan", pod.toString(), container.toString());
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .contains("container c: would start here")
        .containsPattern(
            "user.uid +- +1000 1000 1000 1000 +field: linux.security_context.run_as_user")
        .containsPattern("no-new-privs +- +1 +field: linux.security_context.no_new_privs")
        .contains("surprise: linux.security_context.seccomp: is not set")
        .contains("NO_NEW_PRIVS");
    Files.writeString(container, "{\"image\": {\"image\": 7, \"imagine\": 1}, \"mounts\": {}}");
    CommandLineRun wrong = stockade("explain", pod.toString(), container.toString());
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err())
        .contains(
            "image.image: has to be text in quotes",
            "image.imagine: is not a field of the protocol",
            "mounts: has to be a list");
  }

  /** Explaining needs no daemon, and leaves no trace of having looked. */
  @Test
  void aNodeThatNoDaemonHasRunOnIsLeftAsItWas() throws Exception {
    Path elsewhere = directory.resolve("elsewhere.toml");
    Files.writeString(
        elsewhere,
        "root = \"%1$s/none/state\"\nrun_dir = \"%1$s/none/run\"\n".formatted(directory)
            + "[network]\ncni_conf_dir = \"%s/net.d\"\n".formatted(directory));
    Path manifest = EXAMPLES.resolve("capabilities.yaml");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    int code =
        new Stockade(new Output(stream, stream, false), Map.of())
            .execute("--config=" + elsewhere, "explain", manifest.toString());
    assertThat(code).as(out.toString(StandardCharsets.UTF_8)).isEqualTo(4);
    assertThat(directory.resolve("none")).doesNotExist();
    assertThat(directory.resolve("pods/00000000-0000-4000-8000-000000000000")).doesNotExist();
  }
}
