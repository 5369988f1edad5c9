package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.List;

/** The last step of the child. */
public sealed interface FinalStep extends Step {
  /** execve(2) of what was looked up. */
  record Exec(List<String> args, List<String> env) implements FinalStep {
    /** The same program, which finds another name as its own. */
    Exec named(String name) {
      List<String> renamed = new ArrayList<>(args);
      renamed.set(0, name);
      return new Exec(List.copyOf(renamed), env);
    }

    @Override
    public String toString() {
      return "Exec[args=" + args + ", env=" + env.size() + " redacted]";
    }
  }

  /** execveat(2) of a held image. */
  record ExecFd(Slot image, List<String> args, List<String> env) implements FinalStep {
    @Override
    public String toString() {
      return "ExecFd[image=" + image + ", args=" + args + ", env=" + env.size() + " redacted]";
    }
  }

  /** Waits until the namespaces are pinned, then ends. */
  record Hold() implements FinalStep {}
}
