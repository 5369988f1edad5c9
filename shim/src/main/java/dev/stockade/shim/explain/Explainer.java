package dev.stockade.shim.explain;

import static java.util.stream.Collectors.joining;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.engine.LimitsFile;
import dev.stockade.launcher.plan.Claim;
import dev.stockade.launcher.plan.Claims;
import dev.stockade.launcher.plan.LaunchCompiler;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciHook;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.container.ContainerOutlook;
import dev.stockade.shim.container.SeccompFile;
import dev.stockade.shim.explain.Explanation.OfContainer;
import dev.stockade.shim.explain.Explanation.Outcome;
import dev.stockade.shim.explain.Explanation.Refusal;
import dev.stockade.shim.explain.Explanation.Row;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.node.NodeView;
import dev.stockade.shim.oci.Surprises;
import dev.stockade.shim.pod.PodOutlook;
import dev.stockade.shim.pod.PodView;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Asks of a pod what the daemon would make of it, by the daemon's own readers and compiler. */
public final class Explainer {
  private final NodeView node;
  private final Config config;
  private final Optional<String> networkObstacle;
  private final LimitsFile limits;

  /**
   * For pods of one node.
   *
   * @param networkObstacle why pods cannot get a network now, if they cannot
   * @param limits what a daemon would run under
   */
  public Explainer(
      NodeView node, Config config, Optional<String> networkObstacle, LimitsFile limits) {
    this.limits = limits;
    this.node = node;
    this.config = config;
    this.networkObstacle = networkObstacle;
  }

  /** What would become of a pod and its containers. */
  public Explanation explain(
      PodSandboxConfig sandbox, String handler, List<ContainerConfig> containers) {
    String name = sandbox.getMetadata().getName();
    try {
      PodView pod = new PodOutlook(node).of(id(0), sandbox, handler, networkObstacle);
      List<OfContainer> all = new ArrayList<>();
      for (ContainerConfig container : containers) {
        all.add(container(id(all.size() + 1), container, pod));
      }
      return new Explanation(name, Optional.empty(), all);
    } catch (IntentRejection | CallFailure e) {
      return new Explanation(name, Optional.of(refusal(e)), List.of());
    }
  }

  /**
   * A daemon without CAP_SYS_RESOURCE can raise no hard limit above its own, which are like ours.
   */
  private Optional<String> limit(String resource) {
    return node.facts().effective().contains(Capability.SYS_RESOURCE)
        ? Optional.empty()
        : limits.limit(resource);
  }

  /** As identifiers look, so that everything made of them has the length that it will have. */
  private static String id(int number) {
    return String.format(Locale.ROOT, "%064x", number);
  }

  private OfContainer container(String id, ContainerConfig asked, PodView pod) {
    String name = asked.getMetadata().getName();
    try {
      return new OfContainer(name, Optional.empty(), Optional.of(outcome(id, asked, pod)));
    } catch (IntentRejection | CallFailure | ImageException e) {
      return new OfContainer(name, Optional.of(refusal(e)), Optional.empty());
    } catch (LaunchRejection e) {
      Refusal refusal = refusal(Refusals.of("CreateContainer", e));
      return new OfContainer(name, Optional.of(refusal), Optional.empty());
    }
  }

  private Outcome outcome(String id, ContainerConfig asked, PodView pod)
      throws IntentRejection, CallFailure, ImageException, LaunchRejection {
    ContainerOutlook outlook = new ContainerOutlook(node);
    ContainerOutlook.Decision decision = outlook.of(id, asked, pod);
    outlook.requireMappable(decision.intent());
    LaunchRequest request = outlook.request(id, decision);
    LaunchPlan plan = LaunchCompiler.compile(request);
    Provenance provenance = new Provenance(decision, pod, config);
    List<Row> rows = new ArrayList<>();
    for (Claim claim : Claims.of(plan, request.spec())) {
      rows.add(
          new Row(
              claim.constraint().label(),
              claim.subject(),
              Claims.shown(claim, this::limit),
              provenance.of(claim)));
    }
    decision
        .devices()
        .variables()
        .forEach(
            (name, variable) ->
                rows.add(
                    new Row("environment", name, variable.value(), Origin.cdi(variable.origin()))));
    return new Outcome(
        List.copyOf(rows),
        Surprises.of(decision.intent(), pod.intent(), decision.spec()),
        notes(decision),
        request.spec(),
        plan);
  }

  /** What a profile says less than it may seem, and what may be missing. */
  private List<String> notes(ContainerOutlook.Decision decision) {
    List<String> notes = new ArrayList<>();
    decision
        .seccomp()
        .map(SeccompFile.Read::file)
        .ifPresent(
            file -> {
              notes.add(
                  "seccomp profile "
                      + file.file()
                      + ", "
                      + file.dialect()
                      + " dialect, "
                      + file.digest());
              file.warnings().forEach(warning -> notes.add(file.file() + ": " + warning));
            });
    decision
        .unenforced()
        .forEach(
            (field, value) ->
                notes.add(
                    field
                        + " = "
                        + value
                        + " is not in effect: there is no controller for it, and"
                        + " cgroup.missing_controllers allows that"));
    for (HookStage stage : HookStage.values()) {
      for (OciHook hook : stage.of(decision.spec())) {
        String origin = decision.devices().ofHook(hook).orElse("nothing known");
        notes.add(stage + " hook: " + command(hook) + ", by " + origin);
      }
    }
    if (!node.facts().tracing().possible()) {
      notes.add("verified after its exec, because " + node.facts().tracing().obstacle());
    }
    return List.copyOf(notes);
  }

  /** What is run, without its environment. */
  private static String command(OciHook hook) {
    String arguments =
        hook.args().stream().skip(1).map(argument -> " " + argument).collect(joining());
    return hook.path() + arguments;
  }

  private static Refusal refusal(Exception e) {
    boolean missing =
        e instanceof CallFailure call
            && call.kind() == CallFailure.Kind.NOT_FOUND
            && String.valueOf(e.getMessage()).contains("image.image");
    return new Refusal(String.valueOf(e.getMessage()), missing);
  }
}
