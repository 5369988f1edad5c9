package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FdSource.BindTree;
import dev.stockade.launcher.plan.FdSource.HostDevice;
import dev.stockade.launcher.plan.FdSource.Layers;
import dev.stockade.launcher.plan.FdSource.NamespaceFile;
import dev.stockade.launcher.plan.FdSource.Overlay;
import dev.stockade.launcher.plan.FdSource.RootDirectory;
import dev.stockade.launcher.plan.FdSource.StdStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Descriptor sources in a line each. */
final class SourceText {
  private SourceText() {}

  static String of(FdSource source) {
    List<String> words = new ArrayList<>();
    words.add(source.getClass().getSimpleName());
    if (source instanceof Overlay overlay) {
      overlay(words, overlay);
    } else if (source instanceof Layers layers) {
      layers.lower().forEach(layer -> words.add("lower=" + path(layer)));
      words.add("subpath=" + PlanText.quoted(layers.subPath()));
      attributes(words, "", layers.attributes());
      words.addAll(idmap(layers.idmap()));
      words.addAll(label(layers.label()));
    } else if (source instanceof RootDirectory directory) {
      words.add(path(directory.path()));
      words.addAll(idmap(directory.idmap()));
    } else if (source instanceof BindTree tree) {
      bind(words, tree);
    } else if (source instanceof HostDevice device) {
      words.add(
          path(device.path()) + " " + device.type() + " " + device.major() + ":" + device.minor());
    } else if (source instanceof NamespaceFile file) {
      words.add(file.kind().ociName() + " " + path(file.path()));
    } else if (source instanceof StdStream stream) {
      words.add(stream.which().name().toLowerCase(Locale.ROOT));
      words.add(stream.end().name().toLowerCase(Locale.ROOT));
      words.add("owner=" + stream.owner());
      words.addAll(label(stream.label()));
    }
    return String.join(" ", words);
  }

  private static void overlay(List<String> words, Overlay overlay) {
    overlay.lower().forEach(layer -> words.add("lower=" + path(layer)));
    words.add("upper=" + path(overlay.upper()));
    words.add("work=" + path(overlay.work()));
    words.addAll(idmap(overlay.idmap()));
    words.addAll(label(overlay.label()));
  }

  private static List<String> label(String label) {
    return label.isEmpty() ? List.of() : List.of("label=" + PlanText.quoted(label));
  }

  private static void bind(List<String> words, BindTree tree) {
    words.add(path(tree.source()));
    words.add(tree.expected().name().toLowerCase(Locale.ROOT));
    words.add(tree.recursive() ? "recursive" : "single");
    words.add(tree.propagation().name().toLowerCase(Locale.ROOT));
    attributes(words, "", tree.attributes());
    attributes(words, "recursive-", tree.recursiveAttributes());
    words.addAll(idmap(tree.idmap()));
    if (tree.recursiveIdmap()) {
      words.add("recursive-idmap");
    }
  }

  private static void attributes(List<String> words, String prefix, MountAttributes attributes) {
    if (attributes.set() != 0) {
      words.add(prefix + "set=" + NumberText.attributes(attributes.set()));
    }
    if (attributes.clear() != 0) {
      words.add(prefix + "clear=" + NumberText.attributes(attributes.clear()));
    }
  }

  private static List<String> idmap(Optional<IdMaps> maps) {
    return maps.map(
            m ->
                List.of(
                    "uids=" + PlanText.quoted(m.uidText().strip()),
                    "gids=" + PlanText.quoted(m.gidText().strip())))
        .orElse(List.of());
  }

  private static String path(Path path) {
    return PlanText.quoted(path.toString());
  }
}
