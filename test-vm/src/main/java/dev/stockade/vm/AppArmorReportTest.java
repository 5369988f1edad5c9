package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where the node's administrator lets a named profile complain instead of deny. */
@Timeout(300)
final class AppArmorReportTest {
  private static final String PROFILE = "stockade-test-reports";

  @Test
  void whatOnlyComplainsStartsAndIsToldEverywhere(@TempDir Path directory) throws Exception {
    Policy.require();
    Policy.load("profile " + PROFILE + " flags=(attach_disconnected, complain) { file, }");
    try (GuestDaemon daemon =
        GuestDaemon.start(directory, "[degradation]", "apparmor_mode = \"report\"")) {
      String pod = daemon.client.run(daemon.client.pod("lenient"));
      ContainerConfig.Builder asked = daemon.shell("exec sleep 600");
      GuestDaemon.security(asked)
          .getApparmorBuilder()
          .setProfileType(ProfileType.Localhost)
          .setLocalhostRef(PROFILE);
      String id = daemon.start(pod, asked);
      JsonNode row = row(daemon.receipt(id));
      assertThat(row.path("outcome").asText()).isEqualTo("DEGRADED");
      assertThat(row.path("kernel").asText()).isEqualTo(PROFILE + " (complain)");
      assertThat(daemon.client.status(id).getMessage())
          .contains("lsm.apparmor", PROFILE + " (complain)");
      assertThat(daemon.status().getStatus().getConditionsList().toString())
          .contains(id, "lsm.apparmor");
      assertThat(daemon.shown(daemon.start(pod, daemon.shell("exec sleep 600")), "lsm.apparmor"))
          .matches("stockade-default-\\w+ \\(enforce\\)");
    } finally {
      Policy.unload(PROFILE);
    }
  }

  private static JsonNode row(JsonNode receipt) {
    for (JsonNode row : receipt.path("rows")) {
      if (row.path("constraint").asText().equals("lsm.apparmor")) {
        return row;
      }
    }
    throw new AssertionError("no row lsm.apparmor in " + receipt);
  }
}
