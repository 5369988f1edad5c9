package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.ConfigLoader;
import dev.stockade.shim.image.ImageLimits;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** What the tests of the daemon need of this machine, and what must not be left on it. */
public final class Machine {
  private static final String KUBELET = "-kubelet";

  private Machine() {}

  /** Configuration of a daemon of its own, with everything beneath one directory and one cgroup. */
  public static Config config(Path directory, String... more) throws Exception {
    requireRoot();
    Path file = directory.resolve("config.toml");
    String text =
        """
        root = "%1$s/state"
        run_dir = "%1$s/run"
        socket = "%1$s/run/cri.sock"
        [cgroup]
        parent = "/stockade-shim-%2$d-%3$d"
        [network]
        cni_conf_dir = "%1$s/net.d"
        """
            .formatted(directory, Linux.pid(), System.nanoTime());
    Files.writeString(file, text + String.join("\n", more) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return ConfigLoader.load(Optional.of(file), List.of());
  }

  /** The same with another cgroup. */
  static Config moved(Config config, Path directory, String parent) throws Exception {
    Path file = directory.resolve("config.toml");
    String text = Files.readString(file);
    Files.writeString(file, text.replace(config.cgroup().parent() + "\"", parent + "\""));
    return ConfigLoader.load(Optional.of(file), List.of());
  }

  public static void requireRoot() throws IOException {
    Assumptions.assumeTrue(
        Linux.root(), "the daemon needs root: effective uid is not 0, so mounts and cgroups fail");
    Assumptions.assumeTrue(Cgroup2.find().isPresent(), "no cgroup2 file system is mounted");
  }

  /** Skips a test of limits that this node cannot have. */
  public static void requireControllers(String... names) throws Exception {
    Set<String> missing = new TreeSet<>(List.of(names));
    missing.removeAll(Cgroup2.find().orElseThrow().controllers());
    Assumptions.assumeTrue(
        missing.isEmpty(), "needs the cgroup2 controllers " + missing + " of the node");
  }

  public static Path warden() {
    return built("warden");
  }

  /** A program that tries what hostile containers try. */
  public static Path attacker() {
    return built("attacker");
  }

  /** A program that tells what it can do where it runs. */
  public static Path probe() {
    return built("probe");
  }

  private static Path built(String name) {
    String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";
    Path program =
        Path.of("../native/build/" + architecture + "/" + name).toAbsolutePath().normalize();
    assertThat(program).as("what make -C native all builds").isExecutable();
    return program;
  }

  /** An OCI layout of the machine's own busybox. */
  public static Path busybox(Path directory) throws Exception {
    Path layout = directory.resolve("busybox");
    Process script =
        new ProcessBuilder("../scripts/busybox-image", layout.toString())
            .redirectErrorStream(true)
            .start();
    byte[] output = script.getInputStream().readAllBytes();
    boolean ended = script.waitFor(60, TimeUnit.SECONDS);
    assertThat(ended && script.exitValue() == 0)
        .as("no busybox image: " + new String(output, StandardCharsets.UTF_8))
        .isTrue();
    return layout;
  }

  /** Imports it into the store of a daemon that does not run yet. */
  public static void importBusybox(Path directory, Config config) throws Exception {
    Path layout = busybox(directory);
    try (ImageStore images =
        ImageStore.open(config.root().resolve("images"), ImageLimits.DEFAULT, Platform.here())) {
      assertThat(images.importFrom(layout, Optional.empty())).hasSize(1);
    }
  }

  /** What the daemon makes cgroups in. */
  public static Path cgroup(Config config) throws IOException {
    Path mount = Cgroup2.find().orElseThrow().mountPoint();
    return mount.resolve(config.cgroup().parent().substring(1));
  }

  /** One that a kubelet makes for pods; whoever wants it makes it and removes it. */
  public static Path kubeletCgroup(Config config) throws IOException {
    Path own = cgroup(config);
    return own.resolveSibling(own.getFileName() + KUBELET);
  }

  /** With all that a failed test left in it. */
  public static void removeKubeletCgroup(Config config) throws IOException {
    Cgroup.destroy(
        Cgroup2.find().orElseThrow(), config.cgroup().parent() + KUBELET, Duration.ofSeconds(10));
  }

  /** The warden that the daemon talks to. */
  public static int servePid(Config config) throws IOException {
    return Integer.parseInt(
        Files.readString(config.runDir().resolve("warden").resolve("serve.pid")).strip());
  }

  /** Mounts and cgroups that belong to a daemon and should not be there any more. */
  public static List<String> leftovers(Config config) throws IOException {
    List<String> left = new ArrayList<>();
    String directory = config.runDir().toString();
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
      mounts.filter(line -> line.contains(directory)).forEach(left::add);
    }
    Path cgroup = cgroup(config);
    if (Files.exists(cgroup)) {
      left.add(cgroup.toString());
    }
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      processes
          .filter(process -> process.getFileName().toString().matches("[0-9]+"))
          .filter(process -> commandLine(process).contains(config.runDir().toString()))
          .forEach(process -> left.add(process + " " + commandLine(process)));
    }
    return left;
  }

  private static String commandLine(Path process) {
    try {
      return Files.readString(process.resolve("cmdline")).replace('\0', ' ');
    } catch (IOException e) {
      return "";
    }
  }
}
