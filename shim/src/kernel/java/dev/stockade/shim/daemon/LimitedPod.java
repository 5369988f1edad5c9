package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.LinuxContainerResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * A pod whose containers have limits.
 *
 * @param scratch a directory that the daemon may read
 * @param cgroup the directory of the pod's cgroup
 */
public record LimitedPod(CriClient client, String pod, Path scratch, Path cgroup) {
  ContainerConfig.Builder container(String name, String script) {
    return client.container(name, "sh", "-c", script);
  }

  static LinuxContainerResources.Builder resources(ContainerConfig.Builder container) {
    return container.getLinuxBuilder().getResourcesBuilder();
  }

  String start(ContainerConfig.Builder container) {
    String id = client.create(pod, container);
    client.start(id);
    return id;
  }

  String log(String container) throws IOException {
    return Files.readString(Path.of(client.status(container).getLogPath()));
  }

  /** What the receipt has of the limits, after what was asked and what the kernel showed agree. */
  Map<String, String> limits(String container) throws IOException {
    JsonNode receipt = client.receipt(container);
    Map<String, String> limits = new TreeMap<>();
    for (JsonNode row : receipt.path("rows")) {
      if (row.path("constraint").asText().equals("cgroup.limit")) {
        assertThat(row.path("outcome").asText()).isEqualTo("ok");
        assertThat(row.path("kernel")).isEqualTo(row.path("asked"));
        limits.put(row.path("subject").asText(), row.path("kernel").asText());
      }
    }
    return limits;
  }

  /** A file of the container's cgroup, read beside Stockade. */
  public String file(String container, String name) throws IOException {
    return Files.readString(cgroup.resolve(container).resolve(name)).strip();
  }

  /** The receipt has these limits and no other, and the kernel has them. */
  public void requireLimits(String container, Map<String, String> limits) throws IOException {
    assertThat(limits(container)).isEqualTo(limits);
    for (Map.Entry<String, String> limit : limits.entrySet()) {
      assertThat(file(container, limit.getKey())).as(limit.getKey()).isEqualTo(limit.getValue());
    }
  }

  /** One number of a flat keyed file such as {@code cpu.stat}. */
  long counter(String container, String file, String name) throws IOException {
    return file(container, file)
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }
}
