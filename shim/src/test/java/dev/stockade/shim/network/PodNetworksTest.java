package dev.stockade.shim.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plugins are shell scripts here that write down how they were called. */
class PodNetworksTest {
  private static final PodIdentity POD =
      new PodIdentity(
          "ab".repeat(32),
          "default",
          "web",
          "uid-1",
          List.of(new PodIdentity.PortMapping("tcp", 80, 8080, "127.0.0.1")));

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private static final String CHAIN =
      """
      {"cniVersion": "1.0.0", "name": "net", "plugins": [
        {"type": "first", "bridge": "b0"},
        {"type": "second", "capabilities": {"portMappings": true}}]}
      """;

  @TempDir Path directory;

  private Path conf = Path.of("");
  private Path bin = Path.of("");
  private Path netns = Path.of("");

  @BeforeEach
  void makeDirectories() throws IOException {
    conf = Files.createDirectory(directory.resolve("net.d"));
    bin = Files.createDirectory(directory.resolve("bin"));
    netns = Files.createFile(directory.resolve("netns"));
  }

  private PodNetworks networks() {
    return new PodNetworks(
        conf, List.of(directory.resolve("none"), bin), TIMEOUT, new ScriptRunner());
  }

  private void plugin(String name, String body) throws IOException {
    String script =
        "#!/bin/sh\necho \"$CNI_COMMAND %s\" >> %s/calls\ncat > %s/%s.$CNI_COMMAND\nenv > %s/%s.env\n%s\n"
            .formatted(name, directory, directory, name, directory, name, body);
    Path file = Files.writeString(bin.resolve(name), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void soundChain() throws IOException {
    Files.writeString(conf.resolve("10-net.conflist"), CHAIN);
    Files.writeString(conf.resolve("20-other.conflist"), "not json");
    plugin("first", "[ $CNI_COMMAND = ADD ] && echo '{\"cniVersion\":\"1.0.0\",\"ips\":[]}'; true");
    plugin(
        "second",
        "[ $CNI_COMMAND = ADD ] && echo '{\"cniVersion\":\"1.0.0\",\"ips\":"
            + "[{\"address\":\"10.8.0.2/24\"},{\"address\":\"fd00::2/64\"}]}'; true");
  }

  private JsonNode input(String name) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(directory.resolve(name)));
  }

  @Test
  void addsInOrderWithThePreviousResult() throws Exception {
    soundChain();
    PodNetworks networks = networks();
    assertThat(networks.obstacle()).isEmpty();
    Attachment attachment = networks.connect(networks.plan(POD), netns);
    assertThat(attachment.addresses()).containsExactly("10.8.0.2", "fd00::2");
    assertThat(directory.resolve("calls")).hasContent("ADD first\nADD second");
    assertThat(input("first.ADD").has("prevResult")).isFalse();
    assertThat(input("first.ADD").path("name").asText()).isEqualTo("net");
    assertThat(input("first.ADD").has("runtimeConfig")).isFalse();
    assertThat(input("second.ADD").path("prevResult").has("ips")).isTrue();
    assertThat(input("second.ADD").path("runtimeConfig").path("portMappings").toString())
        .isEqualTo(
            "[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\",\"hostIP\":\"127.0.0.1\"}]");
    assertThat(Files.readString(directory.resolve("first.env")))
        .contains("CNI_NETNS=" + netns, "CNI_IFNAME=eth0", "CNI_CONTAINERID=" + POD.id())
        .contains("K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;")
        .doesNotContain("HOME=");
  }

  @Test
  void deletesInReverseWithTheConfigurationOfThen() throws Exception {
    soundChain();
    PodNetworks networks = networks();
    Attachment attachment = networks.connect(networks.plan(POD), netns);
    Files.delete(conf.resolve("10-net.conflist"));
    networks.check(attachment, netns);
    networks.disconnect(attachment, netns);
    networks.disconnect(attachment, directory.resolve("gone"));
    assertThat(Files.readAllLines(directory.resolve("calls")))
        .containsExactly(
            "ADD first",
            "ADD second",
            "CHECK first",
            "CHECK second",
            "DEL second",
            "DEL first",
            "DEL second",
            "DEL first");
    assertThat(input("first.DEL").path("prevResult").path("ips")).hasSize(2);
    assertThat(Files.readString(directory.resolve("first.env"))).contains("CNI_NETNS=\n");
  }

