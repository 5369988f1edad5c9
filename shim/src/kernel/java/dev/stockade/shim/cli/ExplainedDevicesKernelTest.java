package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.daemon.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a container has by a device it names is told with the device, its file and the field. */
final class ExplainedDevicesKernelTest {
  private static final String POD =
      """
      {"metadata": {"name": "pod", "namespace": "default", "uid": "uid"},
       "linux": {"security_context": {"namespace_options": {"network": "NODE", "pid": "CONTAINER"}}}}
      """;

  private static final String CONTAINER =
      """
      {"metadata": {"name": "one"},
       "image": {"image": "docker.io/library/busybox:local"},
       "command": ["true"],
       "mounts": [{"container_path": "/plain", "host_path": "@/data", "readonly": true}],
       "devices": [{"host_path": "/dev/full", "container_path": "/dev/asked", "permissions": "r"}],
       "CDI_devices": [{"name": "a.b/c=0"}],
       "annotations": {"cdi.k8s.io/more": "a.b/c=1"},
       "linux": {"security_context": {"supplemental_groups": [7],
         "namespace_options": {"network": "NODE", "pid": "CONTAINER"}}}}
      """;

  private static final String DEVICES =
      """
      {"cdiVersion": "0.7.0", "kind": "a.b/c",
       "containerEdits": {"env": ["OF_ALL=yes", "TWICE=first"]},
       "devices": [
         {"name": "0", "containerEdits": {
           "env": ["TWICE=last"],
           "additionalGids": [4321],
           "mounts": [{"hostPath": "@/data", "containerPath": "/of-cdi", "options": ["ro"]}],
           "deviceNodes": [{"path": "/dev/of-cdi", "hostPath": "/dev/full"}]}},
         {"name": "1", "containerEdits": {"env": ["ONE=1"]}}]}
      """;

  private Path directory;
  private Path specification;
  private CommandLineRun table;
  private JsonNode constraints;

  @BeforeEach
  void explain(@TempDir Path temporary) throws Exception {
    directory = temporary;
    Config config = Machine.config(directory, "[cdi]", "spec_dirs = [\"" + directory + "/cdi\"]");
    Files.createDirectory(directory.resolve("cdi"));
    Files.createDirectory(directory.resolve("data"));
    Machine.importBusybox(directory, config);
    specification = write("cdi/v.json", DEVICES);
    Files.setPosixFilePermissions(specification, PosixFilePermissions.fromString("rw-r--r--"));
    String pod = write("pod.json", POD).toString();
    String container = write("container.json", CONTAINER).toString();
    String settings = "--config=" + directory.resolve("config.toml");
    table = CommandLineRun.of(Map.of(), settings, "explain", pod, container);
    assertThat(table.exitCode()).as(table.out() + table.err()).isZero();
    String json = CommandLineRun.of(Map.of(), settings, "explain", "--json", pod, container).out();
    constraints = new ObjectMapper().readTree(json).at("/containers/0/constraints");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text.replace("@", directory.toString()));
  }

  private String origin(String constraint, String subject) {
    for (JsonNode row : constraints) {
      if (row.path("constraint").asText().equals(constraint)
          && row.path("subject").asText().equals(subject)) {
        return row.path("from").asText() + ": " + row.path("origin").asText();
      }
    }
    return "no row " + constraint + " " + subject + " in " + constraints;
  }

  private String of(String device) {
    return device + " of " + specification;
  }

  @Test
  void everyKindIsToldWithItsDevice() {
    String zero = of("a.b/c=0") + " (device 0), by CDI_devices[0].name";
    assertThat(origin("devices.node", "/dev/of-cdi")).isEqualTo("cdi: " + zero);
    assertThat(origin("mounts.mount", "/of-cdi")).isEqualTo("cdi: " + zero);
    assertThat(origin("mounts.source", "/of-cdi")).isEqualTo("cdi: " + zero);
    assertThat(origin("environment", "TWICE")).isEqualTo("cdi: " + zero);
    assertThat(origin("environment", "OF_ALL"))
        .isEqualTo("cdi: " + of("a.b/c=0") + ", by CDI_devices[0].name");
    assertThat(origin("environment", "ONE"))
        .isEqualTo("cdi: " + of("a.b/c=1") + " (device 1), by annotations[cdi.k8s.io/more]");
    assertThat(origin("user.groups", ""))
        .startsWith("field: linux.security_context.supplemental_groups")
        .endsWith("; cdi: 4321 by " + zero);
    assertThat(origin("cgroup.devices", ""))
        .isEqualTo("field: devices, and those of every container; cdi: " + zero);
  }

  @Test
  void whatTheRequestAsksForItselfIsToldAsBefore() {
    assertThat(origin("devices.node", "/dev/asked")).isEqualTo("field: devices[0]");
    assertThat(origin("mounts.mount", "/plain")).isEqualTo("field: mounts[0]");
    assertThat(origin("devices.node", "/dev/null")).isEqualTo("default: of every container");
  }

  @Test
  void peopleSeeTheSame() {
    assertThat(table.out())
        .containsPattern("environment +TWICE +last +cdi: a.b/c=0 of " + specification)
        .containsPattern("devices.node +/dev/of-cdi .*cdi: a.b/c=0 of " + specification)
        .containsPattern("mounts.source +/of-cdi .*cdi: a.b/c=0 of " + specification);
  }
}
