package dev.stockade.shim.intent;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the security context of a container. */
final class ContainerSecurityReader {
  private static final String FIELD = "linux.security_context";

  /** The kubelet sends one per CPU for thermal throttling, so a large machine needs many. */
  private static final int MOST_PATHS = 8192;

  private final Problems problems;

  ContainerSecurityReader(Problems problems) {
    this.problems = problems;
  }

  ContainerSecurityIntent read(LinuxContainerSecurityContext asked) {
    ProfileReader profiles = new ProfileReader(problems);
    SecurityProfileIntent seccomp =
        profiles.read(
            FIELD + ".seccomp",
            asked.hasSeccomp() ? Optional.of(asked.getSeccomp()) : Optional.empty(),
            FIELD + ".seccomp_profile_path",
            seccompPath(asked));
    profiles.requireAbsolute(FIELD + ".seccomp", seccomp);
    SecurityProfileIntent apparmor =
        profiles.read(
            FIELD + ".apparmor",
            asked.hasApparmor() ? Optional.of(asked.getApparmor()) : Optional.empty(),
            FIELD + ".apparmor_profile",
            apparmorProfile(asked));
    String named = asked.hasApparmor() ? ".apparmor.localhost_ref" : ".apparmor_profile";
    profiles.requireName(FIELD + named, apparmor);
    return new ContainerSecurityIntent(
        asked.getPrivileged(),
        new CapabilityReader(problems, FIELD + ".capabilities")
            .read(
                asked.hasCapabilities()
                    ? asked.getCapabilities()
                    : Capability.getDefaultInstance()),
        new NamespaceReader(problems, FIELD + ".namespace_options")
            .read(
                asked.hasNamespaceOptions()
                    ? asked.getNamespaceOptions()
                    : NamespaceOption.getDefaultInstance()),
        new UserReader(problems, FIELD).read(asked),
        asked.getReadonlyRootfs(),
        asked.getNoNewPrivs(),
        paths("masked_paths", asked.getMaskedPathsList()),
        paths("readonly_paths", asked.getReadonlyPathsList()),
        seccomp,
        apparmor,
        new SelinuxReader(problems, FIELD)
            .read(asked.hasSelinuxOptions(), asked.getSelinuxOptions()));
  }

  @SuppressWarnings("deprecation") // Old clients send only this field.
  private static String seccompPath(LinuxContainerSecurityContext asked) {
    return asked.getSeccompProfilePath();
  }

  @SuppressWarnings("deprecation") // A kubelet sends both, old clients only this field.
  private static String apparmorProfile(LinuxContainerSecurityContext asked) {
    return asked.getApparmorProfile();
  }

  private List<String> paths(String name, List<String> paths) {
    if (paths.size() > MOST_PATHS) {
      problems.invalid(
          FIELD + "." + name, "has " + paths.size() + " entries", "use at most " + MOST_PATHS);
      return List.of();
    }
    Set<String> read = new LinkedHashSet<>();
    for (int i = 0; i < paths.size(); i++) {
      if (TextRules.absolutePath(problems, FIELD + "." + name + "[" + i + "]", paths.get(i))) {
        read.add(MountReader.normal(paths.get(i)));
      }
    }
    return List.copyOf(read);
  }
}
