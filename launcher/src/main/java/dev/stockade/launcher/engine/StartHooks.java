package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The hooks of one start, all of which have to succeed. */
final class StartHooks {
  /** A kubelet waits two minutes for a start. */
  private static final Duration TOGETHER = Duration.ofSeconds(100);

  private static final Duration DEATH_LIMIT = Duration.ofSeconds(10);

  private final OciSpec spec;
  private final String id;
  private final Optional<HookRun> run;

  private StartHooks(OciSpec spec, String id, Optional<HookRun> run) {
    this.spec = spec;
    this.id = id;
    this.run = run;
  }

  static StartHooks of(Engine engine, LaunchSubject subject, Optional<Path> bundle)
      throws LaunchFailure {
    OciSpec spec = subject.spec();
    if (spec.hooks() == null || spec.hooks().none()) {
      return new StartHooks(spec, subject.id(), Optional.empty());
    }
    if (bundle.isEmpty()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.PREPARATION, subject.id() + " has hooks and no bundle");
    }
    HookRun run = new HookRun(engine.helpers(), subject.id(), spec, bundle.get(), TOGETHER);
    return new StartHooks(spec, subject.id(), Optional.of(run));
  }

  /**
   * Those before the program, in their order; its process stands at its exec.
   *
   * @param notice hears how long the verdict will take
   */
  void whileHeld(Message.Stopped stopped, Pidfd process, HookRun.Notice notice)
      throws LaunchFailure, IOException {
    if (run.isEmpty()) {
      return;
    }
    run.get().bundle().write(spec);
    if (HookStage.BEFORE_PROGRAM.stream().allMatch(stage -> stage.of(spec).isEmpty())) {
      return;
    }
    if (!stopped.traced()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.HOST,
          id + " has hooks that run before the program, and nothing can hold it here until then",
          "remove the obstacle to tracing that stockade doctor names");
    }
    run.get().bundle().addRoot();
    try {
      for (HookStage stage : HookStage.BEFORE_PROGRAM) {
        run.get().whileHeld(stage, stopped.pid(), process, notice);
      }
    } finally {
      run.get().bundle().removeRoot();
    }
    notice.hook(Duration.ZERO);
  }

  /** Those after; when one fails the process that was started is killed, with all in its cgroup. */
  void afterRelease(RunningProcess process) throws LaunchFailure {
    if (run.isEmpty()) {
      return;
    }
    Optional<LaunchFailure> failed = run.get().onHost(HookStage.POSTSTART, process.pid());
    if (failed.isPresent()) {
      end(process, failed.get());
      throw failed.get();
    }
  }

  private static void end(RunningProcess process, LaunchFailure failure) {
    try (process) {
      process.kill();
      ExitStatus unused = process.exit().get(DEATH_LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (IOException | ExecutionException | TimeoutException e) {
      failure.addSuppressed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure.addSuppressed(e);
    }
  }
}