  @Test
  void aFailedChainIsTakenDown() throws Exception {
    soundChain();
    plugin(
        "second",
        "[ $CNI_COMMAND = ADD ] || exit 0; printf '%s' '{\"code\":11,\"msg\":\"no\\naddress left\"}'; exit 1");
    PodNetworks networks = networks();
    Attachment planned = networks.plan(POD);
    assertThatExceptionOfType(NetworkException.class)
        .isThrownBy(() -> networks.connect(planned, netns))
        .withMessageContaining("plugin second in network net failed: no address left");
    assertThat(Files.readAllLines(directory.resolve("calls")))
        .containsExactly("ADD first", "ADD second", "DEL second", "DEL first");
  }

  @Test
  void aPluginThatPrintsNonsenseFails() throws Exception {
    soundChain();
    plugin("second", "[ $CNI_COMMAND = ADD ] && echo hello; true");
    PodNetworks networks = networks();
    Attachment planned = networks.plan(POD);
    assertThatExceptionOfType(NetworkException.class)
        .isThrownBy(() -> networks.connect(planned, netns))
        .withMessageContaining("printed no JSON");
  }

  @Test
  void anAddressMustBeOne() throws Exception {
    soundChain();
    plugin(
        "second",
        "[ $CNI_COMMAND = ADD ] && printf '%s' '{\"ips\":[{\"address\":\"evil\\nhost/24\"}]}'; true");
    PodNetworks networks = networks();
    Attachment planned = networks.plan(POD);
    assertThatExceptionOfType(NetworkException.class)
        .isThrownBy(() -> networks.connect(planned, netns))
        .withMessageContaining("an address that is none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"plugins\":[{\"type\":\"../../bin/sh\"}]}",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"../n\",\"plugins\":[{\"type\":\"first\"}]}",
        "{\"cniVersion\":\"0.1.0\",\"name\":\"n\",\"plugins\":[{\"type\":\"first\"}]}",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"plugins\":[]}",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"plugins\":[7]}",
        "{\"cniVersion\":\"1.0.0\",\"name\":\"n\",\"plugins\":[{\"type\":\"missing\"}]}",
        "[]",
        "{",
        ""
      })
  void unsoundConfigurationsAreObstacles(String json) throws IOException {
    Files.writeString(conf.resolve("10-net.conflist"), json);
    assertThat(networks().obstacle()).isPresent();
  }

  @Test
  void aSingleConfigurationIsAChainOfOne() throws Exception {
    Files.writeString(
        conf.resolve("10-net.conf"),
        "{\"cniVersion\":\"0.3.1\",\"name\":\"net\",\"type\":\"first\",\"bridge\":\"b0\"}");
    plugin(
        "first",
        "[ $CNI_COMMAND = ADD ] && echo '{\"ips\":[{\"address\":\"10.8.0.3/24\"}]}'; true");
    PodNetworks networks = networks();
    PodIdentity pod = new PodIdentity(POD.id(), "default", "web", "uid-1", List.of());
    Attachment attachment = networks.connect(networks.plan(pod), netns);
    networks.check(attachment, netns);
    networks.disconnect(attachment, netns);
    assertThat(attachment.addresses()).containsExactly("10.8.0.3");
    assertThat(Files.readAllLines(directory.resolve("calls")))
        .as("0.3.1 has no CHECK")
        .containsExactly("ADD first", "DEL first");
    assertThat(input("first.DEL").has("prevResult")).isFalse();
  }

  @Test
  void saysWhatIsMissing() {
    assertThat(networks().obstacle()).get().asString().contains("no network configuration in");
    assertThat(
            new PodNetworks(directory.resolve("no"), List.of(), TIMEOUT, new ScriptRunner())
                .obstacle())
        .get()
        .asString()
        .contains("no network configuration in");
  }

  @Test
  void namesCannotAddArguments() throws IOException {
    soundChain();
    PodIdentity hostile =
        new PodIdentity(POD.id(), "default", "web;K8S_POD_NAME=other", "u", List.of());
    assertThatExceptionOfType(NetworkException.class)
        .isThrownBy(() -> networks().plan(hostile))
        .withMessageContaining("rename the pod");
  }
}
