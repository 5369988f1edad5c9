package dev.stockade.launcher.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OciJsonTest {
  private static final OciSpec SPEC =
      new OciSpec(
          "1.2.1",
          new OciProcess(
              false,
              null,
              new OciUser(1000, 1000, 0022, List.of(2000L)),
              List.of("/bin/true"),
              List.of("TOKEN=hunter2"),
              "/",
              new OciCapabilities(List.of("CAP_KILL"), List.of(), List.of(), List.of(), List.of()),
              List.of(new OciRlimit("RLIMIT_CORE", -1, 0)),
              true,
              "",
              "",
              -5),
          new OciRoot("rootfs", true),
          "host",
          "",
          List.of(new OciMount("/proc", "proc", "proc", List.of("ro"), List.of(), List.of())),
          Map.of(),
          null,
          null);

  @Test
  void comesBackAsItWas() {
    byte[] json = OciJson.write(SPEC);
    assertThat(OciJson.read(json)).isEqualTo(SPEC);
    assertThat(new String(json, UTF_8))
        .contains("18446744073709551615")
        .contains("noNewPrivileges");
  }

  @Test
  void showsNoEnvironmentValues() {
    assertThat(SPEC.toString()).doesNotContain("hunter2");
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    refuses(
        "{\"process\": {\"terminal\": false, \"noNewPrivileges\": true, \"user\": {\"uid\": 0, \"gid\": 0}, \"landlock\": {}}}",
        "process.landlock is no field");
    refuses("{\"linux\": {\"intelRdt\": {}}}", "linux.intelRdt is no field");
  }

  @Test
  void refusesOtherTypesWithoutQuotingThem() {
    refuses("{\"process\": {\"user\": {\"uid\": \"hunter2\", \"gid\": 0}}}", "process.user.uid");
    refuses("{\"process\": {\"user\": {\"uid\": 0.5, \"gid\": 0}}}", "process.user.uid");
    refuses(
        "{\"process\": {\"user\": {\"uid\": 0, \"gid\": 0}, \"env\": [{\"hunter2\": 1}]}}",
        "process.env[0]");
    refuses("{\"process\": {\"args\": [\"hunter2\"]}}", "process");
    refuses("{\"hostname\": \"a\", \"hostname\": \"b\"}", "JSON");
    refuses("{} hunter2", "");
    refuses("hunter2", "JSON");
  }

  private static void refuses(String json, String part) {
    assertThatThrownBy(() -> OciJson.read(json.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not an OCI spec")
        .hasMessageContaining(part)
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void refusesWhatIsTooLarge() {
    assertThatThrownBy(() -> OciJson.read(new byte[OciJson.MAX_BYTES + 1]))
        .hasMessageContaining("over");
  }
}
