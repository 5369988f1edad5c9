package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.MountInfo;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.node.NodePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Gives volumes the label of the container that asks for it ({@link ContainerLabels#ofVolumes}),
 * and nothing that services of the node need as it is.
 */
final class VolumeLabels {
  private static final System.Logger LOG = System.getLogger(VolumeLabels.class.getName());
  private static final String WHAT = "CreateContainer";

  private final NodePaths paths;
  private final LabelWalks walks = new LabelWalks();

  VolumeLabels(NodePaths paths) {
    this.paths = paths;
  }

  /**
   * Refuses sources that must keep their labels; those that are not there yet are not looked at.
   */
  static void check(List<MountIntent> mounts, NodePaths paths) throws IntentRejection, CallFailure {
    if (mounts.stream().noneMatch(MountIntent::selinuxRelabel)) {
      return;
    }
    ProtectedPlaces places = places(paths);
    Problems problems = new Problems();
    for (int i = 0; i < mounts.size(); i++) {
      MountIntent mount = mounts.get(i);
      if (mount.selinuxRelabel() && Files.exists(Path.of(mount.source()))) {
        try (Volume volume = Volume.open(mount)) {
          volume.require(field(i), places, problems);
        } catch (IOException e) {
          throw Refusals.of("look at host_path " + mount.source() + " of a mount", e);
        }
      }
    }
    problems.refuse(WHAT);
  }

  private static ProtectedPlaces places(NodePaths paths) throws CallFailure {
    try {
      return ProtectedPlaces.now(paths);
    } catch (IOException e) {
      throw Refusals.of("find what of this node must keep its labels", e);
    }
  }

  private static String field(int index) {
    return "mounts[" + index + "].selinux_relabel";
  }

  /** A source, held. */
  private record Volume(Path real, Fd held, FileStatus status) implements AutoCloseable {
    static Volume open(MountIntent mount) throws IOException {
      Path real = Path.of(mount.source()).toRealPath();
      Fd held = HostPath.holdReal(real);
      try {
        return new Volume(real, held, held.status());
      } catch (SyscallException e) {
        held.close();
        throw e;
      }
    }

    void require(String field, ProtectedPlaces places, Problems problems) {
      places
          .objection(real, status)
          .ifPresent(
              reason ->
                  problems.invalid(
                      field,
                      "asks to relabel " + real + ", which " + reason,
                      "clear it, or mount a directory that is the containers' alone"));
    }

    @Override
    public void close() {
      held.close();
    }
  }

  /**
   * Labels the volumes that ask for it, one after the other. What was labelled stays so when the
   * call fails, and is only looked at when it is repeated.
   */
  void give(List<MountIntent> mounts, String label, Call call)
      throws IntentRejection, CallFailure, InterruptedException {
    Problems problems = new Problems();
    for (int i = 0; i < mounts.size(); i++) {
      MountIntent mount = mounts.get(i);
      if (mount.selinuxRelabel()) {
        try (Volume volume = Volume.open(mount)) {
          // Whatever is there now, not what was there when the request came.
          volume.require(field(i), places(paths), problems);
          problems.refuse(WHAT);
          give(volume, label, call);
        } catch (SyscallException e) {
          refuse(field(i), mount, e);
        } catch (IOException e) {
          throw Refusals.of("relabel host_path " + mount.source() + " of a mount", e);
        }
      }
    }
  }

  private void give(Volume volume, String label, Call call)
      throws IOException, CallFailure, InterruptedException {
    long from = System.nanoTime();
    var tally = walks.walk(volume.held(), volume.real(), volume.status(), label, call);
    LOG.log(
        System.Logger.Level.INFO,
        "{0}: {1} of {2} files got the label {3} in {4} ms; {5} mounts in it keep theirs",
        volume.real(),
        tally.changed(),
        tally.seen(),
        label,
        (System.nanoTime() - from) / 1_000_000,
        tally.mounts());
  }

  private static void refuse(String field, MountIntent mount, SyscallException e)
      throws IntentRejection, CallFailure {
    if (e.is(Errno.EMFILE) || e.is(Errno.ENFILE) || e.is(Errno.ENOMEM) || e.is(Errno.EIO)) {
      throw Refusals.of("relabel host_path " + mount.source() + " of a mount", e);
    }
    Problems problems = new Problems();
    problems.unenforceable(field, "cannot relabel: " + e.getMessage(), remedy(mount, e));
    problems.refuse(WHAT);
  }

  private static String remedy(MountIntent mount, SyscallException e) {
    if (e.is(Errno.EACCES)) {
      return "let the policy's stockade_t relabel files of that type, or label the volume by hand"
          + " (chcon) and clear it";
    }
    if (e.is(Errno.EOPNOTSUPP) || e.is(Errno.EROFS)) {
      return "clear it, and mount "
          + at(mount)
          + " with the option context= of a type that containers may use";
    }
    return "mend that, or clear it";
  }

  private static String at(MountIntent mount) {
    try {
      return MountInfo.holding(Path.of(mount.source()))
          .map(at -> at.point() + " (" + at.type() + ")")
          .orElse(mount.source());
    } catch (IOException e) {
      return mount.source();
    }
  }
}
