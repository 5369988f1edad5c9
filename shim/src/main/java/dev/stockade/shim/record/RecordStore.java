package dev.stockade.shim.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A directory of durable records: a file {@code ID.json} per identifier, and beside it a directory
 * {@code ID}, mode 0700, for what is kept with the record. The file has mode 0600, because it holds
 * environments. Its first line is what was asked, every further one what became of it, and the last
 * that is whole counts.
 *
 * <p>A record exists exactly when its file has its name: a crash leaves either nothing or the whole
 * record, and of a state it cut short only a line that is no JSON.
 */
public final class RecordStore<R, S> {
  private static final String SUFFIX = ".json";
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
    store.clear();
    return store;
  }

  /** A file under a temporary name was never a record; a directory without one is not any more. */
  private void clear() throws IOException {
    for (Path entry : entries()) {
      String name = nameOf(entry);
      if (DurableFile.isTemporary(name)) {
        Files.delete(entry);
      } else if (Identifier.isWhole(name) && Files.notExists(fileOf(name))) {
        deleteTree(entry);
      }
    }
  }

  /** The directory of one record, for what is kept with it; nothing in it is made durable. */
  public Path directoryOf(String id) {
    return directory.resolve(checked(id));
  }

  private Path fileOf(String id) {
    return directory.resolve(checked(id) + SUFFIX);
  }

  /**
   * Begins a record: its directory is there to be filled, and there is no record before {@link
   * Draft#publish}.
   *
   * @throws java.nio.file.FileAlreadyExistsException when there is one of this name, or it is being
   *     made
   */
  public Draft<R> draft(String id) throws IOException {
    Path home = Files.createDirectory(directoryOf(id), DurableFile.OWNER_ONLY_DIRECTORY);
    return new Draft<>(
        home, record -> DurableFile.write(fileOf(id), json.writeValueAsBytes(record)));
  }

  /** Stores a new record durably; afterwards it survives a power failure. */
  public void create(String id, R record) throws IOException {
    try (Draft<R> draft = draft(id)) {
      draft.publish(record);
    }
  }

  /** Stores the new state of an existing record durably. */
  public void update(String id, S state) throws IOException {
    // A line of its own also after one that a crash cut short; JSON escapes its line breaks.
    String line = "\n" + json.writeValueAsString(state);
    DurableFile.append(fileOf(id), line.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Ends the record: from here on it does not exist, durably, and what is kept in its directory
   * stays until {@link #remove}, or until the store is opened again.
   *
   * <p>The record goes first: a crash in the middle of a removal never shows half a record again.
   *
   * @return its directory; empty when nothing is left of it
   */
  public Optional<Path> retire(String id) throws IOException {
    if (Files.deleteIfExists(fileOf(id))) {
      DurableFile.syncDirectory(directory);
    }
    return Optional.of(directoryOf(id)).filter(Files::exists);
  }

  /**
   * Removes the record and all that is kept in its directory; nothing happens when there is none.
   */
  public void remove(String id) throws IOException {
    Optional<Path> home = retire(id);
    if (home.isPresent()) {
      deleteTree(home.get());
    }
  }

  /** Every readable record, and the names of those that are none with the reason. */
  public Inventory<R, S> load() throws IOException {
    List<Stored<R, S>> records = new ArrayList<>();
    List<Damage> damaged = new ArrayList<>();
    for (Path entry : entries()) {
      String name = nameOf(entry);
      String id = name.replaceFirst("\\.json$", "");
      if (!Identifier.isWhole(id)) {
        damaged.add(new Damage(entry, "its name is not an identifier of 64 hexadecimal digits"));
      } else if (name.endsWith(SUFFIX)) {
        try {
          records.add(stored(id, entry));
        } catch (IOException e) {
          damaged.add(new Damage(directoryOf(id), reason(e)));
        }
      }
    }
    return new Inventory<>(List.copyOf(records), List.copyOf(damaged));
  }

  private Stored<R, S> stored(String id, Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      bytes = in.readNBytes(MAX_RECORD_BYTES + 1);
    }
    if (bytes.length > MAX_RECORD_BYTES) {
      throw new IOException(file.getFileName() + " is longer than " + MAX_RECORD_BYTES);
    }
    List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
    R record = json.readValue(lines.isEmpty() ? "" : lines.get(0), recordType);
    return new Stored<>(id, record, lastWhole(lines));
  }

  private @Nullable S lastWhole(List<String> lines) {
    for (int i = lines.size() - 1; i > 0; i--) {
      try {
        return json.readValue(lines.get(i), stateType);
      } catch (JsonProcessingException e) {
        // A write that a crash or a full disk cut short; it was never reported to anybody.
      }
    }
    return null;
  }

  private static String nameOf(Path entry) {
    return entry.getFileName().toString();
  }

  private List<Path> entries() throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      stream.forEach(found::add);
    }
    found.sort(Comparator.naturalOrder());
    return found;
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

  /** Something that should be a record and is not. */
  public record Damage(Path directory, String reason) {}
}
