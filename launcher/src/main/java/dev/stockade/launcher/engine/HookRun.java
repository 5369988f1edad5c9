package dev.stockade.launcher.engine;

import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciHook;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.launcher.spec.OciState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs hooks of one container, one after the other, with the container's state on their standard
 * input, nothing but their own environment, and a limit on time and output.
 */
final class HookRun {
  /** For a hook that names no limit. */
  private static final Duration USUAL = Duration.ofSeconds(10);

  private static final Duration LONGEST = Duration.ofSeconds(60);
  private static final int OUTPUT_LIMIT = 64 << 10;

  private final HelperRunner helpers;
  private final String id;
  private final OciSpec spec;
  private final Bundle bundle;
  private final Duration together;
  private final long deadline;

  /**
   * @param together how long all of them may take
   */
  HookRun(HelperRunner helpers, String id, OciSpec spec, Path bundle, Duration together) {
    this.helpers = helpers;
    this.id = id;
    this.spec = spec;
    this.bundle = new Bundle(bundle);
    this.together = together;
    this.deadline = System.nanoTime() + together.toNanos();
  }

  Bundle bundle() {
    return bundle;
  }

  /** Hears how long the next hook may take. */
  @FunctionalInterface
  interface Notice {
    void hook(Duration limit) throws IOException;
  }

  /** Where a hook is run. */
  @FunctionalInterface
  interface Place {
    /** Runs it to its end, with the container's state on its standard input. */
    Output run(OciHook hook, byte[] state, Duration limit, int outputLimit)
        throws IOException, LaunchFailure;
  }

  /** The host, where a hook's file is a program of the host's. */
  Place host(Optional<HelperProgram.Container> shown) {
    return (hook, state, limit, outputLimit) -> {
      HelperProgram program =
          new HelperProgram(
              HookProgram.resolve(Path.of(hook.path())),
              bundle.directory(),
              hook.args().isEmpty() ? List.of(hook.path()) : hook.args(),
              hook.env(),
              shown);
      return helpers.run(program, state, limit, outputLimit);
    };
  }

  /**
   * Those of one stage, while the container's process does not run yet.
   *
   * @throws LaunchFailure at the first that fails
   */
  void whileHeld(HookStage stage, Place place, int pid, Notice notice)
      throws LaunchFailure, IOException {
    for (OciHook hook : stage.of(spec)) {
      Duration limit = limit(hook);
      notice.hook(limit);
      run(stage, hook, state("creating", pid), place, limit);
    }
  }

  /** Those of a stage on the host, each whatever became of the ones before. */
  Optional<LaunchFailure> onHost(HookStage stage, @Nullable Integer pid) {
    Optional<LaunchFailure> failed = Optional.empty();
    for (OciHook hook : stage.of(spec)) {
      try {
        String status = pid == null ? "stopped" : "running";
        run(stage, hook, state(status, pid), host(Optional.empty()), limit(hook));
      } catch (LaunchFailure e) {
        failed.ifPresent(e::addSuppressed);
        failed = Optional.of(e);
      }
    }
    return failed;
  }

  private Duration limit(OciHook hook) {
    Duration own = hook.timeout() == null ? USUAL : Duration.ofSeconds(hook.timeout());
    Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    Duration most = own.compareTo(LONGEST) < 0 ? own : LONGEST;
    return most.compareTo(left) < 0 ? most : left;
  }

  private byte[] state(String status, @Nullable Integer pid) {
    return OciJson.write(
        new OciState(
            spec.ociVersion(), id, status, pid, bundle.directory().toString(), spec.annotations()));
  }

  private void run(HookStage stage, OciHook hook, byte[] state, Place place, Duration limit)
      throws LaunchFailure {
    String name = "the " + stage + " hook " + hook.path();
    Output output;
    try {
      output = place.run(hook, state, limit, OUTPUT_LIMIT);
    } catch (IOException | LaunchFailure e) {
      throw LaunchFailure.hook(name + " cannot be run: " + e.getMessage());
    }
    Optional<String> problem = problem(output, limit);
    if (problem.isPresent()) {
      throw LaunchFailure.hook(name + " " + problem.get() + HookWords.of(output, hook, spec));
    }
  }

  private Optional<String> problem(Output output, Duration limit) {
    if (output.timedOut()) {
      String time = limit.toMillis() / 1000.0 + " s";
      boolean shared = System.nanoTime() >= deadline;
      return Optional.of(
          "took longer than "
              + (shared ? together.toSeconds() + " s, which hooks have together," : time)
              + " and was killed");
    }
    ExitStatus status = output.status();
    if (status.signal() != 0) {
      return Optional.of("was killed by signal " + status.signal());
    }
    return status.code() == 0
        ? Optional.empty()
        : Optional.of("ended with exit code " + status.code());
  }
}
