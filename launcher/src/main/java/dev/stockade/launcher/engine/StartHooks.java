package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.plan.IdMaps;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciHooks;
import dev.stockade.launcher.spec.OciIdMapping;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The hooks of one start, all of which have to succeed. */
final class StartHooks {
  /** A kubelet waits two minutes for a start. */
  private static final Duration TOGETHER = Duration.ofSeconds(100);

  private static final Duration DEATH_LIMIT = Duration.ofSeconds(10);

  /**
   * What a createContainer hook is in of the container; not its PID namespace, where whoever may
   * trace would find the host's root in it.
   */
  private static final Set<NamespaceKind> CONTAINERS =
      EnumSet.of(NamespaceKind.NETWORK, NamespaceKind.IPC, NamespaceKind.UTS, NamespaceKind.CGROUP);

  private final Engine engine;
  private final LaunchRequest request;
  private final Optional<HookRun> run;

  private StartHooks(Engine engine, LaunchRequest request, Optional<HookRun> run) {
    this.engine = engine;
    this.request = request;
    this.run = run;
  }

  static StartHooks of(Engine engine, LaunchRequest request, Optional<Path> bundle)
      throws LaunchFailure {
    OciHooks hooks = request.spec().hooks();
    if (hooks == null || hooks.none()) {
      return new StartHooks(engine, request, Optional.empty());
    }
    if (bundle.isEmpty()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.PREPARATION, request.id() + " has hooks and no bundle");
    }
    HookRun run =
        new HookRun(engine.helpers(), request.id(), request.spec(), bundle.get(), TOGETHER);
    return new StartHooks(engine, request, Optional.of(run));
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
    OciSpec spec = request.spec();
    run.get().bundle().write(spec);
    if (HookStage.BEFORE_PROGRAM.stream().allMatch(stage -> stage.of(spec).isEmpty())) {
      return;
    }
    if (!stopped.traced()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.HOST,
          request.id()
              + " has hooks that run before the program, and nothing can hold it here until then",
          "remove the obstacle to tracing that stockade doctor names");
    }
    LaunchTarget held = new LaunchTarget(request.id(), stopped.pid(), process);
    run.get().bundle().addRoot();
    try {
      for (HookStage stage : HookStage.BEFORE_PROGRAM) {
        run.get().whileHeld(stage, place(run.get(), stage, held), held.pid(), notice);
      }
    } finally {
      run.get().bundle().removeRoot();
    }
    notice.hook(Duration.ZERO);
  }

  private HookRun.Place place(HookRun hooks, HookStage stage, LaunchTarget held)
      throws LaunchFailure {
    return switch (stage) {
      case START_CONTAINER -> new ContainerHook(engine, request, held);
      case CREATE_CONTAINER -> hooks.host(Optional.of(container(held)));
      default -> hooks.host(Optional.of(new HelperProgram.Container(held.pidfd(), Set.of(), 0, 0)));
    };
  }

  /** With the ids of the container's root, so that what a hook makes belongs to the container. */
  private HelperProgram.Container container(LaunchTarget held) throws LaunchFailure {
    OciLinux linux = request.spec().linux();
    int uid = linux == null ? 0 : root("linux.uidMappings", linux.uidMappings());
    int gid = linux == null ? 0 : root("linux.gidMappings", linux.gidMappings());
    return new HelperProgram.Container(held.pidfd(), CONTAINERS, uid, gid);
  }

  /** The host's id of the container's 0: its own without a user namespace, never for want of it. */
  static int root(String field, List<OciIdMapping> ranges) throws LaunchFailure {
    OptionalLong mapped = new IdMaps(ranges, List.of()).hostUid(0);
    if (mapped.isEmpty() && !ranges.isEmpty()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.PREPARATION,
          field + ": id 0 is not mapped, and a createContainer hook runs as it",
          "map id 0");
    }
    return (int) mapped.orElse(0);
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
