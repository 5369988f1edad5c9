package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.plan.NamespaceKind;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A program of the host to be run.
 *
 * @param file absolute path of what is executed
 * @param directory its working directory
 * @param arguments the first is what it finds as its own name
 * @param environment {@code NAME=value}, all of it
 * @param container the one it is shown
 */
record HelperProgram(
    Path file,
    Path directory,
    List<String> arguments,
    List<String> environment,
    Optional<Container> container) {
  HelperProgram {
    arguments = List.copyOf(arguments);
    environment = List.copyOf(environment);
  }

  /**
   * A container whose mounts a program sees in the directory {@link Bundle#ROOT} of its own, in a
   * copy of the host's mount namespace.
   *
   * @param process of the container, which must live
   * @param joined namespaces of it that the program is in; of network, ipc, uts and cgroup
   * @param uid whom the program runs as, as the host counts, with root's capabilities in any case
   * @param gid likewise
   */
  record Container(Pidfd process, Set<NamespaceKind> joined, int uid, int gid) {
    Container {
      joined = Set.copyOf(joined);
    }

    int flags() {
      return (int) joined.stream().mapToLong(NamespaceKind::flag).sum();
    }
  }

  /** Without the environment, which may hold secrets. */
  @Override
  public String toString() {
    return file.toString();
  }
}
