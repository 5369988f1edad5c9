package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciResources;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Claims about the cgroup. */
final class CgroupClaims {
  private CgroupClaims() {}

  static Claim path(LaunchContext launch) {
    String path =
        ContainerPath.parse("", launch.linux().cgroupsPath(), new Problems())
            .orElseThrow(() -> new IllegalStateException("a plan was made without a cgroup"));
    return new Claim(Constraint.CGROUP_PATH, "", "/" + path);
  }

  static List<Claim> of(LaunchContext launch) {
    List<Claim> claims = new ArrayList<>();
    claims.add(path(launch));
    OciResources resources = launch.linux().resources();
    CgroupSettings.of(resources, new Problems())
        .forEach((file, value) -> claims.add(new Claim(Constraint.CGROUP_LIMIT, file, value)));
    if (resources != null && !resources.devices().isEmpty()) {
      claims.add(new Claim(Constraint.CGROUP_DEVICES, "", rules(resources.devices())));
    }
    return claims;
  }

  private static String rules(List<OciDeviceRule> rules) {
    return rules.stream().map(CgroupClaims::rule).collect(Collectors.joining(", "));
  }

  private static String rule(OciDeviceRule rule) {
    String type = rule.type().isEmpty() ? "a" : rule.type();
    String access = rule.access().isEmpty() ? "rwm" : rule.access();
    return (rule.allow() ? "allow " : "deny ")
        + type
        + " "
        + number(rule.major())
        + ":"
        + number(rule.minor())
        + " "
        + access;
  }

  private static String number(@Nullable Long number) {
    return number == null ? "*" : number.toString();
  }
}
