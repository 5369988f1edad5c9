package dev.stockade.shim.daemon;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** What the tests of the daemon need of this machine, and what must not be left on it. */
final class Machine {
  private Machine() {}

  /** Configuration of a daemon of its own, with everything beneath one directory and one cgroup. */
  static Config config(Path directory, String... more) throws Exception {
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

  static void requireRoot() throws IOException {
    Assumptions.assumeTrue(
        Linux.root(), "the daemon needs root: effective uid is not 0, so mounts and cgroups fail");
    Assumptions.assumeTrue(Cgroup2.find().isPresent(), "no cgroup2 file system is mounted");
  }

  static Path warden() {
    String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";
    Path warden =
        Path.of("../native/build/" + architecture + "/warden").toAbsolutePath().normalize();
    Assumptions.assumeTrue(
        Files.isExecutable(warden), warden + " is not built: run make -C native all");
    return warden;
  }

  /** An OCI layout of the machine's own busybox. */
  static Path busybox(Path directory) throws Exception {
    Path layout = directory.resolve("busybox");
    Process script =
        new ProcessBuilder("../scripts/busybox-image", layout.toString())
            .redirectErrorStream(true)
            .start();
    byte[] output = script.getInputStream().readAllBytes();
    boolean ended = script.waitFor(60, TimeUnit.SECONDS);
    Assumptions.assumeTrue(
        ended && script.exitValue() == 0,
        "no busybox image: " + new String(output, java.nio.charset.StandardCharsets.UTF_8));
    return layout;
  }

  /** Mounts and cgroups that belong to a daemon and should not be there any more. */
  static List<String> leftovers(Config config) throws IOException {
    List<String> left = new ArrayList<>();
    String directory = config.runDir().toString();
    try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
      mounts.filter(line -> line.contains(directory)).forEach(left::add);
    }
    Path mount = Cgroup2.find().orElseThrow().mountPoint();
    Path cgroup = mount.resolve(config.cgroup().parent().substring(1));
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
