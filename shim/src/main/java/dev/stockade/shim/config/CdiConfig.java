package dev.stockade.shim.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code [cdi]}.
 *
 * @param specDirs directories of specifications of devices; a later one counts before an earlier
 */
public record CdiConfig(List<Path> specDirs) {
  static final CdiConfig DEFAULT =
      new CdiConfig(List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi")));

  private static final int LONGEST = 4095;
  private static final int MOST = 16;

  /** Copies the list. */
  public CdiConfig {
    specDirs = List.copyOf(specDirs);
  }

  static CdiConfig read(Section section) {
    List<Path> paths = new ArrayList<>();
    List<String> texts = DEFAULT.specDirs.stream().map(Path::toString).toList();
    for (String text : section.list("spec_dirs", texts, MOST)) {
      try {
        paths.add(Section.absolute(text, LONGEST));
      } catch (Section.WrongValue e) {
        section.problem("spec_dirs", String.valueOf(e.getMessage()));
      }
    }
    return new CdiConfig(paths);
  }
}
