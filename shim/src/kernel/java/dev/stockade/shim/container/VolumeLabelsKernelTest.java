package dev.stockade.shim.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.Mounts;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.TreeLabels.Tally;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.MountIntent;
import dev.stockade.shim.node.NodePaths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Labels are attributes like others where no SELinux watches them, so this runs everywhere. */
@Timeout(120)
final class VolumeLabelsKernelTest {
  private static final String LABEL = "system_u:object_r:container_file_t:s0:c1,c2";
  private static final String OTHER = "system_u:object_r:container_file_t:s0:c3,c4";
  private static final int FILES = 3000;
  private static final int ALL = FILES + FILES / 50 + 1;

  @TempDir Path temporary;
  private final ExecutorService callers = Executors.newCachedThreadPool();
  private Path volume;
  private VolumeLabels labels;
  private NodePaths paths;
  private int before;

  @BeforeEach
  void directories() throws Exception {
    volume = Files.createDirectory(temporary.resolve("volume"));
    paths = new NodePaths(temporary.resolve("state"), temporary.resolve("run"));
    labels = new VolumeLabels(paths);
    before = Fd.openCount();
  }

  @AfterEach
  void nothingStays() throws Exception {
    callers.shutdownNow();
    for (int i = 0; i < 100 && Fd.openCount() != before; i++) {
      Thread.sleep(20);
    }
    assertThat(Fd.openCount()).isEqualTo(before);
  }

  private void fill() throws Exception {
    for (int f = 0; f < FILES; f++) {
      Path directory = volume.resolve("d" + f / 50);
      Files.createDirectories(directory);
      Files.createFile(directory.resolve("f" + f));
    }
  }

  private static MountIntent mount(Path source, boolean relabel) {
    return new MountIntent(
        "/data",
        source.toString(),
        Optional.empty(),
        false,
        false,
        MountIntent.Propagation.PRIVATE,
        relabel,
        true,
        List.of(),
        List.of(),
        List.of());
  }

  private static String label(Path path) throws Exception {
    try (Fd held = HostPath.hold(path)) {
      return held.label().orElse("");
    }
  }

  /** How many of the files have a label. */
  private long labelled(String label) throws Exception {
    long count = 0;
    for (int f = 0; f < FILES; f++) {
      count += label(volume.resolve("d" + f / 50).resolve("f" + f)).equals(label) ? 1 : 0;
    }
    return count;
  }

  @Test
  void onlyMountsThatAskAreLabelled() throws Exception {
    Path asks = Files.writeString(volume.resolve("asks"), "one");
    Path does = Files.writeString(volume.resolve("does not"), "two");
    labels.give(List.of(mount(does, false), mount(asks, true)), LABEL, Call.OWN);
    assertThat(label(asks)).isEqualTo(LABEL);
    assertThat(label(does)).isNotEqualTo(LABEL);
  }

  @Test
  void whatTheNodeNeedsIsRefusedByItsFieldBeforeAnythingOfItIsLabelled() throws Exception {
    String etc = label(Path.of("/etc/hostname"));
    Path link = Files.createSymbolicLink(temporary.resolve("link"), Path.of("/etc/hostname"));
    List<MountIntent> mounts = List.of(mount(volume, false), mount(link, true));
    for (Callable<Void> attempt :
        List.<Callable<Void>>of(
            () -> {
              VolumeLabels.check(mounts, paths);
              return null;
            },
            () -> {
              labels.give(mounts, LABEL, Call.OWN);
              return null;
            })) {
      IntentRejection refused = catchThrowableOfType(IntentRejection.class, attempt::call);
      assertThat(refused)
          .hasMessageContaining("CreateContainer refused: mounts[1].selinux_relabel: ")
          .hasMessageContaining("/etc/hostname, which is, or is beneath, /etc of this node")
          .hasMessageContaining("clear it, or mount a directory");
    }
    assertThat(label(Path.of("/etc/hostname"))).isEqualTo(etc);
  }

