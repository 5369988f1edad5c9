package dev.stockade.launcher.linux;

import org.junit.jupiter.api.Assumptions;

/** What a kernel test needs. */
final class Root {
  private Root() {}

  static void require() {
    Assumptions.assumeTrue(
        Linux.root(), "kernel tests need root: effective uid is not 0, so mounts and cgroups fail");
  }

  static Cgroup2 cgroup2() throws Exception {
    require();
    var found = Cgroup2.find();
    Assumptions.assumeTrue(found.isPresent(), "no cgroup2 file system is mounted");
    return found.get();
  }
}
