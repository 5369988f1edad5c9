package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ContainerStatusResponse;
import java.nio.file.Path;

/** One container as the daemon shows it. */
record ContainerView(Daemon daemon, String id) {

  /** The container now. */
  ContainerStatus status() {
    return status(false).getStatus();
  }

  /** The container now; {@code verbose} with the spec, plan and receipt. */
  ContainerStatusResponse status(boolean verbose) {
    ContainerStatusRequest request =
        ContainerStatusRequest.newBuilder().setContainerId(id).setVerbose(verbose).build();
    return daemon.ask("show container " + id, () -> daemon.runtime().containerStatus(request));
  }

  /** The container's log file on this machine. */
  Path logPath() {
    String path = status().getLogPath();
    if (path.isEmpty()) {
      throw CommandFailure.of("container " + id + " keeps no log");
    }
    return Path.of(path);
  }
}
