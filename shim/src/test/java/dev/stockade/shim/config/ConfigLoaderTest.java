package dev.stockade.shim.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.shim.journal.LogFormat;
import dev.stockade.shim.journal.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ConfigLoaderTest {
  @TempDir private Path directory = Path.of("unset");

  private Path file() {
    return directory.resolve("config.toml");
  }

  private Config load(String text, FlagValue... flags) throws IOException, ConfigException {
    Files.writeString(file(), text);
    return ConfigLoader.load(file(), true, List.of(flags));
  }

  private List<String> problems(String text, FlagValue... flags) throws IOException {
    Files.writeString(file(), text);
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class, () -> ConfigLoader.load(file(), true, List.of(flags)));
    assertThat(refused).as("problems of: %s", text).isNotNull();
    return refused.problems().stream().map(p -> p.toString().replace(directory + "/", "")).toList();
  }

  private void dropIn(String name, String text) throws IOException {
    Path place = Files.createDirectories(directory.resolve("config.toml.d"));
    Files.writeString(place.resolve(name), text);
  }

  @Test
  void everyKindOfValueIsRead() throws Exception {
    Config config =
        load(
            """
            root = "/data"
            [cgroup]
            missing_controllers = "report"
            [capabilities]
            defaults = ["CHOWN", "cap_net_raw"]
            [selinux]
            categories = 3
            [privileged]
            host_devices = false
            selinux_type = "site_super_t"
            [network]
            cni_bin_dirs = [ "/a", # first
              "/b" ]
            cni_timeout = "1500ms"
            [limits]
            message_bytes = "2MiB"
            layer_entries = 4711
            document_bytes = 65536
            """);
    assertThat(config.root()).isEqualTo(Path.of("/data"));
    assertThat(config.runDir()).isEqualTo(Config.DEFAULT.runDir());
    assertThat(config.cgroup().missingControllers()).isEqualTo(Response.REPORT);
    assertThat(config.capabilities().defaults())
        .isEqualTo(CapabilitySet.of(Capability.CHOWN, Capability.NET_RAW));
    assertThat(config.privileged().hostDevices()).isFalse();
    assertThat(config.privileged().selinuxType()).contains("site_super_t");
    assertThat(Config.DEFAULT.privileged().selinuxType()).isEmpty();
    assertThat(config.selinux().categories()).isEqualTo(3);
    assertThat(Config.DEFAULT.selinux().categories()).isEqualTo(1024);
    assertThat(config.network().cniBinDirs()).containsExactly(Path.of("/a"), Path.of("/b"));
    assertThat(config.network().cniTimeout()).isEqualTo(Duration.ofMillis(1500));
    assertThat(config.limits().messageBytes()).isEqualTo(2 << 20);
    assertThat(config.limits().image().layerEntries()).isEqualTo(4711);
    assertThat(config.limits().image().documentBytes()).isEqualTo(65536);
  }

  @Test
  void dropInsWinInTheOrderOfTheirNamesAndFlagsWinOverThem() throws Exception {
    dropIn("20-b.toml", "[log]\nlevel = \"error\"\n");
    dropIn("10-a.toml", "[log]\nlevel = \"debug\"\nformat = \"json\"\n");
    dropIn("30-ignored.conf", "nonsense");
    Config config = load("root = \"/data\"\n[log]\nlevel = \"warning\"\n");
    assertThat(config.root()).isEqualTo(Path.of("/data"));
    assertThat(config.log()).isEqualTo(new LogConfig(Severity.ERROR, LogFormat.JSON));
    Config flagged =
        load(
            "",
            new FlagValue("--set", "log.level", "info"),
            new FlagValue("--root", "root", "/flag"),
            new FlagValue("--set", "limits.layer_entries", "500"),
            new FlagValue("--set", "limits.message_bytes", "1MiB"),
            new FlagValue("--set", "privileged.host_devices", "false"),
            new FlagValue("--set", "capabilities.defaults", "CHOWN, KILL"));
    assertThat(flagged.log().level()).isEqualTo(Severity.INFO);
    assertThat(flagged.root()).isEqualTo(Path.of("/flag"));
    assertThat(flagged.limits().image().layerEntries()).isEqualTo(500);
    assertThat(flagged.limits().messageBytes()).isEqualTo(1 << 20);
    assertThat(flagged.privileged().hostDevices()).isFalse();
    assertThat(flagged.capabilities().defaults())
        .isEqualTo(CapabilitySet.of(Capability.CHOWN, Capability.KILL));
  }

  @Test
  void allProblemsAreToldAtOnceWithFileAndLine() throws Exception {
    dropIn("10.toml", "# comment\n\n[seccomp]\nunset_profile = \"none\"\n");
    assertThat(
            problems(
                """
                rot = "/x"
                socket = 5

                [cgroup]
                driver = "systemd"
                text = '''
                [not.a.table]
                key = 1
                '''
                [log]
                levl = "info"
                [limits]
                layer_entries = 5
                image_bytes = "10MB"
                """,
                new FlagValue("--run-dir", "run_dir", "relative")))
        .containsExactlyInAnyOrder(
            "config.toml:1: rot is not a key of the configuration; did you mean root?",
            "config.toml:2: socket is not text in quotes",
            "config.toml:5: cgroup.driver is \"systemd\", not one of cgroupfs",
            "config.toml:6: cgroup.text is not a key of the configuration",
            "config.toml:11: log.levl is not a key of the configuration; did you mean log.level?",
            "config.toml:13: limits.layer_entries is not between 100 and 10000000",
            "config.toml:14: limits.image_bytes is not a number of bytes such as 65536 or"
                + " \"64KiB\", \"16MiB\", \"2GiB\"",
            "config.toml.d/10.toml:4: seccomp.unset_profile is \"none\", not one of unconfined,"
                + " runtime-default",
            "--run-dir: run_dir is \"relative\", not an absolute path");
  }

  static Stream<Arguments> wrong() {
    return Stream.of(
        Arguments.of("root = \"/a/../b\"", "with . or .."),
        Arguments.of("root = \"/\"", "the root itself"),
        Arguments.of("root = \"/a\\u0000b\"", "not an absolute path"),
        Arguments.of("root = \"/" + "a".repeat(150) + "\"", "longer than 150"),
        Arguments.of("root = \"/run/stockade/data\"", "within each other"),
        Arguments.of("run_dir = \"/var/lib/stockade\"", "within each other"),
        Arguments.of("socket = \"/" + "s".repeat(107) + "\"", "longer than 107"),
        Arguments.of("[cgroup]\nparent = \"stockade\"", "not a path"),
        Arguments.of("[cgroup]\nparent = \"/a/../b\"", "not a path"),
        Arguments.of("[cgroup]\nparent = \"/a b\"", "not a path"),
        Arguments.of("cgroup = 5", "cgroup is a table"),
        Arguments.of("[cgroup.driver]\nx = 1", "cgroup.driver.x is not a key"),
        Arguments.of("[nonsense]", "nonsense is not a key"),
        Arguments.of("[[log]]\nlevel = \"info\"", "log is a table"),
        Arguments.of("level = \"info\"", "did you mean log.level?"),
        Arguments.of("\"log.level\" = \"info\"", "not a key"),
        Arguments.of("[launch]\ntimeout = \"0s\"", "not between 1s and 10m"),
        Arguments.of("[launch]\ntimeout = 60", "not text"),
        Arguments.of("[launch]\ntimeout = \"1 h\"", "not a time"),
        Arguments.of("[launch]\ntimeout = \"99999999999h\"", "not a time"),
        Arguments.of("[launch]\nwarden = \"warden\"", "not an absolute path"),
        Arguments.of("[capabilities]\ndefaults = [\"ALL\"]", "ALL"),
        Arguments.of("[capabilities]\ndefaults = [\"CHWON\"]", "\"CHWON\", which is no capability"),
        Arguments.of("[capabilities]\ndefaults = \"CHOWN\"", "not a list"),
        Arguments.of("[capabilities]\ndefaults = [1]", "not a list"),
        Arguments.of("[network]\ncni_bin_dirs = [\"bin\"]", "not an absolute path"),
        Arguments.of("[degradation]\noom_score_adj = \"refuse\"", "not one of enforce, report"),
        Arguments.of("[degradation]\noom_score_adj = true", "not text"),
        Arguments.of("[degradation]\nno_new_privs = \"report\"", "not a key"),
        Arguments.of(
            "[cgroup]\nmissing_controllers = \"ignore\"",
            "cgroup.missing_controllers is \"ignore\", not one of enforce, report"),
        Arguments.of("[privileged]\nhost_devices = \"true\"", "neither true nor false"),
        Arguments.of("[privileged]\nselinux_type = true", "not text"),
        Arguments.of("[privileged]\nselinux_type = \"spc_t:s0\"", "not an SELinux type such as"),
        Arguments.of("[privileged]\nselinux_type = \"spc t\"", "not an SELinux type such as"),
        Arguments.of("[privileged]\nselinux_type = \"-t\"", "not an SELinux type such as"),
        Arguments.of(
            "[privileged]\nselinux_type = \"" + "t".repeat(256) + "\"", "not an SELinux type"),
        Arguments.of("[selinux]\ncategories = 1", "selinux.categories"),
        Arguments.of("[selinux]\ncategories = 1025", "selinux.categories"),
        Arguments.of("[selinux]\ncategory = 3", "selinux.category"),
        Arguments.of("[limits]\nlayer_entries = \"1000\"", "not a whole number"),
        Arguments.of("[limits]\nlayer_entries = 1e3", "not a whole number"),
        Arguments.of("[limits]\nlayer_entries = 99999999999999999999", "not a whole number"),
        Arguments.of("[limits]\nimage_bytes = \"99999999999GiB\"", "too large"),
        Arguments.of("[limits]\nimage_bytes = \"01\"", "not a number of bytes"),
        Arguments.of(
            "[log]\nlevel = \"INFO\"",
            "not one of debug, info, warning, error; did you mean info?"),
        Arguments.of("[log]\nlevel = \"a\\nb\"", "\"a\\u000ab\""));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void wrongValuesAreToldAlone(String text, String message) throws IOException {
    assertThat(problems(text)).singleElement().asString().contains(message);
    assertThat(problems(text).get(0)).startsWith("config.toml:").doesNotStartWith("config.toml: ");
  }

  @ParameterizedTest
  @CsvSource({
    "'root = ', 1",
    "'root = \"/a\"\nroot = \"/b\"', 2",
    "'[log]\n[log]', 2",
    "'\n\n[log', 3",
    "'root = \"unclosed', 1"
  })
  void whatIsNotTomlIsToldWithItsLine(String text, int line) throws IOException {
    assertThat(problems(text))
        .first()
        .asString()
        .startsWith("config.toml:" + line + ": is not TOML");
  }

  @Test
  void aFileNamedOnTheCommandLineMustExist() throws Exception {
    assertThatThrownBy(() -> ConfigLoader.load(Optional.of(file()), List.of()))
        .hasMessageContaining("does not exist");
    assertThat(ConfigLoader.load(file(), false, List.of())).isEqualTo(Config.DEFAULT);
  }

  @Test
  void filesThatOthersMayWriteAreRefused() throws Exception {
    Files.writeString(file(), "");
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThatThrownBy(() -> ConfigLoader.load(file(), true, List.of()))
        .hasMessageContaining("chmod go-w");
  }

  @Test
  void whatIsNoConfigurationFileIsRefused() throws Exception {
    assertThatThrownBy(() -> ConfigLoader.load(directory, true, List.of()))
        .hasMessageContaining("directory");
    assertThatThrownBy(() -> ConfigLoader.load(Path.of("/dev/zero"), true, List.of()))
        .hasMessageContaining("no regular file");
    Files.write(file(), new byte[] {'#', (byte) 0xff});
    assertThatThrownBy(() -> ConfigLoader.load(file(), true, List.of()))
        .hasMessageContaining("UTF-8");
    Files.write(file(), new byte[(1 << 20) + 1]);
    assertThatThrownBy(() -> ConfigLoader.load(file(), true, List.of()))
        .hasMessageContaining("larger");
  }
}
