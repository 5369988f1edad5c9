package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.shim.Main;
import dev.stockade.shim.daemon.Machine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node on which the other tests launch containers is called one. */
final class DoctorKernelTest {
  @Test
  void thisNodeLaunches() throws Exception {
    Map<String, String> environment = Map.of("STOCKADE_WARDEN", Machine.warden().toString());
    CommandLineRun table = CommandLineRun.of(environment, "doctor");
    assertThat(table.exitCode()).isZero();
    assertThat(table.out()).containsPattern("launching +yes +Linux ");
    JsonNode json =
        new ObjectMapper().readTree(CommandLineRun.of(environment, "doctor", "--json").out());
    assertThat(json.get(0).path("state").asText()).isEqualTo("yes");
    assertThat(json.findValuesAsText("subject"))
        .contains("seccomp flags", "user namespaces", "pod networks (CNI)");
    assertThat(table.out()).containsPattern("seccomp flags +yes +all");
    assertThat(table.out())
        .containsPattern("idmapped mounts on \\w+ +yes +/.*\\(images\\)")
        .containsPattern("idmapped mounts on tmpfs +yes +/");
  }

  @Test
  void whatPodNetworksLackIsToldWithWhatToDo(@TempDir Path directory) throws Exception {
    Machine.config(directory);
    Map<String, String> environment = Map.of("STOCKADE_WARDEN", Machine.warden().toString());
    String file = "--config=" + directory.resolve("config.toml");
    CommandLineRun run = CommandLineRun.of(environment, file, "doctor", "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    for (JsonNode finding : new ObjectMapper().readTree(run.out())) {
      if (finding.path("subject").asText().equals("pod networks (CNI)")) {
        assertThat(finding.path("state").asText()).isEqualTo("limited");
        assertThat(finding.path("fix").asText())
            .contains("put a configuration into " + directory.resolve("net.d"), "/usr/lib/cni");
        return;
      }
    }
    throw new AssertionError("no word of pod networks: " + run.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"doctor", "explain"})
  void whoeverIsNotRootIsToldSo(String command) throws Exception {
    List<String> words =
        List.of(
            "unshare",
            "--user",
            "--map-user=1000",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            command,
            "pod.yaml");
    Process process =
        new ProcessBuilder(command.equals("doctor") ? words.subList(0, 8) : words)
            .redirectErrorStream(true)
            .start();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo(
            "stockade: stockade "
                + command
                + " tries what the kernel allows to the daemon, which only root can; run it as root\n");
    assertThat(process.waitFor()).isEqualTo(1);
  }
}
