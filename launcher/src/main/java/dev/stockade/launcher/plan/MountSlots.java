package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FileSystemStep.Attach;
import dev.stockade.launcher.plan.FileSystemStep.UseRoot;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which of the mounts that come with a plan it attaches where. */
public final class MountSlots {
  private MountSlots() {}

  /** The slots by the path they are attached at in the container, with a leading slash. */
  public static Map<String, Slot> of(LaunchPlan plan) {
    Map<String, Slot> slots = new LinkedHashMap<>();
    for (Step step : plan.child()) {
      if (step instanceof UseRoot root) {
        add(slots, plan, "", root.root());
      } else if (step instanceof Attach attach) {
        add(slots, plan, attach.target(), attach.mount());
      }
    }
    return slots;
  }

  private static void add(Map<String, Slot> slots, LaunchPlan plan, String target, Slot slot) {
    if (slot.index() < plan.slots().size()) {
      slots.put("/" + target, slot);
    }
  }
}
