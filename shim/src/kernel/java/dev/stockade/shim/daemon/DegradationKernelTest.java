package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.RuntimeCondition;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.shim.config.Config;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What may be missing here, and is, is told where an administrator looks. */
@Timeout(120)
class DegradationKernelTest {
  private static final String CONSTRAINT =
      "process.oom-score-adj (asked for -900, the kernel shows ";

  private static RuntimeCondition condition(CriClient client) {
    return client
        .runtime()
        .status(StatusRequest.getDefaultInstance())
        .getStatus()
        .getConditionsList()
        .stream()
        .filter(condition -> condition.getType().equals("ConstraintsEnforced"))
        .findFirst()
        .orElseThrow();
  }

  private static ContainerStatus plainStatus(CriClient client, String container) {
    return client
        .runtime()
        .containerStatus(ContainerStatusRequest.newBuilder().setContainerId(container).build())
        .getStatus();
  }

  @Test
  @SuppressWarnings("try") // The daemon serves until it is closed.
  void aMissingConstraintShowsInTheStatusOfContainerAndNode(@TempDir Path directory)
      throws Exception {
    Config config = Machine.config(directory, "[degradation]", "oom_score_adj = \"report\"");
    HostFacts facts = HostProbe.probe(Cgroup2.find());
    Assumptions.assumeFalse(
        facts.effective().contains(Capability.SYS_RESOURCE),
        "this process has CAP_SYS_RESOURCE, so every OOM score can be set");
    Assumptions.assumeTrue(facts.tracing().possible(), facts.tracing().obstacle());
    Machine.importBusybox(directory, config);
    try (Daemon daemon = Daemon.start(config, Machine.warden(), "test");
        CriClient client = new CriClient(config.socket(), directory.resolve("logs"))) {
      try {
        degrade(client);
      } finally {
        client.removeEverything();
      }
    }
    assertThat(Machine.leftovers(config)).isEmpty();
  }

  private static void degrade(CriClient client) throws Exception {
    assertThat(condition(client).getStatus()).isTrue();
    String pod = client.run(client.pod("less"));
    ContainerConfig.Builder asked = client.container("main", "sh", "-c", "sleep 60");
    asked.getLinuxBuilder().getResourcesBuilder().setOomScoreAdj(-900);
    String container = client.create(pod, asked);
    client.start(container);
    assertThat(plainStatus(client, container).getMessage())
        .startsWith("not in effect, as the configuration allows: " + CONSTRAINT);
    assertThat(condition(client).getStatus()).isFalse();
    assertThat(condition(client).getReason()).isEqualTo("Degraded");
    assertThat(condition(client).getMessage()).contains(container, CONSTRAINT);
    client.stop(container, 0);
    assertThat(plainStatus(client, container).getMessage()).contains(CONSTRAINT);
    assertThat(condition(client).getStatus()).isTrue();
  }
}
