package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.plan.ExecSpec;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.LaunchCompiler;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.RootFs;
import dev.stockade.launcher.spec.OciHook;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * A hook that is a program of the container: launched into it as a command is, under exactly the
 * container's constraints and verified like it, while the container's own program is held. What it
 * leaves behind is killed.
 */
final class ContainerHook implements HookRun.Place {
  private static final IoMode STATE_IN_OUTPUT_BACK = new IoMode(false, true, IoMode.Output.CAPTURE);

  private final Engine engine;
  private final LaunchRequest container;
  private final LaunchTarget held;

  ContainerHook(Engine engine, LaunchRequest container, LaunchTarget held) {
    this.engine = engine;
    this.container = container;
    this.held = held;
  }

  @Override
  public Output run(OciHook hook, byte[] state, Duration limit, int outputLimit)
      throws IOException, LaunchFailure {
    OciSpec spec = spec(hook);
    String parent = Objects.requireNonNull(spec.linux()).cgroupsPath();
    try (HelperCgroup cgroup = HelperCgroup.make(engine.hierarchy(), parent)) {
      LaunchRequest request = request(spec.withCgroup(cgroup.path()));
      Attempts attempts =
          new Attempts(engine, plan(request, hook), request, LaunchFiles.exec(held));
      try (RunningProcess process = attempts.run()) {
        Optional<Fd> input = process.takeStream(FdSource.Stream.STDIN);
        input.ifPresent(end -> tell(engine.executor(), end, state));
        return new CapturedRun(process, engine.poller()).await(limit, outputLimit);
      }
    }
  }

  private OciSpec spec(OciHook hook) {
    List<String> args = new ArrayList<>(hook.args());
    if (args.isEmpty()) {
      args.add(hook.path());
    }
    args.set(0, hook.path());
    OciProcess own = Objects.requireNonNull(container.spec().process());
    return ExecSpec.of(container.spec(), own.running(args, hook.env(), "/"), held.pid());
  }

  private LaunchRequest request(OciSpec spec) {
    return new LaunchRequest(
        LaunchKind.EXEC,
        held.id() + ".hook",
        spec,
        new RootFs.None(),
        container.facts(),
        STATE_IN_OUTPUT_BACK,
        container.rootMountPoint(),
        Map.of(),
        container.mayDegrade(),
        0);
  }

  private static LaunchPlan plan(LaunchRequest request, OciHook hook) throws LaunchFailure {
    try {
      LaunchPlan plan = LaunchCompiler.compile(request);
      return hook.args().isEmpty() ? plan : plan.named(hook.args().get(0));
    } catch (LaunchRejection e) {
      throw new LaunchFailure(LaunchFailure.Cause.PREPARATION, String.valueOf(e.getMessage()), e);
    }
  }

  /** The pipe is the task's once the executor, which may be closing, has taken that. */
  static void tell(Executor executor, Fd input, byte[] state) {
    try {
      executor.execute(() -> write(input, state));
    } catch (RejectedExecutionException e) {
      input.close();
      throw e;
    }
  }

  /** A program need not read it; its end, and that of what it left, ends the writing. */
  private static void write(Fd input, byte[] state) {
    try (input;
        OutputStream out = input.output()) {
      out.write(state);
    } catch (IOException e) {
      // Nobody reads any more.
    }
  }
}
