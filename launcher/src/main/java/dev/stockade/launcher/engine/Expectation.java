package dev.stockade.launcher.engine;

import dev.stockade.launcher.caps.Executable;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Claim;
import dev.stockade.launcher.plan.Claims;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.FinalStep;
import dev.stockade.launcher.plan.MountSlots;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Propagation;
import dev.stockade.launcher.plan.Slot;
import dev.stockade.launcher.plan.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a launch must show, as far as it can be said before there is a process to look at: made
 * while warden launches it.
 */
final class Expectation {
  private final Launch launch;
  private final Map<NamespaceKind, Long> host;
  private final List<Claim> plain;
  private final Map<String, MadeMount> mounts;
  private final Optional<FileStatus> image;

  private Expectation(Launch launch) throws IOException {
    this.launch = launch;
    this.host = hostNamespaces(launch);
    this.plain = resolved(Executable.PLAIN);
    this.mounts = mountsMade();
    this.image = ownImage();
  }

  /** Of a launch whose descriptors are open and still here. */
  static Expectation of(Launch launch) throws IOException {
    return new Expectation(launch);
  }

  /** What is claimed of a program that may do this to identity and capabilities. */
  List<Claim> claims(Executable executable) {
    return executable.equals(Executable.PLAIN) ? plain : resolved(executable);
  }

  /** The mounts the launcher made, by where the plan attaches them. */
  Map<String, MadeMount> mounts() {
    return mounts;
  }

  /** The file that is executed where it is one of warden's own. */
  Optional<FileStatus> image() {
    return image;
  }

  private List<Claim> resolved(Executable executable) {
    return Claims.resolve(
        Claims.of(launch.plan(), launch.subject().spec(), executable),
        host,
        this::joined,
        launch.origin().limits()::limit);
  }

  private Map<String, MadeMount> mountsMade() throws IOException {
    Map<String, MadeMount> mounts = new HashMap<>();
    for (Map.Entry<String, Slot> slot : MountSlots.of(launch.plan()).entrySet()) {
      boolean tree =
          launch.plan().slots().get(slot.getValue().index()) instanceof FdSource.BindTree bind
              && (bind.recursive() || bind.propagation() != Propagation.PRIVATE);
      FileStatus root = launch.slots().at(slot.getValue()).status();
      mounts.put(slot.getKey(), new MadeMount(root, tree));
    }
    return mounts;
  }

  private Optional<FileStatus> ownImage() throws IOException {
    List<Step> steps = launch.plan().child();
    Step last = steps.get(steps.size() - 1);
    return last instanceof FinalStep.ExecFd exec
        ? Optional.of(launch.slots().at(exec.image()).status())
        : Optional.empty();
  }

  private long joined(Slot slot) {
    try {
      return launch.slots().at(slot).status().inode();
    } catch (SyscallException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The namespaces a child would be in had nothing been unshared: serve's, whose mount namespace is
   * its own.
   */
  private static Map<NamespaceKind, Long> hostNamespaces(Launch launch) throws IOException {
    Map<NamespaceKind, Long> host = new EnumMap<>(NamespaceKind.class);
    try (ProcDirectory self = ProcDirectory.open(Linux.pid())) {
      for (NamespaceKind kind : NamespaceKind.values()) {
        host.put(kind, self.namespace("ns/" + kind.procName()));
      }
    }
    host.put(NamespaceKind.MOUNT, launch.origin().mounts());
    return host;
  }
}
