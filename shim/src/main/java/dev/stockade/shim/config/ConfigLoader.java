package dev.stockade.shim.config;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the configuration: built-in defaults, then the file, then the files of its drop-in
 * directory ({@code FILE.d/*.toml}) in the order of their names, then flags. A later source wins
 * key by key; a list is replaced as a whole.
 */
public final class ConfigLoader {
  /** The file read when no other is named; it need not exist. */
  public static final Path DEFAULT_FILE = Path.of("/etc/stockade/config.toml");

  private static final int LARGEST_FILE = 1 << 20;
  private static final int MOST_DROP_INS = 1000;

  private final Map<String, Setting> settings = new HashMap<>();
  private final List<ConfigProblem> problems = new ArrayList<>();

  private ConfigLoader() {}

  /**
   * Reads everything.
   *
   * @param file the file named on the command line, which must exist; empty: {@link #DEFAULT_FILE}
   *     if it exists
   * @throws ConfigException with every problem there is
   */
  public static Config load(Optional<Path> file, List<FlagValue> flags) throws ConfigException {
    return load(file.orElse(DEFAULT_FILE), file.isPresent(), flags);
  }

  static Config load(Path file, boolean required, List<FlagValue> flags) throws ConfigException {
    ConfigLoader loader = new ConfigLoader();
    loader.file(file, required);
    loader.dropIns(file.resolveSibling(file.getFileName() + ".d"));
    loader.flags(flags);
    SettingReader reader = new SettingReader(loader.settings);
    Config config = Config.read(reader.root());
    loader.problems.addAll(reader.finish());
    if (!loader.problems.isEmpty()) {
      throw new ConfigException(loader.problems);
    }
    return config;
  }

  /** The default file: every key with its default and what it does. */
  public static String defaultFile() {
    try (InputStream resource = ConfigLoader.class.getResourceAsStream("default.toml")) {
      if (resource == null) {
        throw new IllegalStateException("default.toml is not beside " + ConfigLoader.class);
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("read default.toml", e);
    }
  }

  private void flags(List<FlagValue> flags) {
    for (FlagValue flag : flags) {
      Origin origin = new Origin(flag.flag(), 0);
      settings.put(flag.key(), new Setting(TextNode.valueOf(flag.value()), origin, true));
    }
  }

  private void file(Path file, boolean required) {
    try {
      requireTrusted(file);
      byte[] content;
      try (InputStream stream = Files.newInputStream(file)) {
        content = stream.readNBytes(LARGEST_FILE + 1);
      }
      if (content.length > LARGEST_FILE) {
        problem(file, "is larger than " + LARGEST_FILE + " bytes");
        return;
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
      TomlFile.read(file.toString(), text, settings::put, problems);
    } catch (NoSuchFileException e) {
      if (required) {
        problem(file, "does not exist");
      }
    } catch (CharacterCodingException e) {
      problem(file, "is not UTF-8");
    } catch (IOException e) {
      problem(file, "cannot be read: " + e.getMessage());
    }
  }

  /** Who can write the configuration of a root daemon is root. */
  private void requireTrusted(Path file) throws IOException {
    PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
    if (attributes.isDirectory()) {
      throw new IOException("it is a directory");
    }
    if (attributes.isOther()) {
      throw new IOException("it is no regular file");
    }
    if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)
        || attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)) {
      problem(file, "can be written by its group or by everybody; chmod go-w it");
    }
  }

  private void dropIns(Path directory) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.toml")) {
      for (Path entry : entries) {
        files.add(entry);
        if (files.size() > MOST_DROP_INS) {
          problem(directory, "has more than " + MOST_DROP_INS + " files");
          return;
        }
      }
    } catch (NoSuchFileException e) {
      return;
    } catch (NotDirectoryException e) {
      problem(directory, "is no directory");
    } catch (IOException e) {
      problem(directory, "cannot be read: " + e.getMessage());
    }
    files.stream().sorted().forEach(file -> file(file, true));
  }

  private void problem(Path file, String message) {
    problems.add(new ConfigProblem(file.toString(), message));
  }
}
