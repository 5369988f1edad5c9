package dev.stockade.shim.explain;

import dev.stockade.launcher.engine.IdMapProbe;
import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.NodeReview.Finding;
import dev.stockade.launcher.plan.NodeReview.State;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.node.NodePaths;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * On which file systems of this node pods with a user namespace can have layers and volumes: what
 * the daemon and the kubelet keep is looked at by its path, of all other mounts one of each type.
 */
public final class IdMapFindings {
  private static final String SUBJECT = "idmapped mounts";
  private static final Path KUBELET = Path.of("/var/lib/kubelet");
  private static final Duration LIMIT = Duration.ofSeconds(3);
  private static final int TYPES_MAX = 32;

  /** What shows the kernel or other namespaces, and holds no files that would be a volume. */
  private static final Set<String> INTERFACES =
      Set.of(
          "autofs",
          "binfmt_misc",
          "bpf",
          "cgroup",
          "cgroup2",
          "configfs",
          "debugfs",
          "devpts",
          "devtmpfs",
          "efivarfs",
          "fusectl",
          "mqueue",
          "nfsd",
          "nsfs",
          "proc",
          "pstore",
          "rpc_pipefs",
          "securityfs",
          "selinuxfs",
          "sysfs",
          "tracefs");

  private IdMapFindings() {}

  /**
   * A path to try.
   *
   * @param type of the file system if that is known before
   * @param use what is kept there, empty for a mount that is looked at for its type
   * @param layers whether images are kept there
   */
  record Place(Path path, String type, String use, boolean layers) {
    String text() {
      return use.isEmpty() ? path.toString() : path + " (" + use + ")";
    }
  }

  /** What places of one file system type have in common. */
  private record Outcome(String type, String obstacle) {}

  private record Asked(Place place, FutureTask<Optional<IdMapProbe.Answer>> task) {}

  /**
   * Tries all; what does not answer soon is told as such.
   *
   * @param warden absolute path of the static binary
   */
  public static List<Finding> of(Config config, Path warden) {
    try (IdMapProbe probe = IdMapProbe.open(warden)) {
      return of(probe, places(new NodePaths(config.root(), config.runDir())), LIMIT);
    } catch (IOException | LaunchFailure e) {
      String found = "not tried, no user namespace could be made: " + e.getMessage();
      return List.of(
          new Finding(SUBJECT, State.LIMITED, found, "ask as root, with warden in its place"));
    }
  }

  private static List<Place> places(NodePaths paths) throws IOException {
    List<Place> places = new ArrayList<>();
    places.add(new Place(paths.images(), "", "images", true));
    places.add(new Place(KUBELET, "", "volumes of the kubelet", false));
    Set<String> seen = new HashSet<>(INTERFACES);
    for (MountInfo mount : MountInfo.self()) {
      if (seen.size() < INTERFACES.size() + TYPES_MAX && seen.add(mount.type())) {
        places.add(new Place(Path.of(mount.point()), mount.type(), "", false));
      }
    }
    return places;
  }

  /** A finding for each type of file system and answer. */
  static List<Finding> of(IdMapProbe probe, List<Place> places, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    List<Asked> asked = places.stream().map(place -> ask(probe, place)).toList();
    Map<Outcome, List<Place>> outcomes = new LinkedHashMap<>();
    Set<String> types = new HashSet<>();
    for (Asked one : asked) {
      Optional<Outcome> outcome = outcome(one, deadline, limit);
      boolean news = !one.place().use().isEmpty() || !types.contains(one.place().type());
      if (outcome.isPresent() && news) {
        types.add(outcome.get().type());
        outcomes.computeIfAbsent(outcome.get(), any -> new ArrayList<>()).add(one.place());
      }
    }
    return outcomes.entrySet().stream().map(e -> finding(e.getKey(), e.getValue())).toList();
  }

  /** On a thread of its own, because a file system whose server is gone may never answer. */
  private static Asked ask(IdMapProbe probe, Place place) {
    FutureTask<Optional<IdMapProbe.Answer>> task =
        new FutureTask<>(() -> answer(probe, place.path()));
    Thread thread = new Thread(task, "idmap-findings");
    thread.setDaemon(true);
    thread.start();
    return new Asked(place, task);
  }

  /** Of the path, or where it will be made. */
  private static Optional<IdMapProbe.Answer> answer(IdMapProbe probe, Path path)
      throws IOException {
    for (Path at = path; at != null; at = at.getParent()) {
      try {
        return Optional.of(probe.ask(at));
      } catch (SyscallException e) {
        if (!e.is(Errno.ENOENT)) {
          throw e;
        }
        if (path.equals(KUBELET)) {
          break;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Outcome> outcome(Asked asked, long deadline, Duration limit) {
    String type = asked.place().type();
    try {
      return asked
          .task()
          .get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)
          .map(a -> new Outcome(a.type(), a.mappable() ? "" : "refused by the kernel"));
    } catch (TimeoutException e) {
      String seconds = limit.toMillis() / 1000.0 + " s";
      return Optional.of(new Outcome(type, "no answer within " + seconds));
    } catch (ExecutionException e) {
      return Optional.of(new Outcome(type, String.valueOf(e.getMessage())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Finding finding(Outcome outcome, List<Place> places) {
    String where = places.stream().map(Place::text).collect(Collectors.joining(", "));
    String subject = outcome.type().isEmpty() ? SUBJECT : SUBJECT + " on " + outcome.type();
    if (outcome.obstacle().isEmpty()) {
      return new Finding(subject, State.YES, where, "");
    }
    boolean layers = places.stream().anyMatch(Place::layers);
    return new Finding(
        subject,
        State.LIMITED,
        outcome.obstacle() + ": " + where,
        layers
            ? "keep images on ext4, xfs or btrfs; until then pods with a user namespace are refused"
            : "pods with a user namespace need volumes on another file system");
  }
}
