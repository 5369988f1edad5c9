package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciProcess;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Working directory, lookup, and the last step. */
final class ExecStage {
  /** MAX_ARG_STRLEN of linux/binfmts.h, with its NUL. */
  private static final int MAX_STRING = 131_072;

  private static final int MAX_STRINGS = 16_384;
  private static final Pattern OTHERS_PLACES = Pattern.compile("proc/[^/]+/.*");

  private final Draft draft;

  private ExecStage(Draft draft) {
    this.draft = draft;
  }

  static void plan(Draft draft, OciProcess process) {
    ExecStage stage = new ExecStage(draft);
    stage.directory(process.cwd());
    draft.add(Section.PROGRAM, new IdentityStep.Report());
    stage.checkStrings("process.args", process.args());
    stage.checkStrings("process.env", process.env());
    stage.checkEnv(process.env());
    stage.program(process);
  }

  /** The pod's init: warden's own image, in a root without anything. */
  static void planInit(Draft draft) {
    draft.add(Section.PROGRAM, new IdentityStep.Report());
    Slot image = draft.supply(new FdSource.WardenImage());
    draft.add(Section.LAST, new FinalStep.ExecFd(image, List.of("init"), List.of()));
  }

  private void directory(String cwd) {
    String field = "process.cwd";
    Optional<String> path = ContainerPath.parse(field, cwd.isEmpty() ? "/" : cwd, draft.problems);
    if (path.isEmpty()) {
      return;
    }
    // CVE-2024-21626: a descriptor of the launcher as working directory.
    if (OTHERS_PLACES.matcher(path.get()).matches()) {
      draft.problems.add(
          field, "lies in another process's part of /proc", "use a directory of the container");
    }
    if (draft.kind() == LaunchKind.CONTAINER && !path.get().isEmpty()) {
      draft.add(Section.DEVICES, new FileSystemStep.MakeDir(path.get(), 0755, 0, 0));
    }
    draft.add(Section.LIMITS, new ProcessStep.Chdir("/" + path.get(), 0));
    draft.add(Section.PROGRAM, new ProcessStep.Chdir("/" + path.get(), 1));
  }

  private void checkStrings(String field, List<String> strings) {
    if (strings.size() > MAX_STRINGS) {
      draft.problems.add(field, "more than " + MAX_STRINGS, "use fewer");
    }
    for (int i = 0; i < strings.size(); i++) {
      String at = field + "[" + i + "]";
      if (draft.problems.text(at, strings.get(i))
          && strings.get(i).getBytes(StandardCharsets.UTF_8).length >= MAX_STRING) {
        draft.problems.add(
            at, "is longer than 131071 bytes", "execve takes no more: pass it as a file");
      }
    }
  }

  private void checkEnv(List<String> env) {
    for (int i = 0; i < env.size(); i++) {
      if (env.get(i).indexOf('=') < 1) {
        draft.problems.add("process.env[" + i + "]", "has no name", "write NAME=value");
      }
    }
  }

  private void program(OciProcess process) {
    if (process.args().isEmpty() || process.args().get(0).isEmpty()) {
      draft.problems.add(
          "process.args", "no program is named", "give a command, or an image with an entrypoint");
      return;
    }
    String name = process.args().get(0);
    Optional<String> path = Environment.path(process.env());
    if (path.isEmpty() && name.indexOf('/') < 0) {
      draft.problems.add(
          "process.env", "no PATH to find " + name + " by", "set PATH, or name it with a slash");
    }
    draft.add(Section.PROGRAM, new IdentityStep.Resolve(name, path.orElse("")));
    draft.add(Section.LAST, new FinalStep.Exec(process.args(), Environment.unique(process.env())));
  }
}
