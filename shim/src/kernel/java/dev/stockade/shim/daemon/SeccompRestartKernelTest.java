package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.image.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A container that is made again in its pod has the seccomp profile that it had, to the byte. */
@Timeout(120)
final class SeccompRestartKernelTest {
  private static final String FIRST =
      """
      {"defaultAction": "SCMP_ACT_ALLOW",
       "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}
      """;

  private static final String SECOND = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}";

  private Path directory;
  private Path profile;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private String pod;
  private @Nullable SmallDisk disk;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    profile = directory.resolve("profile.json");
    config = Machine.config(directory);
    Machine.importBusybox(directory, config);
    open();
    pod = client.run(client.pod("pod"));
  }

  private void open() throws Exception {
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  private void leave() {
    client.close();
    daemon.close();
  }

  @AfterEach
  void end() throws IOException {
    if (client != null) {
      client.removeEverything();
      leave();
      assertThat(Machine.leftovers(config)).isEmpty();
      assertThat(config.root().resolve("pods")).isEmptyDirectory();
    }
    if (disk != null) {
      disk.close();
    }
  }

  private String start(String in, String name, int attempt, Path file) {
    ContainerConfig.Builder asked = client.container(name, "sleep", "600");
    asked.getMetadataBuilder().setAttempt(attempt);
    asked
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getSeccompBuilder()
        .setProfileType(SecurityProfile.ProfileType.Localhost)
        .setLocalhostRef(file.toString());
    String id = client.create(in, asked);
    client.start(id);
    return id;
  }

  /** It has these bytes by its status, and does what they say. */
  private void has(String id, String text, boolean kept) throws Exception {
    JsonNode shown = CriClient.info(client.verbose(id).getInfoMap()).path("seccompProfile");
    assertThat(shown.path("digest").asText()).isEqualTo(SeccompFileKernelTest.digest(text));
    assertThat(shown.path("kept").asBoolean()).isEqualTo(kept);
    String said = client.exec(id, 20, "mkdir", "/made").getStderr().toStringUtf8();
    if (text.equals(FIRST)) {
      assertThat(said).contains("Operation not permitted");
    } else {
      assertThat(said).isEmpty();
    }
  }

  private String program(String id) throws Exception {
    for (JsonNode row : client.receipt(id).path("rows")) {
      if (row.path("constraint").asText().equals("seccomp.program")) {
        return row.path("kernel").asText();
      }
    }
    throw new AssertionError("no row seccomp.program");
  }

  @Test
  void itHasTheBytesItHadWhateverBecameOfFileContainerAndDaemon() throws Exception {
    Files.writeString(profile, FIRST);
    String first = start(pod, "main", 0, profile);
    has(first, FIRST, false);
    final String program = program(first);
    Files.writeString(profile, SECOND);
    String second = start(pod, "main", 1, profile);
    has(second, FIRST, true);
    client.remove(first);
    client.remove(second);
    has(start(pod, "main", 2, profile), FIRST, true);
    leave();
    open();
    Files.delete(profile);
    String fourth = start(pod, "main", 3, profile);
    has(fourth, FIRST, true);
    assertThat(program(fourth)).isEqualTo(program);
  }

  @Test
  void anotherPathContainerOrPodHasAProfileOfItsOwn() throws Exception {
    Path other = directory.resolve("other.json");
    Files.writeString(profile, FIRST);
    Files.writeString(other, SECOND);
    has(start(pod, "main", 0, profile), FIRST, false);
    has(start(pod, "main", 1, other), SECOND, false);
    has(start(pod, "main", 2, profile), FIRST, true);
    Files.writeString(profile, SECOND);
    has(start(pod, "beside", 0, profile), SECOND, false);
    String neighbour = client.run(client.pod("neighbour"));
    has(start(neighbour, "main", 0, profile), SECOND, false);
  }

  /**
   * There is room for the container's directories and none for its record, by when the profile is
   * kept: as where the daemon is killed in between. Whoever asks again gets the bytes of then.
   */
  @Test
  void aContainerThatWasNotMadeAfterAllHasItsProfileAllTheSame() throws Exception {
    leave();
    SmallDisk small = SmallDisk.tmpfs(config.root().resolve("containers"), "mode=0700,size=1m");
    disk = small;
    open();
    Files.writeString(profile, FIRST);
    small.fillBlocks();
    assertThatThrownBy(() -> start(pod, "main", 0, profile))
        .hasMessageContaining("RESOURCE_EXHAUSTED");
    small.empty();
    assertThat(config.root().resolve("containers")).isEmptyDirectory();
    Files.writeString(profile, SECOND);
    leave();
    open();
    has(start(pod, "main", 0, profile), FIRST, true);
    has(start(pod, "beside", 0, profile), SECOND, false);
  }

  /** A profile that is refused is not kept, so correcting it helps. */
  @Test
  void aProfileThatWasRefusedCanBeCorrected() throws Exception {
    Files.writeString(profile, "{\"defaultAction\": \"SCMP_ACT_KILL_PROCESS\"}");
    assertThatThrownBy(() -> start(pod, "main", 0, profile)).hasMessageContaining("seccomp");
    Files.writeString(profile, FIRST);
    has(start(pod, "main", 0, profile), FIRST, false);
  }

  @Test
  void whatIsLostOfItIsToldAsThat() throws Exception {
    Files.writeString(profile, FIRST);
    client.remove(start(pod, "main", 0, profile));
    Path kept = config.root().resolve("pods").resolve(pod).resolve("seccomp");
    Files.delete(kept.resolve(SeccompFileKernelTest.digest(FIRST).replace("sha256:", "")));
    assertThatThrownBy(() -> start(pod, "main", 1, profile))
        .hasMessageContaining("is damaged; run the pod anew")
        .hasMessageNotContaining("is not a file");
  }

  /** Bytes that two containers have are there once. */
  @Test
  void whatIsKeptGoesWithThePod() throws Exception {
    Path kept = config.root().resolve("pods").resolve(pod).resolve("seccomp");
    assertThat(kept).doesNotExist();
    Files.writeString(profile, FIRST);
    client.remove(start(pod, "main", 0, profile));
    client.remove(start(pod, "beside", 0, profile));
    String digest = SeccompFileKernelTest.digest(FIRST).replace("sha256:", "");
    assertThat(kept.resolve(digest)).hasContent(FIRST);
    assertThat(kept.toFile().list()).hasSize(3);
    client.stopPod(pod);
    assertThat(kept.resolve(digest)).hasContent(FIRST);
    client.removePod(pod);
    assertThat(kept.getParent()).doesNotExist();
  }
}
