package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.SeLinuxPolicy;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.HostFacts.Tracing;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciProcess;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One process wanted, by the one launch that does it or by a further one that minds what the first
 * found out.
 */
final class Attempts {
  private final Engine engine;
  private final LaunchFiles files;
  private final LaunchRequest request;
  private final HostFacts facts;
  private LaunchPlan plan;
  private LaunchSubject subject;
  private boolean moved;

  Attempts(Engine engine, LaunchPlan plan, LaunchRequest request, LaunchFiles files) {
    this.engine = engine;
    this.files = files;
    this.request = request;
    this.facts = request.facts();
    this.plan = plan;
    this.subject = LaunchSubject.of(request);
  }

  RunningProcess run() throws LaunchFailure {
    decide();
    @Nullable LaunchFailure earlier = null;
    while (true) {
      try {
        StartHooks hooks = StartHooks.of(engine, request, files.bundle());
        return new Launch(engine, plan, subject, files).run(hooks);
      } catch (LaunchFailure failure) {
        if (earlier != null) {
          failure.addSuppressed(earlier);
        }
        if (!remedied(failure)) {
          throw failure;
        }
        earlier = failure;
      }
    }
  }

  /** Whether the next attempt differs in what this one failed for; each remedy is tried once. */
  private boolean remedied(LaunchFailure failure) throws LaunchFailure {
    if (plan.traced() && !engine.beforeExec()) {
      Optional<Tracing> obstacle = TraceDecision.after(facts, failure);
      obstacle.ifPresent(this::untraced);
      if (obstacle.isPresent()) {
        return true;
      }
    }
    return !moved && subject.kind() == LaunchKind.EXEC && ExecCgroup.isTaken(failure) && move();
  }

  private boolean move() throws LaunchFailure {
    moved = true;
    OciLinux linux = subject.spec().linux();
    if (linux == null || files.target().isEmpty()) {
      return false;
    }
    try {
      Optional<String> current = ExecCgroup.of(files.target().get(), linux.cgroupsPath());
      current.ifPresent(path -> subject = subject.inCgroup(path));
      return current.isPresent();
    } catch (IOException e) {
      throw preparation(e);
    }
  }

  private static LaunchFailure preparation(IOException e) {
    return new LaunchFailure(LaunchFailure.Cause.PREPARATION, String.valueOf(e.getMessage()), e);
  }

  private void untraced(Tracing obstacle) {
    plan = plan.untraced();
    subject = subject.with(obstacle);
  }

  private void decide() throws LaunchFailure {
    if (!plan.traced() || !facts.seLinux()) {
      return;
    }
    try {
      Tracing tracing =
          TraceDecision.before(facts, engine.seLinuxContext(), label(), SeLinuxPolicy::mayTrace);
      if (!tracing.possible()) {
        untraced(tracing);
      }
    } catch (IOException e) {
      throw preparation(e);
    }
  }

  private String label() {
    OciProcess process = subject.spec().process();
    return process == null ? "" : process.selinuxLabel();
  }
}
