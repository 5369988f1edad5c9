package dev.stockade.shim.cli;

import dev.stockade.cri.v1.RuntimeHandler;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.shim.cli.manifest.NodeFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a manifest's translation has to know of the node, from the daemon and from the kernel. */
final class NodeReport {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Pattern TOTAL = Pattern.compile("(?m)^MemTotal: +(\\d{1,15}) kB$");

  private NodeReport() {}

  static NodeFacts ask(Daemon daemon) throws IOException {
    StatusRequest request = StatusRequest.getDefaultInstance();
    StatusResponse status =
        daemon.ask("ask for the node's features", () -> daemon.runtime().status(request));
    boolean recursiveReadOnly =
        status.getRuntimeHandlersList().stream()
            .map(RuntimeHandler::getFeatures)
            .anyMatch(features -> features.getRecursiveReadOnlyMounts());
    return new NodeFacts(memory(), recursiveReadOnly);
  }

  /** All memory of the node in bytes. */
  static long memory() throws IOException {
    return memory(Files.readString(MEMINFO));
  }

  /** All memory in bytes, proc_meminfo(5). */
  static long memory(String meminfo) {
    Matcher matcher = TOTAL.matcher(meminfo);
    if (!matcher.find()) {
      throw CommandFailure.of("no MemTotal in " + MEMINFO);
    }
    return Long.parseLong(matcher.group(1)) * 1024;
  }
}
