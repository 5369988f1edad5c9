package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.caps.CapabilitySets;
import dev.stockade.launcher.spec.OciCapabilities;
import dev.stockade.launcher.spec.OciProcess;
import java.util.ArrayList;
import java.util.List;

/** Whether the capabilities asked for are ones the process will have. */
final class CapabilityReview {
  private static final String FIELD = "process.capabilities";

  private final Draft draft;
  private final CapabilitySet known;

  private CapabilityReview(Draft draft) {
    this.draft = draft;
    this.known = CapabilitySet.upTo(draft.request.facts().lastCapability());
  }

  /**
   * The five sets to set before exec. Inheritable is exactly ambient: anything more only lets file
   * capabilities raise privileges (CVE-2022-29162).
   */
  static CapabilitySets of(OciProcess process, Draft draft) {
    return new CapabilityReview(draft).review(process);
  }

  /** The sets as a spec names them, unknown names left out. */
  static CapabilitySets asked(OciProcess process) {
    OciCapabilities names = process.capabilities();
    if (names == null) {
      return CapabilitySets.NONE;
    }
    List<String> unknown = new ArrayList<>();
    CapabilitySet all = CapabilitySet.of(Capability.values());
    CapabilitySet ambient = CapabilitySet.parse(names.ambient(), all, unknown);
    return new CapabilitySets(
        CapabilitySet.parse(names.bounding(), all, unknown),
        CapabilitySet.parse(names.effective(), all, unknown),
        CapabilitySet.parse(names.permitted(), all, unknown),
        ambient,
        ambient);
  }

  private CapabilitySets review(OciProcess process) {
    OciCapabilities names = process.capabilities();
    if (names == null) {
      return CapabilitySets.NONE;
    }
    CapabilitySet ambient = parse("ambient", names.ambient());
    CapabilitySet inheritable = parse("inheritable", names.inheritable());
    CapabilitySets sets =
        new CapabilitySets(
            parse("bounding", names.bounding()),
            parse("effective", names.effective()),
            parse("permitted", names.permitted()),
            ambient,
            ambient);
    if (!inheritable.isEmpty() && !inheritable.equals(ambient)) {
      draft.problems.add(
          FIELD + ".inheritable",
          "is not the ambient set",
          "leave it out: it only lets file capabilities raise privileges");
    }
    within("effective", sets.effective(), "permitted", sets.permitted());
    within("permitted", sets.permitted(), "bounding", sets.bounding());
    within("ambient", sets.ambient(), "permitted", sets.permitted());
    if (!draft.request.facts().bounding().containsAll(sets.bounding())) {
      CapabilitySet missing = sets.bounding().minus(draft.request.facts().bounding());
      draft.problems.add(
          FIELD + ".bounding",
          "the daemon itself does not have " + missing,
          "start it with them, or drop them");
    }
    checkAfterExec(process, sets);
    return sets;
  }

  private CapabilitySet parse(String set, List<String> names) {
    List<String> unknown = new ArrayList<>();
    CapabilitySet parsed = CapabilitySet.parse(names, known, unknown);
    for (String name : unknown) {
      draft.problems.add(
          FIELD + "." + set,
          "\"" + name + "\" is no capability",
          "see capabilities(7) for the names");
    }
    if (!known.containsAll(parsed)) {
      draft.problems.add(
          FIELD + "." + set, "this kernel does not have " + parsed.minus(known), "remove them");
    }
    return parsed;
  }

  private void within(String inner, CapabilitySet a, String outer, CapabilitySet b) {
    if (!b.containsAll(a)) {
      draft.problems.add(
          FIELD + "." + inner,
          a.minus(b) + " is not in the " + outer + " set",
          "add it there, or remove it here");
    }
  }

  /**
   * Uid 0 gains its bounding set at exec, whatever its permitted set was; others keep the ambient
   * set only.
   */
  private void checkAfterExec(OciProcess process, CapabilitySets sets) {
    long uid = process.user().uid();
    CapabilitySets after =
        sets.afterExec(uid, draft.request.secureBits(), process.noNewPrivileges());
    CapabilitySet gained = after.permitted().minus(sets.permitted());
    if (!gained.isEmpty()) {
      draft.problems.add(
          FIELD + ".bounding",
          "exec gives uid " + uid + " " + gained + ", which is not in the permitted set",
          "remove it from the bounding set, or set noNewPrivileges");
    }
    CapabilitySet raised = after.effective().minus(sets.effective());
    if (gained.isEmpty() && !raised.isEmpty()) {
      draft.problems.add(
          FIELD + ".effective",
          "exec makes " + raised + " effective for uid " + uid,
          "an exec as root makes all of the permitted set effective");
    }
  }
}
