package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Namespace;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.plan.MonitorStep;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.NamespaceStep;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The namespaces of a pod, each kept alive by a bind mount on a file named as in /proc/pid/ns. They
 * stay until {@link #release}, whatever becomes of the daemon.
 *
 * @param receipt of the process that made them; empty when they were found again
 */
public record PodNamespaces(Path directory, Set<NamespaceKind> kinds, Optional<Receipt> receipt) {
  /** Those that are pinned; the others are made anew by each container. */
  private static final Set<NamespaceKind> PINNED =
      EnumSet.of(NamespaceKind.NETWORK, NamespaceKind.IPC, NamespaceKind.UTS, NamespaceKind.USER);

  public PodNamespaces {
    kinds = Set.copyOf(kinds);
  }

  /** Where the namespace is found, for a spec; empty when the pod has none of its own. */
  public Optional<Path> path(NamespaceKind kind) {
    return kinds.contains(kind)
        ? Optional.of(directory.resolve(kind.procName()))
        : Optional.empty();
  }

  /** All of them. */
  public Map<NamespaceKind, Path> paths() {
    Map<NamespaceKind, Path> paths = new EnumMap<>(NamespaceKind.class);
    kinds.forEach(kind -> paths.put(kind, directory.resolve(kind.procName())));
    return paths;
  }

  /**
   * Makes and pins them.
   *
   * @param label the SELinux context of the pod's files, which its message queues have too; empty
   *     for none
   */
  static PodNamespaces make(Launch launch, Path directory, String label) throws LaunchFailure {
    Set<NamespaceKind> kinds = made(launch);
    PodNamespaces unverified = new PodNamespaces(directory, kinds, Optional.empty());
    try {
      Launch.Verified<Set<NamespaceKind>> verified =
          launch.verified(proc -> pin(proc, kinds, directory, label));
      launch.release(verified.receipt()).close();
      return new PodNamespaces(directory, kinds, Optional.of(verified.receipt()));
    } catch (LaunchFailure e) {
      unverified.releaseAfter(e);
      throw e;
    }
  }

  private static Set<NamespaceKind> made(Launch launch) {
    long flags = 0;
    for (Step step : launch.plan().monitor()) {
      flags |= step instanceof MonitorStep.Clone clone ? clone.flags() : 0;
    }
    for (Step step : launch.plan().child()) {
      flags |= step instanceof NamespaceStep.Unshare unshare ? unshare.flags() : 0;
    }
    Set<NamespaceKind> kinds = EnumSet.noneOf(NamespaceKind.class);
    for (NamespaceKind kind : PINNED) {
      if ((flags & kind.flag()) != 0) {
        kinds.add(kind);
      }
    }
    return kinds;
  }

  private static Set<NamespaceKind> pin(
      ProcDirectory proc, Set<NamespaceKind> kinds, Path directory, String label)
      throws IOException {
    try (Directory holder = Directory.open(directory, Resolution.BENEATH)) {
      for (NamespaceKind kind : kinds) {
        pin(proc, kind, holder);
      }
    }
    if (!label.isEmpty() && kinds.contains(NamespaceKind.IPC)) {
      Path queues = directory.resolve(NamespaceKind.IPC.procName());
      try (Fd namespace = Namespace.open(queues, NamespaceKind.IPC.flag())) {
        Namespace.labelMessageQueues(namespace, label);
      }
    }
    return kinds;
  }

  static void pin(ProcDirectory proc, NamespaceKind kind, Directory holder) throws IOException {
    try (Fd namespace = proc.follow("ns/" + kind.procName(), false);
        Fd file = holder.createFile(kind.procName(), 0600)) {
      Mounts.pin(namespace, file, holder + "/" + kind.procName());
    }
  }

  /**
   * Pins one more namespace of a running process, for example the PID namespace that a pod's init
   * is the first of.
   */
  public PodNamespaces with(NamespaceKind kind, RunningProcess process) throws IOException {
    try (ProcDirectory proc = ProcDirectory.open(process.pid());
        Directory holder = Directory.open(directory, Resolution.BENEATH)) {
      pin(proc, kind, holder);
      if (!process.pidfd().alive()) {
        unpin(holder, kind);
        throw new IOException(process + " ended before its namespace could be kept");
      }
    }
    Set<NamespaceKind> more = EnumSet.of(kind);
    more.addAll(kinds);
    return new PodNamespaces(directory, more, receipt);
  }

  /** What an earlier engine pinned in the directory. */
  public static PodNamespaces find(Path directory) throws IOException {
    Set<NamespaceKind> kinds = EnumSet.noneOf(NamespaceKind.class);
    try (Directory holder = Directory.open(directory, Resolution.BENEATH)) {
      for (NamespaceKind kind : NamespaceKind.values()) {
        if (holder.status(kind.procName()).filter(status -> status.mountRoot()).isPresent()) {
          kinds.add(kind);
        }
      }
    }
    return new PodNamespaces(directory, kinds, Optional.empty());
  }

  private void releaseAfter(LaunchFailure failure) {
    try {
      release();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** Lets the namespaces go: the kernel frees each when its last process has ended. Repeatable. */
  public void release() throws IOException {
    try (Directory holder = Directory.open(directory, Resolution.BENEATH)) {
      for (NamespaceKind kind : kinds) {
        unpin(holder, kind);
      }
    }
  }

  private static void unpin(Directory holder, NamespaceKind kind) throws IOException {
    String name = kind.procName();
    if (holder.status(name).isPresent()) {
      Mounts.detach(holder, name);
      try (var entry = holder.entry(name)) {
        entry.unlink();
      }
    }
  }
}
