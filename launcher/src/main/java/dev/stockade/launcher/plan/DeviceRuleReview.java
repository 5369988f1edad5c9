package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciResources;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Whether rules of the device controller say something that can be enforced as it is written. */
final class DeviceRuleReview {
  private static final Set<String> TYPES = Set.of("", "a", "b", "c", "u");
  private static final Pattern ACCESS = Pattern.compile("[rwm]{0,3}");

  private DeviceRuleReview() {}

  static void check(@Nullable OciResources resources, Problems problems) {
    List<OciDeviceRule> rules = resources == null ? List.of() : resources.devices();
    for (int i = 0; i < rules.size(); i++) {
      String field = "linux.resources.devices[" + i + "]";
      OciDeviceRule rule = rules.get(i);
      if (!TYPES.contains(rule.type())) {
        problems.add(field + ".type", "is no type of device", "use a, b or c");
      }
      number(field + ".major", rule.major(), DeviceStage.MAX_MAJOR, problems);
      number(field + ".minor", rule.minor(), DeviceStage.MAX_MINOR, problems);
      if (!ACCESS.matcher(rule.access()).matches()) {
        problems.add(field + ".access", "is no kind of access", "use letters of rwm");
      }
    }
  }

  private static void number(String field, @Nullable Long number, long max, Problems problems) {
    if (number != null && (number < 0 || number > max)) {
      problems.add(
          field, number + " is not within 0 to " + max, "leave it out to mean every number");
    }
  }
}
