package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FileSystemStep.Mask;
import dev.stockade.launcher.plan.FileSystemStep.ReadOnly;
import dev.stockade.launcher.spec.OciLinux;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Paths that cannot be seen, and those that cannot be written. */
final class MaskStage {
  private MaskStage() {}

  static void plan(Draft draft, OciLinux linux) {
    for (String path : paths(draft, "linux.readonlyPaths", linux.readonlyPaths())) {
      draft.add(Section.READ_ONLY, new ReadOnly(path));
    }
    Set<String> masked = paths(draft, "linux.maskedPaths", linux.maskedPaths());
    if (!masked.isEmpty()) {
      Slot nullDevice = draft.supply(new FdSource.NullDevice());
      Slot empty = draft.supply(new FdSource.EmptyTmpfs());
      masked.forEach(path -> draft.add(Section.MASKS, new Mask(path, nullDevice, empty)));
    }
  }

  private static Set<String> paths(Draft draft, String field, List<String> asked) {
    Set<String> paths = new LinkedHashSet<>();
    for (int i = 0; i < asked.size(); i++) {
      String at = field + "[" + i + "]";
      ContainerPath.parse(at, asked.get(i), draft.problems)
          .ifPresent(
              path -> {
                if (path.isEmpty()) {
                  draft.problems.add(
                      at, "is the root itself", "use root.readonly for a read-only root");
                } else {
                  paths.add(path);
                }
              });
    }
    return paths;
  }
}
