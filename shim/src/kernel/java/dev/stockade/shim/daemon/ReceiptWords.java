package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Receipts of the containers of one pod in words that are the same for all: what has a number or
 * name of its own is told by what it is.
 */
final class ReceiptWords {
  static final String OWN = "own";
  static final String OF_THE_POD = "the pod's";
  static final String OF_THE_HOST = "the host's";
  static final String RUN = "RUN";
  static final String LAYER = "STATE/containers/CONTAINER/upper";
  static final String POD_FILES = "RUN/pods/POD";
  static final String CGROUP = "PARENT/POD/CONTAINER";

  private static final Map<String, String> FILES =
      Map.of(
          "mount", "mnt", "pid", "pid", "network", "net", "ipc", "ipc", "uts", "uts", "user",
          "user", "cgroup", "cgroup", "time", "time");
  private static final String NAMESPACES = "namespaces.";

  private final Config config;
  private final String pod;
  private final Set<String> host = new HashSet<>();
  private final Set<String> ofThePod = new HashSet<>();

  ReceiptWords(HostileNode node, String pod) throws IOException {
    this.config = node.config;
    this.pod = pod;
    for (String file : FILES.values()) {
      host.add(inode(Path.of("/proc/self/ns", file)));
    }
    // It has its own, which is the daemon's as well.
    host.add(inode(Path.of("/proc/" + node.serve() + "/ns/mnt")));
    Map<String, String> told =
        node.client
            .runtime()
            .podSandboxStatus(
                PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod).setVerbose(true).build())
            .getInfoMap();
    for (Map.Entry<String, String> receipt : told.entrySet()) {
      if (receipt.getKey().startsWith("receipt.")) {
        of(new ObjectMapper().readTree(receipt.getValue()))
            .forEach((row, value) -> note(row, value));
      }
    }
    assertThat(ofThePod).as("namespaces of a pod: %s", told).isNotEmpty();
  }

  private void note(String row, String inode) {
    if (row.startsWith(NAMESPACES) && !host.contains(inode)) {
      ofThePod.add(inode);
    }
  }

  private static String inode(Path file) throws IOException {
    return Files.readSymbolicLink(file).toString().replaceAll("[^0-9]", "");
  }

  static String key(String constraint, String subject) {
    return (constraint + " " + subject).strip();
  }

  private static Map<String, String> of(JsonNode receipt) {
    Map<String, String> rows = new TreeMap<>();
    for (JsonNode row : receipt.required("rows")) {
      String key = key(row.required("constraint").textValue(), row.required("subject").textValue());
      assertThat(rows.put(key, row.required("kernel").textValue())).as("%s twice", key).isNull();
    }
    return rows;
  }

  /** What the kernel showed, by constraint and subject. */
  Map<String, String> of(JsonNode receipt, String container) {
    Map<String, String> rows = of(receipt);
    rows.replaceAll(
        (row, value) -> row.startsWith(NAMESPACES) ? whose(value) : named(value, container));
    return rows;
  }

  private String whose(String inode) {
    return host.contains(inode) ? OF_THE_HOST : ofThePod.contains(inode) ? OF_THE_POD : OWN;
  }

  private String named(String value, String container) {
    return value
        .replace(container, "CONTAINER")
        .replace(pod, "POD")
        .replace(config.root().toString(), "STATE")
        .replace(config.runDir().toString(), RUN)
        .replace(config.cgroup().parent(), "PARENT");
  }
}
