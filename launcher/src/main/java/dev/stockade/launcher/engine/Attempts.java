package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SeLinuxPolicy;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.HostFacts.Tracing;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.spec.OciProcess;
import java.io.IOException;
import java.util.Optional;

/**
 * One process wanted, by the one launch that does it or by a second that minds what the first found
 * out.
 */
final class Attempts {
  private static final int CONTEXT = 4096;

  private final Engine engine;
  private final LaunchFiles files;
  private final HostFacts facts;
  private LaunchPlan plan;
  private LaunchSubject subject;

  Attempts(Engine engine, LaunchPlan plan, LaunchRequest request, LaunchFiles files) {
    this.engine = engine;
    this.files = files;
    this.facts = request.facts();
    this.plan = plan;
    this.subject = LaunchSubject.of(request);
  }

  RunningProcess run() throws LaunchFailure {
    decide();
    try {
      return attempt();
    } catch (LaunchFailure first) {
      Optional<Tracing> obstacle =
          plan.traced() && !engine.beforeExec()
              ? TraceDecision.after(facts, first)
              : Optional.empty();
      if (obstacle.isEmpty()) {
        throw first;
      }
      untraced(obstacle.get());
      return again(first);
    }
  }

  private RunningProcess attempt() throws LaunchFailure {
    return new Launch(engine, plan, subject, files).run();
  }

  private RunningProcess again(LaunchFailure first) throws LaunchFailure {
    try {
      return attempt();
    } catch (LaunchFailure second) {
      second.addSuppressed(first);
      throw second;
    }
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
      Tracing tracing = TraceDecision.before(facts, context(), label(), SeLinuxPolicy::mayTrace);
      if (!tracing.possible()) {
        untraced(tracing);
      }
    } catch (IOException e) {
      throw new LaunchFailure(LaunchFailure.Cause.PREPARATION, String.valueOf(e.getMessage()), e);
    }
  }

  private String label() {
    OciProcess process = subject.spec().process();
    return process == null ? "" : process.selinuxLabel();
  }

  private String context() throws IOException, LaunchFailure {
    try (ProcDirectory serve = ProcDirectory.open(engine.serve().pid())) {
      return serve.read("attr/current", CONTEXT).replaceAll("[\n\\x00]+$", "");
    }
  }
}
