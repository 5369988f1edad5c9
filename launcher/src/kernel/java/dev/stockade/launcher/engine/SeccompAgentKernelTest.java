package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.FilterFlag;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.Rule;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A profile's notifications are answered by whoever listens at its listenerPath. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class SeccompAgentKernelTest {
  /** Answers every call with EXDEV, which nothing here gives by itself, seccomp_unotify(2). */
  private static final String AGENT =
      """
      import array, fcntl, socket, struct, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
      s.bind(sys.argv[1])
      s.listen(4)
      print('bound', flush=True)
      while True:
          peer, _ = s.accept()
          data, control, _, _ = peer.recvmsg(65536, socket.CMSG_SPACE(4))
          print(data.decode(), flush=True)
          fd = array.array('i', control[0][2][:4])[0]
          asked = bytearray(80)
          fcntl.ioctl(fd, 0xc0502100, asked)
          fcntl.ioctl(fd, 0xc0182101, struct.pack('=QqiI', struct.unpack('=Q', asked[:8])[0], 0, -18, 0))
      """;

  private Bench bench;
  private Path socket;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
    socket = temporary.resolve("agent.sock");
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(bench.leftCgroups()).isEmpty();
  }

  private ContainerSpec container(Path listener, String... arguments) {
    ContainerSpec spec = bench.container(arguments);
    Rule mkdir = Rule.of(Action.NOTIFY, List.of("mkdir", "mkdirat"));
    spec.seccomp =
        new Profile(
            Action.ALLOW,
            null,
            List.of(),
            List.of(FilterFlag.WAIT_KILLABLE_RECV),
            listener.toString(),
            "mark",
            List.of(mkdir));
    return spec;
  }

  @Test
  void theAgentAnswersForContainerAndCommand() throws Exception {
    Process agent = new ProcessBuilder("python3", "-c", AGENT, socket.toString()).start();
    try (BufferedReader lines = agent.inputReader()) {
      assertThat(lines.readLine()).isEqualTo("bound");
      ContainerSpec spec = container(socket, "sh", "-c", "mkdir /made; exec sleep 600");
      try (RunningProcess process = bench.launch(spec)) {
        JsonNode state = new ObjectMapper().readTree(lines.readLine());
        assertThat(state.at("/fds/0").asText()).isEqualTo("seccompFd");
        assertThat(state.path("pid").asInt()).isEqualTo(process.pid());
        assertThat(state.path("metadata").asText()).isEqualTo("mark");
        assertThat(state.at("/state/id").asText()).isEqualTo(spec.id);
        LaunchRequest exec = spec.exec(process, "e1", "mkdir", "/made");
        Output output =
            bench.launcher.run(
                Bench.compile(exec), exec, LaunchFiles.exec(process), Duration.ofSeconds(20), 4096);
        assertThat(lines.readLine()).contains("\"status\":\"running\"");
        assertThat(output.error())
            .asString(StandardCharsets.UTF_8)
            .contains("Invalid cross-device link");
        assertThat(bench.log(spec.id)).contains("Invalid cross-device link");
        process.kill();
        assertThat(Bench.exit(process).signal()).isEqualTo(9);
      }
    } finally {
      agent.destroyForcibly();
      boolean unused = agent.waitFor(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void withoutAnAgentNothingRuns() {
    Path nobody = socket.resolveSibling("nobody.sock");
    assertThatThrownBy(() -> bench.launch(container(nobody, "true")))
        .isInstanceOfSatisfying(
            LaunchFailure.class,
            e -> assertThat(e.kind()).isEqualTo(LaunchFailure.Cause.PREPARATION))
        .hasMessageContaining("listenerPath " + nobody)
        .hasMessageContaining("ENOENT");
  }
}
