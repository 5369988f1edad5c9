package dev.stockade.shim.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A directory of durable records: one subdirectory per identifier, mode 0700, with {@code
 * record.json} (what was asked, written once) and {@code state.json} (what became of it, replaced
 * on each change), both mode 0600 because they hold environments.
 *
 * <p>A record exists exactly when its subdirectory has its final name: it is filled under a
 * temporary name first, so a crash leaves either nothing or the whole record.
 */
public final class RecordStore<R, S> {
  private static final String RECORD = "record.json";
  private static final String STATE = "state.json";
  private static final String UNBORN = ".unborn-";
  private static final String DOOMED = ".doomed-";
  private static final int MAX_RECORD_BYTES = 64 << 20;
  private static final Duration REMOVAL = Duration.ofMinutes(2);

  private final Path directory;
  private final Class<R> recordType;
  private final Class<S> stateType;
  private final ObjectMapper json =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private RecordStore(Path directory, Class<R> recordType, Class<S> stateType) {
    this.directory = directory;
    this.recordType = recordType;
    this.stateType = stateType;
  }

  /**
   * Opens the directory, made with mode 0700 if missing, and clears what a crash left half made or
   * half removed.
   */
  public static <R, S> RecordStore<R, S> open(
      Path directory, Class<R> recordType, Class<S> stateType) throws IOException {
    Files.createDirectories(directory, DurableFile.OWNER_ONLY_DIRECTORY);
    RecordStore<R, S> store = new RecordStore<>(directory, recordType, stateType);
    for (Path entry : store.entries()) {
      String name = entry.getFileName().toString();
      if (name.startsWith(UNBORN) || name.startsWith(DOOMED)) {
        deleteTree(entry);
      }
    }
    return store;
  }

  /** The directory of one record; other files of the same pod or container may be kept in it. */
  public Path directoryOf(String id) {
    return directory.resolve(checked(id));
  }

  /**
   * Begins a record: its directory exists under a temporary name, and nothing of it is seen before
   * {@link Draft#publish}.
   *
   * @throws java.nio.file.FileAlreadyExistsException when one of this name is being made
   */
  public Draft<R> draft(String id) throws IOException {
    Path unborn = directory.resolve(UNBORN + checked(id));
    Files.createDirectory(unborn, DurableFile.OWNER_ONLY_DIRECTORY);
    return new Draft<>(unborn, record -> publish(id, unborn, record));
  }

  /** Stores a new record durably; afterwards it survives a power failure. */
  public void create(String id, R record) throws IOException {
    try (Draft<R> draft = draft(id)) {
      draft.publish(record);
    }
  }

  private void publish(String id, Path unborn, R record) throws IOException {
    DurableFile.write(unborn.resolve(RECORD), json.writeValueAsBytes(record));
    Files.move(unborn, directoryOf(id), StandardCopyOption.ATOMIC_MOVE);
    DurableFile.syncDirectory(directory);
  }

  /** Replaces the state of an existing record durably. */
  public void update(String id, S state) throws IOException {
    DurableFile.write(directoryOf(id).resolve(STATE), json.writeValueAsBytes(state));
  }

  /**
   * Ends the record: from here on it does not exist, durably, and what is kept in its directory
   * stays until {@link #remove}, or until the store is opened again.
   *
   * <p>The name goes first: a crash in the middle of a removal never shows half a record again.
   *
   * @return where its directory is now; empty when nothing is left of it
   */
  public Optional<Path> retire(String id) throws IOException {
    Path doomed = directory.resolve(DOOMED + checked(id));
    try {
      Files.move(directoryOf(id), doomed, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return Files.exists(doomed) ? Optional.of(doomed) : Optional.empty();
    }
    DurableFile.syncDirectory(directory);
    return Optional.of(doomed);
  }

  /**
   * Removes the record and all that is kept in its directory; nothing happens when there is none.
   */
  public void remove(String id) throws IOException {
    Optional<Path> doomed = retire(id);
    if (doomed.isPresent()) {
      deleteTree(doomed.get());
    }
  }

  /** Every readable record, and the names of the directories that hold none with the reason. */
  public Inventory<R, S> load() throws IOException {
    List<Stored<R, S>> records = new ArrayList<>();
    List<Damage> damaged = new ArrayList<>();
    for (Path home : entries()) {
      String id = home.getFileName().toString();
      try {
        if (!Identifier.isWhole(id)) {
          throw new IOException("its name is not an identifier of 64 hexadecimal digits");
        }
        R record = required(home.resolve(RECORD), recordType);
        records.add(new Stored<>(id, record, optional(home.resolve(STATE), stateType)));
      } catch (IOException e) {
        damaged.add(new Damage(home, reason(e)));
      }
    }
    return new Inventory<>(List.copyOf(records), List.copyOf(damaged));
  }

  private List<Path> entries() throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      stream.forEach(found::add);
    }
    found.sort(Comparator.naturalOrder());
    return found;
  }

  private <T> T required(Path file, Class<T> type) throws IOException {
    T value = optional(file, type);
    if (value == null) {
      throw new IOException(file.getFileName() + " is missing");
    }
    return value;
  }

  private <T> @Nullable T optional(Path file, Class<T> type) throws IOException {
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] bytes = in.readNBytes(MAX_RECORD_BYTES + 1);
      if (bytes.length > MAX_RECORD_BYTES) {
        throw new IOException(file.getFileName() + " is longer than " + MAX_RECORD_BYTES);
      }
      return json.readValue(bytes, type);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** A parser's message quotes the text around the error, and that text holds environments. */
  private static String reason(IOException e) {
    if (e instanceof JsonProcessingException parse && parse.getLocation() != null) {
      return "not a record: line "
          + parse.getLocation().getLineNr()
          + ", column "
          + parse.getLocation().getColumnNr();
    }
    return String.valueOf(e.getMessage());
  }

  private static String checked(String id) {
    if (!Identifier.isWhole(id)) {
      throw new IllegalArgumentException("not an identifier: " + id);
    }
    return id;
  }

  /** What containers wrote may be among it: no name of theirs is trusted, and no depth too deep. */
  static void deleteTree(Path root) throws IOException {
    Path parent = root.toAbsolutePath().getParent();
    try (Directory holder = Directory.open(Objects.requireNonNull(parent), Resolution.BENEATH)) {
      holder.removeTree(String.valueOf(root.getFileName()), REMOVAL);
    }
  }

  /** What a directory of records holds. */
  public record Inventory<R, S>(List<Stored<R, S>> records, List<Damage> damaged) {}

  /** A directory that should be a record and is not. */
  public record Damage(Path directory, String reason) {}
}
