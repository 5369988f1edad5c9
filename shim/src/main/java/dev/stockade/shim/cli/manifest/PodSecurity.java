package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.SupplementalGroupsPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A pod's security context.
 *
 * @param shared what its containers inherit
 * @param supplementalGroups groups of every container, the volumes' group among them
 * @param volumeGroup the group emptyDir volumes belong to
 * @param sysctls kernel parameters of the pod's namespaces
 */
record PodSecurity(
    SecurityFields shared,
    List<Long> supplementalGroups,
    SupplementalGroupsPolicy groupsPolicy,
    OptionalLong volumeGroup,
    Map<String, String> sysctls) {

  static final PodSecurity NONE =
      new PodSecurity(
          SecurityFields.NONE,
          List.of(),
          SupplementalGroupsPolicy.Merge,
          OptionalLong.empty(),
          Map.of());

  private static final Map<String, SupplementalGroupsPolicy> POLICIES =
      Map.of("Merge", SupplementalGroupsPolicy.Merge, "Strict", SupplementalGroupsPolicy.Strict);

  /** New volumes belong to the group from the start, so that both policies come to the same. */
  private static final Map<String, Boolean> CHANGE_POLICIES =
      Map.of("Always", true, "OnRootMismatch", true);

  static PodSecurity read(Fields fields, Path seccompProfiles) {
    SecurityFields shared = SecurityFields.read(fields, seccompProfiles);
    OptionalLong volumeGroup = fields.number("fsGroup", 0, SecurityFields.MOST_ID);
    fields.choice("fsGroupChangePolicy", CHANGE_POLICIES);
    List<Long> groups =
        new ArrayList<>(fields.numbers("supplementalGroups", 0, SecurityFields.MOST_ID));
    volumeGroup.ifPresent(groups::add);
    return new PodSecurity(
        shared,
        groups,
        fields.choice("supplementalGroupsPolicy", POLICIES).orElse(SupplementalGroupsPolicy.Merge),
        volumeGroup,
        sysctls(fields));
  }

  private static Map<String, String> sysctls(Fields fields) {
    Map<String, String> sysctls = new LinkedHashMap<>();
    fields.each(
        "sysctls",
        item -> {
          String name = item.requiredText("name");
          String value = item.text("value").orElse("");
          if (sysctls.put(name, value) != null) {
            item.problem("name", "occurs twice: " + name);
          }
        });
    return sysctls;
  }
}
