package dev.stockade.shim.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code [network]}.
 *
 * @param cniConfDir directory of CNI network configurations; the first in the order of names counts
 * @param cniBinDirs directories searched for CNI plugins, in this order
 * @param cniTimeout how long one plugin may run, after which it is killed
 */
public record NetworkConfig(Path cniConfDir, List<Path> cniBinDirs, Duration cniTimeout) {
  static final NetworkConfig DEFAULT =
      new NetworkConfig(
          Path.of("/etc/cni/net.d"),
          List.of(Path.of("/opt/cni/bin"), Path.of("/usr/lib/cni")),
          Duration.ofSeconds(60));

  private static final int LONGEST = 4095;
  private static final int MOST = 16;

  /** Copies the list. */
  public NetworkConfig {
    cniBinDirs = List.copyOf(cniBinDirs);
  }

  static NetworkConfig read(Section section) {
    return new NetworkConfig(
        section.path("cni_conf_dir", DEFAULT.cniConfDir, LONGEST),
        programs(section),
        section.duration(
            "cni_timeout", DEFAULT.cniTimeout, Duration.ofSeconds(1), Duration.ofMinutes(10)));
  }

  private static List<Path> programs(Section section) {
    List<Path> paths = new ArrayList<>();
    List<String> texts = DEFAULT.cniBinDirs.stream().map(Path::toString).toList();
    for (String text : section.list("cni_bin_dirs", texts, MOST)) {
      try {
        paths.add(Section.absolute(text, LONGEST));
      } catch (Section.WrongValue e) {
        section.problem("cni_bin_dirs", String.valueOf(e.getMessage()));
      }
    }
    return paths;
  }
}
