package dev.stockade.shim.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordStoreTest {
  record Asked(String name, Map<String, String> annotations) {}

  record Became(String state, int exitCode) {}

  private static final String ID = "ab".repeat(32);
  private static final Asked ASKED = new Asked("web", Map.of("note", "  spaces\u2028and\tmore "));

  @TempDir Path directory;

  private RecordStore<Asked, Became> open() throws IOException {
    return RecordStore.open(directory.resolve("containers"), Asked.class, Became.class);
  }

  @Test
  void survivesReopening() throws IOException {
    open().create(ID, ASKED);
    assertThat(open().load().records()).containsExactly(new Stored<>(ID, ASKED, null));
    open().update(ID, new Became("EXITED", 137));
    assertThat(open().load().records())
        .containsExactly(new Stored<>(ID, ASKED, new Became("EXITED", 137)));
  }

  @Test
  void isReadableByItsOwnerOnly() throws IOException {
    RecordStore<Asked, Became> store = open();
    store.create(ID, ASKED);
    store.update(ID, new Became("RUNNING", 0));
    assertThat(mode(store.directoryOf(ID))).isEqualTo("rwx------");
    assertThat(mode(file())).isEqualTo("rw-------");
  }

  @Test
  void refusesASecondRecordOfTheSameName() throws IOException {
    RecordStore<Asked, Became> store = open();
    store.create(ID, ASKED);
    assertThatThrownBy(() -> store.create(ID, ASKED)).isInstanceOf(IOException.class);
    assertThat(store.load().records()).hasSize(1);
    try (var entries = Files.list(directory.resolve("containers"))) {
      assertThat(entries).containsExactlyInAnyOrder(file(), store.directoryOf(ID));
    }
  }

  @Test
  void removesEverythingKeptWithTheRecord() throws IOException {
    RecordStore<Asked, Became> store = open();
    store.create(ID, ASKED);
    Files.createDirectories(store.directoryOf(ID).resolve("upper/etc"));
    Files.createSymbolicLink(store.directoryOf(ID).resolve("upper/etc/link"), directory);
    store.remove(ID);
    store.remove(ID);
    assertThat(store.directoryOf(ID)).doesNotExist();
    assertThat(directory).exists();
    assertThat(store.load().records()).isEmpty();
  }

  @Test
  void aRetiredRecordIsGoneBeforeWhatIsKeptWithIt() throws IOException {
    RecordStore<Asked, Became> store = open();
    store.create(ID, ASKED);
    Files.createDirectory(store.directoryOf(ID).resolve("upper"));
    Path retired = store.retire(ID).orElseThrow();
    assertThat(retired.resolve("upper")).isDirectory();
    assertThat(store.retire(ID)).contains(retired);
    assertThat(open().load().records()).isEmpty();
    assertThat(retired).doesNotExist();
    assertThat(store.retire(ID)).isEmpty();
  }

  /** Longer than any path the kernel takes in one call, PATH_MAX. */
  @Test
  void clearsTreesOfAnyDepth() throws IOException {
    RecordStore<Asked, Became> store = open();
    store.create(ID, ASKED);
    String name = "d".repeat(200);
    Path deep = store.directoryOf(ID);
    for (int i = 0; i < 30; i++) {
      Path below = Files.createDirectory(deep.resolveSibling("below"));
      Files.move(deep, below.resolve(name));
      deep = Files.move(below, deep);
    }
    store.remove(ID);
    assertThat(directory.resolve("containers")).isEmptyDirectory();
  }

  @Test
  void clearsWhatACrashLeft() throws IOException {
    Path containers = Files.createDirectory(directory.resolve("containers"));
    Files.createDirectories(containers.resolve(ID).resolve("upper"));
    Files.writeString(containers.resolve("." + ID + ".json.new"), "{\"name\":\"w");
    assertThat(open().load()).isEqualTo(new RecordStore.Inventory<>(List.of(), List.of()));
    assertThat(containers).isEmptyDirectory();
  }

  /** Whatever of a state has reached the disk, the one before it or it itself is read. */
  @Test
  void aStateCutShortAnywhereLeavesTheOneBefore() throws IOException {
    RecordStore<Asked, Became> store = open();
    store.create(ID, ASKED);
    store.update(ID, new Became("RUNNING", 0));
    byte[] before = Files.readAllBytes(file());
    store.update(ID, new Became("EXITED", 137));
    byte[] after = Files.readAllBytes(file());
    for (int length = before.length; length < after.length; length++) {
      Files.write(file(), Arrays.copyOf(after, length));
      assertThat(open().load().records())
          .containsExactly(new Stored<>(ID, ASKED, new Became("RUNNING", 0)));
      store.update(ID, new Became("EXITED", 9));
      assertThat(open().load().records())
          .containsExactly(new Stored<>(ID, ASKED, new Became("EXITED", 9)));
    }
  }

  @Test
  void aDraftThatIsNotPublishedLeavesNothing() throws IOException {
    RecordStore<Asked, Became> store = open();
    try (Draft<Asked> draft = store.draft(ID)) {
      Files.createDirectory(draft.directory().resolve("upper"));
    }
    assertThat(directory.resolve("containers")).isEmptyDirectory();
  }

  @Test
  void namesDamageWithoutQuotingIt() throws IOException {
    RecordStore<Asked, Became> store = open();
    store.create(ID, ASKED);
    Files.writeString(file(), "{\"name\": hunter2 secret");
    Files.createDirectory(directory.resolve("containers/stray"));
    var damaged = store.load().damaged();
    assertThat(damaged).hasSize(2);
    assertThat(damaged.get(0).reason()).contains("line 1").doesNotContain("hunter2");
    assertThat(damaged.get(1).reason()).contains("not an identifier");
  }

  @Test
  void acceptsOnlyWholeIdentifiersAsNames() throws IOException {
    RecordStore<Asked, Became> store = open();
    for (String name :
        new String[] {"", "..", "../" + ID, ID + "/", ID.toUpperCase(Locale.ROOT), ID + "0"}) {
      assertThatThrownBy(() -> store.directoryOf(name))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void updateNeedsARecord() throws IOException {
    RecordStore<Asked, Became> store = open();
    assertThatThrownBy(() -> store.update(ID, new Became("EXITED", 1)))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(FileAlreadyExistsException.class);
  }

  private Path file() {
    return directory.resolve("containers/" + ID + ".json");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
