package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A seccomp profile of the node does what it says, in the words of either dialect. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class SeccompFileKernelTest {
  /** Making directories is for containers that may change owners, as the default ones may. */
  private static final String CONDITIONAL =
      """
      {"defaultAction": "SCMP_ACT_ALLOW", "comment": "of the Docker dialect", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errno": "EACCES",
         "excludes": {"caps": ["CAP_CHOWN"]}},
        {"names": ["symlink", "symlinkat"], "action": "SCMP_ACT_ERRNO",
         "includes": {"caps": ["CAP_CHOWN"], "minKernel": "4.8"}}]}
      """;

  private Path profile;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    profile = directory.resolve("profile.json");
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
    pod = client.run(client.pod("pod"));
  }

  @AfterAll
  void end() throws IOException {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  private String create(String name, String text, String... dropped) throws Exception {
    Files.writeString(profile, text);
    ContainerConfig.Builder asked = client.container(name, "sleep", "600");
    asked
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setSeccomp(
            SecurityProfile.newBuilder()
                .setProfileType(SecurityProfile.ProfileType.Localhost)
                .setLocalhostRef(profile.toString()))
        .getCapabilitiesBuilder()
        .addAllDropCapabilities(List.of(dropped));
    return client.create(pod, asked);
  }

  private String errors(String container, String... command) {
    ExecSyncResponse answer = client.exec(container, 20, command);
    return answer.getStderr().toStringUtf8();
  }

  @Test
  void aConditionalRuleIsForWhomItIsMeant() throws Exception {
    String with = create("with", CONDITIONAL);
    String without = create("without", CONDITIONAL, "CHOWN");
    client.start(with);
    client.start(without);
    assertThat(errors(with, "mkdir", "/made")).isEmpty();
    assertThat(errors(with, "ln", "-s", "x", "/tmp/link")).contains("Operation not permitted");
    assertThat(errors(without, "mkdir", "/made")).contains("Permission denied");
    assertThat(errors(without, "ln", "-s", "x", "/tmp/link")).isEmpty();
  }

  /** What was read at the creation is in effect, and its digest and dialect are shown. */
  @Test
  void theFileIsReadOnce() throws Exception {
    String container = create("kept", CONDITIONAL);
    Files.writeString(profile, "{\"defaultAction\": \"SCMP_ACT_KILL_PROCESS\"}");
    client.start(container);
    assertThat(errors(container, "mkdir", "/made")).isEmpty();
    JsonNode shown = CriClient.info(client.verbose(container).getInfoMap()).path("seccompProfile");
    assertThat(shown.path("digest").asText()).isEqualTo(digest(CONDITIONAL));
    assertThat(shown.path("kept").asBoolean()).isFalse();
    assertThat(shown.path("dialect").asText()).isEqualTo("docker");
    assertThat(shown.path("file").asText()).isEqualTo(profile.toString());
  }

  /** The kernel takes every flag; what it does with them it does not show. */
  @Test
  void flagsAreGivenToTheKernel() throws Exception {
    String flagged =
        """
        {"defaultAction": "SCMP_ACT_ALLOW",
         "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
         "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}
        """;
    String container = create("flags", flagged);
    assertThat(client.verbose(container).getInfoOrThrow("plan"))
        .containsPattern("SECCOMP .* flags=0x6");
    client.start(container);
    assertThat(errors(container, "mkdir", "/made")).contains("Operation not permitted");
  }

  /** As a status shows it. */
  static String digest(String text) throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    return "sha256:" + HexFormat.of().formatHex(digest);
  }
}
