package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A node on which the other tests launch containers is called one. */
final class DoctorKernelTest {
  @Test
  void thisNodeLaunches() throws Exception {
    CommandLineRun table = CommandLineRun.of(Map.of(), "doctor");
    assertThat(table.exitCode()).isZero();
    assertThat(table.out()).containsPattern("launching +yes +Linux ");
    JsonNode json =
        new ObjectMapper().readTree(CommandLineRun.of(Map.of(), "doctor", "--json").out());
    assertThat(json.get(0).path("state").asText()).isEqualTo("yes");
    assertThat(json.findValuesAsText("subject"))
        .contains("seccomp flags", "user namespaces", "pod networks (CNI)");
    assertThat(table.out()).containsPattern("seccomp flags +yes +all");
  }
}
