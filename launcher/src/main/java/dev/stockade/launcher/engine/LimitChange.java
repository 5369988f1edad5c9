package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.Receipt;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * A change of the limits of a running container: all of it, or none. What {@link #keep} has not
 * confirmed is taken back by {@link #close}, last first.
 */
public final class LimitChange implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LimitChange.class.getName());
  private static final String MEMORY_MAX = "memory.max";

  private final ContainerCgroup cgroup;
  private final List<Receipt.Row> rows = new ArrayList<>();
  private final Deque<Former> former = new ArrayDeque<>();

  /**
   * The OOM score adjustment of the processes.
   *
   * @param from that of the container so far
   * @param mayMiss whether it may stay where the kernel does not let it be lowered
   */
  public record Score(int from, int to, boolean mayMiss) {}

  /** What there was before, and how to have it again. */
  private record Former(String what, Restoration restoration) {}

  /** Restores one thing. */
  private interface Restoration {
    void run() throws IOException;
  }

  private LimitChange(ContainerCgroup cgroup) {
    this.cgroup = cgroup;
  }

  /**
   * Writes every file and reads it back.
   *
   * @param settings what the files of the cgroup are to show
   */
  static LimitChange make(ContainerCgroup cgroup, Map<String, String> settings, Score score)
      throws IOException, LimitFailure {
    LimitChange change = new LimitChange(cgroup);
    try {
      cgroup.handDown(settings.keySet());
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        change.set(setting.getKey(), setting.getValue());
      }
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        change.verify(setting.getKey(), setting.getValue());
      }
      if (score.from() != score.to()) {
        change.score(score);
      }
      return change;
    } catch (IOException | LimitFailure | RuntimeException e) {
      change.close();
      throw e;
    }
  }

  /** What was asked and what the kernel shows now. */
  public List<Receipt.Row> rows() {
    return List.copyOf(rows);
  }

  private void set(String file, String value) throws IOException, LimitFailure {
    Cgroup files = cgroup.cgroup();
    String had = files.read(file).trim();
    if (cgroup.limit(file).equals(value)) {
      return;
    }
    if (file.equals(MEMORY_MAX) && !value.equals("max")) {
      requireRoom(Long.parseLong(value));
    }
    // An empty list is written as an empty line: the kernel does not see a write of no bytes.
    former.push(new Former(file, () -> files.write(file, had.isEmpty() ? "\n" : had)));
    try {
      files.write(file, value);
    } catch (IOException e) {
      throw new LimitFailure(
          file, "the kernel does not take " + value, "ask for what it takes: " + e.getMessage(), e);
    }
  }

  /** The kernel would make room for a smaller limit by killing (cgroup-v2.rst, memory.max). */
  private void requireRoom(long bytes) throws IOException, LimitFailure {
    long used = Long.parseLong(cgroup.cgroup().read("memory.current").trim());
    if (used > bytes) {
      throw new LimitFailure(
          MEMORY_MAX,
          bytes + " bytes are less than the " + used + " that are in use, so processes would die",
          "give more, or have the container use less first",
          null);
    }
  }

  private void verify(String file, String asked) throws IOException, LimitFailure {
    String shown = cgroup.limit(file);
    if (!shown.equals(asked)) {
      throw new LimitFailure(
          file,
          "asked for " + asked + ", the kernel shows " + shown,
          "ask for what the pod's cgroup allows",
          null);
    }
    rows.add(
        new Receipt.Row(Constraint.CGROUP_LIMIT, file, asked, shown, Receipt.Outcome.MATCH, file));
  }

  private void score(Score score) throws IOException, LimitFailure {
    Cgroup files = cgroup.cgroup();
    String asked = Integer.toString(score.to());
    String shown = asked;
    Receipt.Outcome outcome = Receipt.Outcome.MATCH;
    former.push(
        new Former("oom_score_adj", () -> OomScore.change(files, score.to(), score.from())));
    try {
      OomScore.change(files, score.from(), score.to());
    } catch (SyscallException e) {
      if (!e.is(Errno.EACCES) || !score.mayMiss()) {
        throw new LimitFailure(
            "oom_score_adj", String.valueOf(e.getMessage()), "ask for a higher one", e);
      }
      shown = Integer.toString(score.from());
      outcome = Receipt.Outcome.DEGRADED;
    }
    rows.add(
        new Receipt.Row(
            Constraint.PROCESS_OOM_SCORE_ADJ,
            "",
            asked,
            shown,
            outcome,
            "/proc/PID/oom_score_adj"));
  }

  /** The change stays. */
  public void keep() {
    former.clear();
  }

  /** Takes back what was not kept; a container that has ended has nothing to take back. */
  @Override
  public void close() {
    while (!former.isEmpty()) {
      Former was = former.pop();
      try {
        was.restoration().run();
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "cannot take back " + was.what(), e);
      }
    }
  }
}
