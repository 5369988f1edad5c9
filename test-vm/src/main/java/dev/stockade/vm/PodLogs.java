package dev.stockade.vm;

import dev.stockade.shim.daemon.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Directories for logs where the kubelet has them, which a confined daemon may write. */
final class PodLogs {
  private static final Path ALL = Path.of("/var/log/pods");

  private PodLogs() {}

  /** A new one; labelled where there is SELinux. */
  static Path make(String prefix) throws IOException, InterruptedException {
    Path logs = Files.createTempDirectory(Files.createDirectories(ALL), prefix);
    if (Files.exists(Path.of("/sys/fs/selinux/enforce"))) {
      HostCommand.output("restorecon", "-R", ALL.toString());
    }
    return logs;
  }
}
