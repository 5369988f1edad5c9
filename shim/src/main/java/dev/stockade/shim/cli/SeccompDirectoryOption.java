package dev.stockade.shim.cli;

import dev.stockade.shim.cli.manifest.KubeletDefaults;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the seccomp profiles lie that a manifest names. */
final class SeccompDirectoryOption {
  @Option(
      names = "--seccomp-dir",
      paramLabel = "DIR",
      defaultValue = KubeletDefaults.SECCOMP_DIRECTORY,
      description = "What localhostProfile in a manifest is relative to. Default: the kubelet's.")
  private Path directory = Path.of(KubeletDefaults.SECCOMP_DIRECTORY);

  Path path() {
    return directory.toAbsolutePath();
  }
}
