package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.shim.daemon.Machine;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
}
