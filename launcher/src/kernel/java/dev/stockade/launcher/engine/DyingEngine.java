package dev.stockade.launcher.engine;

import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.LaunchRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** An engine in a JVM of its own that dies at the exec-stop, before it has given its verdict. */
final class DyingEngine {
  private DyingEngine() {}

  /** Run directory, warden, layer, a volume and the cgroup. */
  public static void main(String[] arguments) throws Exception {
    Path run = Path.of(arguments[0]);
    LauncherConfig config = new LauncherConfig(run, Path.of(arguments[1]), Optional.empty());
    Path own = Files.createTempDirectory(run, "dying");
    try (Launcher launcher = Launcher.open(config)) {
      ContainerSpec spec =
          ContainerSpec.alone(launcher, own, Path.of(arguments[2]), arguments[4])
              .bind("/volume", Path.of(arguments[3]), "rbind");
      spec.io = IoMode.NULL;
      LaunchRequest request = spec.request();
      launcher
          .prepare(Bench.compile(request), request, LaunchFiles.unlogged(own))
          .verified(
              proc -> {
                System.out.println("stopped " + proc.toString().replaceAll("[^0-9]", ""));
                System.out.flush();
                Runtime.getRuntime().halt(1);
                return true;
              });
    }
  }
}
