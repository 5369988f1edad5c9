package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Fd;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The cgroup of one helper: what it leaves behind is killed with it, because a fork stays in the
 * cgroup whatever session it makes, cgroups(7).
 */
final class HelperCgroup implements AutoCloseable {
  private static final Duration DEATH = Duration.ofSeconds(5);
  private static final AtomicLong SERIAL = new AtomicLong();

  private final Cgroup2 hierarchy;
  private final Cgroup cgroup;

  private HelperCgroup(Cgroup2 hierarchy, Cgroup cgroup) {
    this.hierarchy = hierarchy;
    this.cgroup = cgroup;
  }

  static HelperCgroup make(Cgroup2 hierarchy, String parent) throws IOException {
    String path = parent + "/" + SERIAL.incrementAndGet();
    return new HelperCgroup(hierarchy, hierarchy.create(path, Set.of()));
  }

  String path() {
    return cgroup.path();
  }

  Fd fd() {
    return cgroup.fd();
  }

  void kill() throws IOException {
    cgroup.kill();
  }

  /** Kills and removes what an engine that is gone has left. */
  static void clear(Cgroup2 hierarchy, String parent) throws IOException {
    Cgroup.destroy(hierarchy, parent, DEATH);
  }

  /** Nothing of the helper runs after this. */
  @Override
  public void close() throws IOException {
    String path = cgroup.path();
    cgroup.close();
    Cgroup.destroy(hierarchy, path, DEATH);
  }
}
