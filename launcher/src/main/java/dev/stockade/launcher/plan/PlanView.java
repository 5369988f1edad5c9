package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FileSystemStep.Attach;
import dev.stockade.launcher.plan.FileSystemStep.UseRoot;
import dev.stockade.launcher.plan.MonitorStep.Clone;
import dev.stockade.launcher.plan.NamespaceStep.JoinNs;
import dev.stockade.launcher.plan.NamespaceStep.Unshare;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A plan as laws look at it: one line of steps, the monitor's first, and what they come to. */
final class PlanView {
  private final List<Step> steps = new ArrayList<>();
  private final List<StepCode> codes = new ArrayList<>();
  private final Set<StepCode> present = EnumSet.noneOf(StepCode.class);
  private final int monitorSteps;
  private final Set<Slot> made = new HashSet<>();
  private final Set<Slot> attached = new HashSet<>();
  private long created;
  private long joined;

  PlanView(StepSequence plan) {
    steps.addAll(plan.monitor());
    steps.addAll(plan.child());
    monitorSteps = plan.monitor().size();
    steps.forEach(this::note);
  }

  private void note(Step step) {
    StepCode code = step.code();
    codes.add(code);
    present.add(code);
    if (step instanceof Clone clone) {
      created |= clone.flags();
    } else if (step instanceof Unshare unshare) {
      created |= unshare.flags();
    } else if (step instanceof JoinNs join) {
      joined |= join.type();
    } else if (step instanceof Attach attach) {
      attached.add(attach.mount());
    } else if (step instanceof UseRoot root) {
      attached.add(root.root());
    }
    made.addAll(StepCatalogue.slotsMade(step));
  }

  List<Step> steps() {
    return steps;
  }

  Step step(int index) {
    return steps.get(index);
  }

  StepCode code(int index) {
    return codes.get(index);
  }

  int monitorSteps() {
    return monitorSteps;
  }

  boolean has(StepCode code) {
    return present.contains(code);
  }

  /** The index of the first such step, -1 if there is none. */
  int first(StepCode code) {
    return codes.indexOf(code);
  }

  /** The index of the last such step, -1 if there is none. */
  int last(StepCode code) {
    return codes.lastIndexOf(code);
  }

  /**
   * Whether the launch is in a namespace of this kind that is not the host's, PID and user
   * namespaces aside.
   */
  boolean owns(long flag) {
    return ((created | joined) & flag) != 0;
  }

  boolean creates(long flag) {
    return (created & flag) != 0;
  }

  boolean joins(long flag) {
    return (joined & flag) != 0;
  }

  /** Whether the child is in a user namespace. */
  boolean inUserNamespace() {
    return creates(CloneFlags.NEWUSER) || has(StepCode.JOIN_USER_NS);
  }

  boolean runsProgram() {
    return has(StepCode.EXEC) || has(StepCode.EXEC_FD);
  }

  boolean noNewPrivs() {
    return has(StepCode.NO_NEW_PRIVS);
  }

  boolean filtered() {
    return has(StepCode.SECCOMP);
  }

  /** Whether a slot can hold a procfs that the container never sees: supplied, attached nowhere. */
  boolean isPrivateProc(Slot slot) {
    return !made.contains(slot) && !attached.contains(slot);
  }

  /** A step as messages name it. */
  String name(int index) {
    String phase =
        index < monitorSteps ? "monitor step " + index : "child step " + (index - monitorSteps);
    return phase + " " + codes.get(index);
  }
}
