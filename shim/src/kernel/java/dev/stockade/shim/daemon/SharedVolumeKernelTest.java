package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.Mount;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A container exchanges a directory of a volume with a link that leads to the host, while others
 * that share the volume start: CVE-2021-30465, CVE-2024-45310, CVE-2025-31133, CVE-2025-52881.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class SharedVolumeKernelTest {
  private static final int EXCHANGES = 100_000;
  private static final int LEAST_STARTS = 60;
  private static final int MOST_STARTS = 400;

  private HostileNode node;
  private Path volume;
  private Path secret;
  private String pod;
  private int running;
  private int refused;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = HostileNode.start(directory, new HostileImage());
    volume = Files.createDirectory(directory.resolve("volume"));
    secret = Files.createDirectory(directory.resolve("secret"));
    Files.writeString(secret.resolve("file"), "of another volume\n");
    Files.createDirectories(volume.resolve("a/masked"));
    Files.createDirectories(volume.resolve("a/fixed"));
    Files.writeString(volume.resolve("a/hidden"), "masked\n");
    Files.createSymbolicLink(
        volume.resolve("b"), Path.of(HostileNode.escapeTo(directory.resolve("outside"))));
    pod = node.pod("shared");
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private static Mount at(String target, Path source) {
    return Mount.newBuilder().setContainerPath(target).setHostPath(source.toString()).build();
  }

  /** One of what a launcher makes or looks up beneath a path that the attacker owns. */
  private ContainerConfig.Builder victim(int round) {
    ContainerConfig.Builder victim =
        node.container("sh", "-c", "cut -d' ' -f5 /proc/self/mountinfo; pwd")
            .addMounts(at("/volume", volume));
    var security = victim.getLinuxBuilder().getSecurityContextBuilder();
    switch (round % 6) {
      case 0 -> victim.addMounts(at("/volume/a/made/" + round, secret));
      case 1 -> victim.addMounts(at("/volume/a/file" + round, secret.resolve("file")));
      case 2 -> victim.setWorkingDir("/volume/a/work/" + round);
      case 3 -> security.addMaskedPaths("/volume/a/masked");
      case 4 -> security.addMaskedPaths("/volume/a/hidden");
      default -> security.addReadonlyPaths("/volume/a/fixed");
    }
    return victim;
  }

  @Test
  void noLinkLeadsOutOfTheRoot() throws Exception {
    String attacker =
        node.start(
            pod,
            node.container("/attacker", "exchange", "/volume/a", "/volume/b")
                .addMounts(at("/volume", volume)));
    List<String> before = hostMounts();
    int round = 0;
    while (round < MOST_STARTS && (round < LEAST_STARTS || exchanged(attacker) < EXCHANGES)) {
      start(victim(round++));
      assertThat(node.outside).isEmptyDirectory();
    }
    long exchanges = exchanged(attacker);
    assertThat(node.client.status(attacker).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    node.client.stop(attacker, 0);
    System.out.printf(
        "%d exchanges, %d victims ran, %d were refused%n", exchanges, running, refused);
    assertThat(exchanges).isGreaterThanOrEqualTo(EXCHANGES);
    assertThat(running).isGreaterThan(5);
    assertThat(refused).isGreaterThan(5);
    assertThat(hostMounts()).isEqualTo(before);
    try (Stream<Path> kept = Files.list(secret)) {
      assertThat(kept.map(Path::getFileName).map(Path::toString)).containsExactly("file");
    }
    assertThat(Files.readString(secret.resolve("file"))).isEqualTo("of another volume\n");
  }

  private void start(ContainerConfig.Builder victim) throws Exception {
    String id = node.client.create(pod, victim);
    try {
      node.client.start(id);
      node.client.awaitEnd(id);
      running++;
      for (String line : node.output(id).split("\n", -1)) {
        assertThat(line).doesNotContain("(unreachable)");
      }
    } catch (StatusRuntimeException e) {
      refused++;
    }
    node.client.remove(id);
  }

  private long exchanged(String attacker) throws Exception {
    String[] lines = node.output(attacker).trim().split("\n", -1);
    String last = lines[lines.length - 1];
    return last.startsWith("exchanged ") ? Long.parseLong(last.substring(10)) : 0;
  }

  private static List<String> hostMounts() throws Exception {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return lines.map(line -> line.split(" ", 6)[4]).filter(p -> p.contains("junit")).toList();
    }
  }
}
