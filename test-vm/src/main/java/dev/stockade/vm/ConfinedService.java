package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SELinuxOption;
import dev.stockade.cri.v1.StatusRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The installed service in its SELinux domain, which is enforced. */
final class ConfinedService extends InstalledService {
  /** Whether the policy lets the daemon trace what it starts. */
  static final String TRACING = "stockade_trace_containers";

  static final String DOMAIN = "system_u:system_r:stockade_t:s0";
  private static final Path DROP_IN = Path.of("/etc/stockade/config.toml.d/selinux-test.toml");

  private ConfinedService(Path logs) {
    super(logs);
  }

  static ConfinedService start(Path directory) throws Exception {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/sys/fs/selinux/enforce")),
        "needs SELinux in the kernel, with security=selinux selinux=1 on its command line");
    assertThat(Path.of("/sys/fs/selinux/enforce")).hasContent("1");
    ensure(directory);
    return new ConfinedService(PodLogs.make("selinux-test"));
  }

  /** Restarts it with more lines of configuration. */
  void restart(String... lines) throws Exception {
    Files.createDirectories(DROP_IN.getParent());
    Files.writeString(DROP_IN, String.join("\n", lines) + "\n");
    UNIT.order("restart");
    reconnect();
  }

  static String context(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/attr/current")).replace("\0", "").strip();
  }

  /** Why a call was refused for what it asks, or for what the node is. */
  static String refusal(Runnable call) {
    StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
    assertThat(refused).isNotNull();
    assertThat(refused.getStatus().getCode())
        .isIn(Status.Code.FAILED_PRECONDITION, Status.Code.INVALID_ARGUMENT);
    return String.valueOf(refused.getMessage());
  }

  static SELinuxOption.Builder options(ContainerConfig.Builder container) {
    return GuestDaemon.security(container).getSelinuxOptionsBuilder();
  }

  /** What the node says of itself. */
  String conditions() {
    return client()
        .runtime()
        .status(StatusRequest.getDefaultInstance())
        .getStatus()
        .getConditionsList()
        .toString();
  }

  /** The daemon itself ends as well if it is not as installed, which the next one is. */
  @Override
  void end() throws Exception {
    super.end();
    if (Files.deleteIfExists(DROP_IN)) {
      UNIT.order("stop");
    }
  }
}
