package dev.stockade.shim.cdi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.shim.document.DocumentException;
import dev.stockade.shim.document.TextDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the specifications of one directory, of which each file stands for itself. */
final class SpecDirectory {
  private static final int MOST_NAMES = 256;
  private static final int OTHERS_WRITE = 022;

  /**
   * A file and what it says.
   *
   * @param spec empty for one that is not acceptable
   * @param reason why it is not
   * @param names devices it seems to have, in full, although it is not acceptable
   */
  record SpecFile(Path path, Optional<Spec> spec, String reason, Set<String> names) {
    static SpecFile bad(Path path, String reason, Set<String> names) {
      return new SpecFile(path, Optional.empty(), reason, names);
    }
  }

  private SpecDirectory() {}

  /** In the order of names; nothing where there is no directory. */
  static List<SpecFile> read(Path path) {
    List<SpecFile> files = new ArrayList<>();
    try (Directory directory = Directory.open(path, Resolution.BENEATH)) {
      Optional<String> objection = objection(directory.fd().status());
      if (objection.isPresent()) {
        return List.of(SpecFile.bad(path, objection.get(), Set.of()));
      }
      List<String> names =
          directory.list(MOST_NAMES).stream().map(Listing.Name::name).sorted().toList();
      for (String name : names) {
        if (name.endsWith(".json") || name.endsWith(".yaml")) {
          files.add(file(directory, path.resolve(name), name));
        }
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        files.add(SpecFile.bad(path, String.valueOf(e.getMessage()), Set.of()));
      }
    }
    return files;
  }

  private static SpecFile file(Directory directory, Path path, String name) {
    JsonNode document;
    try (Fd held = directory.openRead(name)) {
      Optional<String> objection = objection(held.status());
      if (objection.isPresent()) {
        return SpecFile.bad(path, objection.get(), Set.of());
      }
      document = TextDocument.parse(held.input().readNBytes(TextDocument.MAX_BYTES + 1));
    } catch (DocumentException e) {
      return SpecFile.bad(path, e.reason(), Set.of());
    } catch (IOException e) {
      return SpecFile.bad(path, String.valueOf(e.getMessage()), Set.of());
    }
    try {
      return new SpecFile(path, Optional.of(SpecReader.read(document)), "", Set.of());
    } catch (SpecException e) {
      return SpecFile.bad(path, e.reason(), names(document));
    }
  }

  /** Whoever can write such a file decides what containers see of the host. */
  private static Optional<String> objection(FileStatus status) {
    if (status.uid() != 0) {
      return Optional.of("belongs to uid " + status.uid() + ", not to root");
    }
    return (status.permissions() & OTHERS_WRITE) != 0
        ? Optional.of("can be written by others than root; run chmod go-w")
        : Optional.empty();
  }

  /** So that a file that cannot be used does not bring out an older one that it replaces. */
  private static Set<String> names(JsonNode document) {
    Set<String> names = new HashSet<>();
    String kind = document.path("kind").asText();
    for (JsonNode device : document.path("devices")) {
      names.add(kind + "=" + device.path("name").asText());
    }
    return names;
  }
}
