package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.RuntimeCondition;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.ConfigLoader;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What may be missing here, and is, is refused, or told where an administrator looks where the
 * configuration says so.
 */
@Timeout(300)
class DegradationKernelTest {
  /** Users of the host that are nobody else's, whose keys are counted together. */
  private static final int ROOT_OF_KEYS = 1_000_000_000 + Linux.pid() % 1000 * 65_536;

  /** A key of the configuration, and a container that asks for what it lets be missing. */
  private enum Missing {
    OOM_SCORE("degradation", "oom_score_adj", "process.oom-score-adj", -900, "") {
      @Override
      void require(HostFacts facts) {
        Assumptions.assumeFalse(
            facts.effective().contains(Capability.SYS_RESOURCE),
            "this process has CAP_SYS_RESOURCE, so every OOM score can be set");
      }

      @Override
      ContainerConfig.Builder asked(CriClient client) {
        ContainerConfig.Builder asked = super.asked(client);
        asked.getLinuxBuilder().getResourcesBuilder().setOomScoreAdj(-900);
        return asked;
      }
    },
    LIMIT(
        "cgroup",
        "missing_controllers",
        "cgroup.limit memory_limit_in_bytes",
        64 << 20,
        "no controller") {
      @Override
      void require(HostFacts facts) {
        Assumptions.assumeFalse(
            facts.cgroupControllers().contains("memory"),
            "cgroup2 has the memory controller here, so every limit can be set");
      }

      @Override
      ContainerConfig.Builder asked(CriClient client) {
        ContainerConfig.Builder asked = super.asked(client);
        asked.getLinuxBuilder().getResourcesBuilder().setMemoryLimitInBytes(64 << 20);
        return asked;
      }
    },
    KEYRING("degradation", "session_keyring", "process.keyring", "own", "inherited") {
      @Override
      void require(HostFacts facts) {
        Assumptions.assumeTrue(
            facts.idmapObstacle().isEmpty(),
            "the quota of root is the node's: " + facts.idmapObstacle().orElse(""));
      }

      /** Another container of the pod has all the keys that their user may have. */
      @Override
      String pod(CriClient client) throws Exception {
        String pod = client.run(client.pod("keys", ProbeNode.userNamespace(ROOT_OF_KEYS)));
        Mount.Builder program =
            Mount.newBuilder()
                .setHostPath(Machine.attacker().toString())
                .setContainerPath("/attacker")
                .setReadonly(true);
        String taker =
            client.create(pod, client.container("taker", "/attacker", "keys").addMounts(program));
        client.start(taker);
        Path log = Path.of(client.status(taker).getLogPath());
        Wait.until("all keys to be taken", () -> Files.readString(log).contains("keys EDQUOT"));
        return pod;
      }
    };

    private final String table;
    private final String key;
    private final String constraint;
    private final String told;

    Missing(String table, String key, String constraint, Object asked, String kernel) {
      this.table = table;
      this.key = key;
      this.constraint = constraint;
      this.told = constraint + " (asked for " + asked + ", the kernel shows " + kernel;
    }

    /** Skips where it is not missing. */
    abstract void require(HostFacts facts);

    String pod(CriClient client) throws Exception {
      return client.run(client.pod("less"));
    }

    ContainerConfig.Builder asked(CriClient client) {
      return client.container("main", "sh", "-c", "sleep 60");
    }
  }

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

  @FunctionalInterface
  private interface Work {
    void with(CriClient client) throws Exception;
  }

  @SuppressWarnings("try") // The daemon serves until it is closed.
  private static void serve(Path directory, Config config, Work work) throws Exception {
    try (Daemon daemon = Daemon.start(config, Machine.warden(), "test");
        CriClient client = new CriClient(config.socket(), directory.resolve("logs"))) {
      try {
        work.with(client);
      } finally {
        client.removeEverything();
      }
    }
    assertThat(Machine.leftovers(config)).isEmpty();
  }

  private static Config reporting(Path directory, Missing missing) throws Exception {
    Path file = directory.resolve("config.toml");
    Path more = Files.createDirectory(directory.resolve("config.toml.d")).resolve("report.toml");
    Files.writeString(more, "[" + missing.table + "]\n" + missing.key + " = \"report\"\n");
    Files.setPosixFilePermissions(more, PosixFilePermissions.fromString("rw-------"));
    return ConfigLoader.load(Optional.of(file), List.of());
  }

  @ParameterizedTest
  @EnumSource
  void aMissingConstraintShowsInTheStatusOfContainerAndNode(
      Missing missing, @TempDir Path directory) throws Exception {
    Config config = Machine.config(directory);
    HostFacts facts = HostProbe.probe(Cgroup2.find());
    missing.require(facts);
    Assumptions.assumeTrue(facts.tracing().possible(), facts.tracing().obstacle());
    Machine.importBusybox(directory, config);
    serve(directory, config, client -> refuse(client, missing));
    serve(directory, reporting(directory, missing), client -> degrade(client, missing));
  }

  private static void refuse(CriClient client, Missing missing) throws Exception {
    String pod = missing.pod(client);
    ContainerConfig.Builder asked = missing.asked(client);
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> client.start(client.create(pod, asked)));
    assertThat(refused)
        .isNotNull()
        .hasMessageContaining(missing.table + "." + missing.key + " = \"report\"");
    assertThat(condition(client).getStatus()).isTrue();
  }

  private static void degrade(CriClient client, Missing missing) throws Exception {
    assertThat(condition(client).getStatus()).isTrue();
    String container = client.create(missing.pod(client), missing.asked(client));
    client.start(container);
    assertThat(plainStatus(client, container).getMessage())
        .startsWith("not in effect, as the configuration allows: " + missing.told);
    assertThat(degraded(client.receipt(container))).isEqualTo(missing.constraint);
    assertThat(condition(client).getStatus()).isFalse();
    assertThat(condition(client).getReason()).isEqualTo("Degraded");
    assertThat(condition(client).getMessage()).contains(container, missing.told);
    client.stop(container, 0);
    assertThat(plainStatus(client, container).getMessage()).contains(missing.told);
    assertThat(condition(client).getStatus()).isTrue();
  }

  /** The rows of a verbose status that say so. */
  private static String degraded(JsonNode receipt) {
    StringBuilder all = new StringBuilder();
    for (JsonNode row : receipt.path("rows")) {
      if (row.path("outcome").asText().equals("DEGRADED")) {
        all.append(row.path("constraint").asText() + " " + row.path("subject").asText());
      }
    }
    return all.toString().strip();
  }
}
