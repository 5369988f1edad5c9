package dev.stockade.shim.explain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stockade.launcher.engine.IdMapProbe;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.plan.NodeReview.Finding;
import dev.stockade.launcher.plan.NodeReview.State;
import dev.stockade.shim.daemon.Machine;
import dev.stockade.shim.explain.IdMapFindings.Place;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On mounts of this kernel that can, that cannot, and that never answer. */
final class IdMapFindingsKernelTest {
  private static final String PREFIX = "stockade-idmap-" + Linux.pid() + "-";
  private static final Duration SOON = Duration.ofSeconds(5);

  @TempDir Path directory;
  private final List<Path> mounted = new ArrayList<>();
  private IdMapProbe probe;

  @BeforeEach
  void open() throws Exception {
    assumeTrue(Linux.root(), "mounting needs root");
    probe = IdMapProbe.open(Machine.warden());
  }

  @AfterEach
  void close() throws Exception {
    probe.close();
    for (Path point : mounted) {
      assertThat(run("umount", "-l", point.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private Path mount(String name, Fd detached) throws Exception {
    Path point = Files.createDirectory(directory.resolve(name));
    try (detached;
        Fd target = HostPath.hold(point)) {
      Mounts.attach(detached, target, name);
    }
    mounted.add(point);
    return point;
  }

  private List<Finding> review(Place... places) {
    return IdMapFindings.of(probe, List.of(places), SOON);
  }

  @Test
  void tmpfsCanAndOverlayCannot() throws Exception {
    Path tmpfs = mount("tmpfs", Mounts.fileSystem("tmpfs", List.of(), 0));
    Path other = mount("other", Mounts.fileSystem("tmpfs", List.of(), 0));
    List<Mounts.Layer> layers = List.of(Mounts.Layer.of(tmpfs), Mounts.Layer.of(other));
    Path overlay = mount("overlay", Mounts.overlay(layers, Optional.empty(), "", 0));
    List<Finding> findings =
        review(
            new Place(tmpfs.resolve("not/made/yet"), "", "images", true),
            new Place(overlay, "overlay", "", false),
            new Place(other, "tmpfs", "", false));
    assertThat(findings)
        .containsExactly(
            new Finding(
                "idmapped mounts on tmpfs", State.YES, tmpfs + "/not/made/yet (images)", ""),
            new Finding(
                "idmapped mounts on overlay",
                State.LIMITED,
                "refused by the kernel: " + overlay,
                "pods with a user namespace need volumes on another file system"));
  }

  @Test
  void imagesWhereNoneCanBeAreToldWithTheRemedy() {
    assertThat(review(new Place(Path.of("/proc"), "", "images", true)))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.subject()).isEqualTo("idmapped mounts on proc");
              assertThat(finding.state()).isEqualTo(State.LIMITED);
              assertThat(finding.fix()).contains("ext4");
            });
  }

  /** As on a network file system whose server is gone; the others are told all the same. */
  @Test
  void whatNeverAnswersHoldsNobodyUp() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/fuse")), "needs FUSE in the kernel: no /dev/fuse");
    Path point = Files.createDirectory(directory.resolve("silent"));
    String script =
        "exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 silent "
            + point
            + " && echo mounted && read end";
    Process server =
        new ProcessBuilder("sh", "-c", script)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var told = server.inputReader(UTF_8)) {
      assertThat(told.readLine()).isEqualTo("mounted");
      mounted.add(point);
      long began = System.nanoTime();
      List<Finding> findings =
          IdMapFindings.of(
              probe,
              List.of(
                  new Place(point.resolve("kept"), "fuse", "", false),
                  new Place(directory, "", "images", true)),
              Duration.ofMillis(500));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(SOON);
      assertThat(findings.get(0).found()).isEqualTo("no answer within 0.5 s: " + point + "/kept");
      assertThat(findings.get(1).found()).endsWith(directory + " (images)");
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  @Test
  void theProbeLeavesNothing() throws Exception {
    int descriptors = Fd.openCount();
    try (var here = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertThat(here.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(PREFIX));
    }
    try (var processes = Files.list(Path.of("/proc"))) {
      assertThat(
              processes
                  .map(path -> path.resolve("cmdline"))
                  .filter(Files::isReadable)
                  .map(IdMapFindingsKernelTest::text))
          .noneMatch(line -> line.contains(PREFIX));
    }
    assertThat(Fd.openCount()).isEqualTo(descriptors);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (java.io.IOException e) {
      return "";
    }
  }
}
