package dev.stockade.shim.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.node.NodePaths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On the directories of this very machine, of which nothing is changed. */
final class ProtectedPlacesKernelTest {
  @TempDir Path temporary;
  private NodePaths own;

  @BeforeEach
  void directories() throws Exception {
    own =
        new NodePaths(
            Files.createDirectories(temporary.resolve("daemon/state")),
            Files.createDirectories(temporary.resolve("daemon/run")));
  }

  /** As a volume is looked at: without links, and held. */
  private Optional<String> objection(String path) throws Exception {
    Path real = Path.of(path).toRealPath();
    try (Fd held = HostPath.holdReal(real)) {
      return ProtectedPlaces.now(own).objection(real, held.status());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/etc",
        "/etc/passwd",
        "/etc/ssl/..",
        "/usr",
        "/usr/share/doc",
        "/bin",
        "/bin/sh",
        "/sbin",
        "/lib",
        "/boot",
        "/proc",
        "/proc/self/..",
        "/proc/self/root/etc",
        "/sys/kernel",
        "/dev",
        "/dev/shm",
        "/home",
        "/root",
        "/var",
        "/var/lib",
        "/var/lib/../log",
        "/var/run",
        "/run",
        "/opt",
        "/srv",
        "/tmp",
        "/var/tmp",
        "/mnt",
        "/media"
      })
  void whatServicesOfTheNodeNeedIsRefused(String path) throws Exception {
    assertThat(objection(path)).as(path).isPresent();
  }

  @Test
  void aDirectoryForContainersIsNot() throws Exception {
    Path volume = Files.createDirectories(temporary.resolve("volumes/data"));
    assertThat(objection(volume.toString())).isEmpty();
    assertThat(objection(temporary.resolve("volumes").toString())).isEmpty();
    Path file = Files.writeString(volume.resolve("file"), "one");
    assertThat(objection(file.toString())).isEmpty();
  }

  @Test
  void theDaemonsOwnIsRefusedWithAllInItAndAllAroundIt() throws Exception {
    Path records = Files.createDirectories(own.state().resolve("pods"));
    assertThat(objection(records.toString()))
        .contains("is, or is beneath, " + own.state() + " of this node");
    assertThat(objection(own.run().toString())).isPresent();
    assertThat(objection(temporary.resolve("daemon").toString()).orElseThrow())
        .startsWith("has ")
        .endsWith(" of this node in it");
  }

  @Test
  void linksLeadToWhatTheyName() throws Exception {
    Path link = Files.createSymbolicLink(temporary.resolve("link"), Path.of("/etc"));
    assertThat(objection(link.toString())).contains("is, or is beneath, /etc of this node");
    assertThat(objection(link + "/passwd")).isPresent();
  }

  @Test
  void bindMountsShowTheSameAgain() throws Exception {
    assertThat(bound("/etc")).contains("is, or is beneath, /etc of this node");
    assertThat(bound("/etc/ssl")).contains("is, or is beneath, /etc of this node");
    assertThat(bound("/var/lib")).contains("is /var/lib of this node");
    assertThat(bound("/")).contains("is / of this node");
    assertThat(bound(own.run().toString())).isPresent();
    assertThat(bound(temporary.resolve("daemon").toString()).orElseThrow()).startsWith("has ");
    Path volume = Files.createDirectories(temporary.resolve("volumes/data"));
    assertThat(bound(volume.toString())).isEmpty();
  }

  /** What stands against a bind mount of a path, which is there for as long as this looks. */
  private Optional<String> bound(String path) throws Exception {
    Path point = Files.createDirectories(temporary.resolve("bound"));
    try (Directory directory = Directory.open(temporary, Resolution.BENEATH);
        Fd source = HostPath.hold(Path.of(path));
        Fd mount = Mounts.openTree(source, false, path);
        Fd target = directory.openPath("bound")) {
      Mounts.attach(mount, target, point.toString());
      try {
        return objection(point.toString());
      } finally {
        Mounts.detach(directory, "bound");
      }
    }
  }

  @Test
  void aHomeIsRefusedAndADirectoryInItIsNot() throws Exception {
    Path home = Files.createDirectories(temporary.resolve("homes/somebody"));
    ProtectedPlaces places =
        new ProtectedPlaces(
            Map.of(), Map.of(), Set.of(temporary.resolve("homes").toRealPath()), Map.of());
    try (Fd held = HostPath.hold(home)) {
      assertThat(places.objection(home.toRealPath(), held.status()))
          .contains("is a whole home directory of this node");
      assertThat(places.objection(home.toRealPath().resolve("data"), held.status())).isEmpty();
    }
  }
}
