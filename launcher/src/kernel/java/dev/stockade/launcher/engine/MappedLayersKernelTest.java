package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.plan.Receipt;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers of a container in a user namespace, as new kernels take them and as the oldest do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MappedLayersKernelTest {
  private Bench bench;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  private Path layer(String name, String text) throws Exception {
    Path layer = Files.createDirectories(bench.directory.resolve(name));
    Files.writeString(layer.resolve("of-" + name), text);
    Files.writeString(layer.resolve("which"), name + "\n");
    return layer;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyLayerShowsTheContainersIds(boolean detached) throws Exception {
    Assumptions.assumeTrue(
        !detached || bench.launcher.facts().overlayDetachedLayers(),
        "overlayfs of this kernel takes no detached mounts as layers (Linux 6.15)");
    ContainerSpec spec =
        bench.container(
            "sh",
            "-c",
            "cat /which /of-top /of-middle; stat -c %u:%g /of-top /of-middle /bin/busybox;"
                + " echo mine >> /of-middle; head -1 /proc/self/mountinfo");
    spec.upperLayers = List.of(layer("top", "1\n"), layer("middle", "2\n"));
    spec.userNamespace().detachedLayers(detached);
    List<MountInfo> before = MountInfo.self();
    try (RunningProcess process = bench.launch(spec)) {
      assertThat(process.receipt().map(Receipt::passed)).contains(true);
      assertThat(Bench.exit(process).code()).as(bench.log(spec.id)).isZero();
    }
    Path attached = bench.config.runDirectory().resolve("root/0");
    assertThat(bench.output(spec.id)).startsWith("top\n1\n2\n0:0\n0:0\n0:0\n");
    assertThat(bench.output(spec.id).contains(attached.toString())).isEqualTo(!detached);
    assertThat(MountInfo.self()).isEqualTo(before);
    assertThat(bench.config.runDirectory().resolve("root")).isEmptyDirectory();
    Path changed = bench.containerDirectory(spec.id).resolve("upper/of-middle");
    assertThat(Files.getAttribute(changed, "unix:uid")).isEqualTo(200_000);
    assertThat(bench.leftCgroups()).isEmpty();
  }
}
