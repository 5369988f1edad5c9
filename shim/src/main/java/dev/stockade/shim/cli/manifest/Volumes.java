package dev.stockade.shim.cli.manifest;

import dev.stockade.shim.cli.manifest.PodRequest.EmptyDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** The volumes of a pod: host paths, and directories that begin empty. */
final class Volumes {
  private static final String ANY = "";

  /** Types of a host path and what has to be there; those that make what is missing are apart. */
  private static final Map<String, Predicate<Path>> TYPES =
      Map.of(
          ANY,
          path -> true,
          "Directory",
          Files::isDirectory,
          "File",
          Files::isRegularFile,
          "Socket",
          path -> hasMode(path, 0140000),
          "CharDevice",
          path -> hasMode(path, 0020000),
          "BlockDevice",
          path -> hasMode(path, 0060000));

  private final Map<String, Path> sources = new LinkedHashMap<>();
  private final List<EmptyDir> emptyDirs = new ArrayList<>();
  private final PodPlace place;
  private final OptionalLong group;

  private Volumes(PodPlace place, OptionalLong group) {
    this.place = place;
    this.group = group;
  }

  static Volumes read(Fields spec, PodPlace place, OptionalLong group) {
    Volumes volumes = new Volumes(place, group);
    spec.each("volumes", volumes::add);
    return volumes;
  }

  /** The host path of a volume. */
  Optional<Path> source(String name) {
    return Optional.ofNullable(sources.get(name));
  }

  List<EmptyDir> emptyDirs() {
    return List.copyOf(emptyDirs);
  }

  private void add(Fields volume) {
    String name = volume.requiredText("name");
    if (!name.isEmpty() && !KubeletDefaults.isLabel(name)) {
      volume.problem("name", "has to be a DNS label of small letters, digits and \"-\"");
      name = "";
    }
    if (sources.containsKey(name)) {
      volume.problem("name", "occurs twice: " + name);
    }
    Optional<Fields> host = volume.object("hostPath");
    Optional<Fields> empty = volume.object("emptyDir");
    if (host.isPresent() == empty.isPresent()) {
      volume.problem("hostPath", "or emptyDir is required, and not both");
    }
    String key = name;
    host.ifPresent(fields -> sources.put(key, hostPath(fields)));
    empty.ifPresent(
        fields -> {
          emptyDir(fields);
          sources.put(key, place.volume(key));
          emptyDirs.add(new EmptyDir(key, group));
        });
  }

  private static Path hostPath(Fields fields) {
    String text = fields.requiredText("path");
    Optional<Predicate<Path>> check = fields.choice("type", TYPES);
    fields.end();
    if (text.isEmpty()) {
      return Path.of("/");
    }
    Path path = Path.of(text);
    if (!path.isAbsolute()) {
      fields.problem("path", "has to be absolute");
    } else if (check.isPresent() && !check.get().test(path)) {
      fields.problem("path", path + " is not there or not of that type");
    }
    return path;
  }

  private static void emptyDir(Fields fields) {
    fields
        .text("medium")
        .filter(medium -> !medium.isEmpty())
        .ifPresent(medium -> fields.problem("medium", "\"" + medium + "\" is not supported"));
    fields
        .scalar("sizeLimit")
        .ifPresent(limit -> fields.problem("sizeLimit", "cannot be enforced here; leave it out"));
    fields.end();
  }

  /** Whether a file's type bits are these, inode(7). */
  private static boolean hasMode(Path path, int type) {
    try {
      return ((int) Files.getAttribute(path, "unix:mode") & 0170000) == type;
    } catch (IOException e) {
      return false;
    }
  }
}
