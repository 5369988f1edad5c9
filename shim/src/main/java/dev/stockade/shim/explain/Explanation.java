package dev.stockade.shim.explain;

import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.oci.Surprise;
import java.util.List;
import java.util.Optional;

/**
 * What a pod would come to on this node.
 *
 * @param pod its name
 * @param refusal why the pod itself would not be made, in the daemon's words
 * @param containers in their order; none for a pod that is refused
 */
public record Explanation(String pod, Optional<Refusal> refusal, List<OfContainer> containers) {
  /**
   * Why something is refused.
   *
   * @param imageMissing whether an image that is not on this node is all that is in the way
   */
  public record Refusal(String message, boolean imageMissing) {}

  /**
   * One effective constraint, in the words of the receipt, and what gave it; or a variable of the
   * environment that a named device gave.
   */
  public record Row(String constraint, String subject, String value, Origin origin) {}

  /** What a container would be launched as. */
  public record Outcome(
      List<Row> rows,
      List<Surprise> surprises,
      List<String> notes,
      OciSpec spec,
      LaunchPlan plan) {}

  /** One container: refused or not. */
  public record OfContainer(String name, Optional<Refusal> refusal, Optional<Outcome> outcome) {}

  /** Whether all of it would start. */
  public boolean starts() {
    return refusal.isEmpty() && containers.stream().allMatch(c -> c.refusal().isEmpty());
  }

  /** Whether it would start if the images were here. */
  public boolean lacksImagesOnly() {
    return !starts()
        && refusal.isEmpty()
        && containers.stream().allMatch(c -> c.refusal().map(Refusal::imageMissing).orElse(true));
  }
}