  @Test
  void aFileSystemWithoutLabelsIsRefusedByItsField() throws Exception {
    try (Directory directory = Directory.open(temporary, Resolution.BENEATH);
        Fd ramfs = Mounts.fileSystem("ramfs", List.of(), 0);
        Fd target = directory.openPath("volume")) {
      Mounts.attach(ramfs, target, "volume");
      try {
        IntentRejection refused =
            catchThrowableOfType(
                IntentRejection.class,
                () -> labels.give(List.of(mount(volume, true)), LABEL, Call.OWN));
        assertThat(refused)
            .hasMessageContaining("mounts[0].selinux_relabel: cannot relabel: ")
            .hasMessageContaining(volume + ": EOPNOTSUPP")
            .hasMessageContaining("mount " + volume + " (ramfs) with the option context=");
      } finally {
        Mounts.detach(directory, "volume");
      }
    }
  }

  @Test
  void requestsForOneVolumeShareAWalk() throws Exception {
    fill();
    LabelWalks walks = new LabelWalks();
    for (int attempt = 0; attempt < 20; attempt++) {
      String label = attempt % 2 == 0 ? LABEL : OTHER;
      Set<Integer> identities = new HashSet<>();
      long changed = 0;
      for (Tally tally : together(walks, List.of(label, label, label))) {
        changed += identities.add(System.identityHashCode(tally)) ? tally.changed() : 0;
        assertThat(tally.seen()).isEqualTo(ALL);
      }
      assertThat(changed).as("labelled once in all").isEqualTo(ALL);
      if (identities.size() == 1) {
        return;
      }
    }
    throw new AssertionError("no two requests of sixty shared a walk");
  }

  @Test
  void requestsForTwoLabelsComeOneAfterTheOther() throws Exception {
    fill();
    LabelWalks walks = new LabelWalks();
    for (int attempt = 0; attempt < 5; attempt++) {
      together(walks, List.of(LABEL, OTHER));
      assertThat(List.of(labelled(LABEL), labelled(OTHER)))
          .as("a walk that met another leaves both labels")
          .containsExactlyInAnyOrder((long) FILES, 0L);
    }
  }

  private List<Tally> together(LabelWalks walks, List<String> wanted) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<Tally>> results = new ArrayList<>();
    for (String label : wanted) {
      results.add(
          callers.submit(
              () -> {
                start.await();
                return walk(walks, label, Call.OWN);
              }));
    }
    start.countDown();
    List<Tally> tallies = new ArrayList<>();
    for (Future<Tally> result : results) {
      tallies.add(result.get());
    }
    return tallies;
  }

  private Tally walk(LabelWalks walks, String label, Call call) throws Exception {
    try (Fd held = HostPath.hold(volume)) {
      FileStatus status = held.status();
      return walks.walk(held, volume, status, label, call);
    }
  }

  /** Cancelled from the first time it asks: not at once, and not only when all is done. */
  private static Call soon() {
    return () -> true;
  }

  @Test
  void aCallThatIsCancelledEndsItsWalkAndTheNextTakesItUp() throws Exception {
    fill();
    LabelWalks walks = new LabelWalks();
    for (int attempt = 0; attempt < 50; attempt++) {
      String label = attempt % 2 == 0 ? LABEL : OTHER;
      CallFailure failure =
          catchThrowableOfType(CallFailure.class, () -> walk(walks, label, soon()));
      Tally rest = walk(walks, label, Call.OWN);
      assertThat(rest.seen()).isEqualTo(ALL);
      assertThat(labelled(label)).isEqualTo(FILES);
      if (failure != null && rest.changed() > 0 && rest.changed() < ALL) {
        assertThat(failure.kind()).isEqualTo(CallFailure.Kind.CANCELLED);
        return;
      }
    }
    throw new AssertionError("no cancelled call of fifty had done some of its work");
  }

  @Test
  void aWalkGoesOnForWhoStillWaits() throws Exception {
    fill();
    LabelWalks walks = new LabelWalks();
    for (int attempt = 0; attempt < 50; attempt++) {
      String label = attempt % 2 == 0 ? LABEL : OTHER;
      Future<Tally> first = callers.submit(() -> walk(walks, label, soon()));
      assertThat(walk(walks, label, Call.OWN).seen()).isEqualTo(ALL);
      assertThat(labelled(label)).isEqualTo(FILES);
      try {
        first.get();
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(CallFailure.class);
        return;
      }
    }
    throw new AssertionError("no first call of fifty was cancelled before the walk had ended");
  }
}
