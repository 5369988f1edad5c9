package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.SELinuxOption;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The part of a security context that a pod and its containers have in common; a container's own
 * goes before its pod's, field by field.
 */
record SecurityFields(
    OptionalLong user,
    OptionalLong group,
    Optional<Boolean> nonRoot,
    Optional<SecurityProfile> seccomp,
    Optional<SecurityProfile> apparmor,
    Optional<SELinuxOption> selinux) {

  static final long MOST_ID = Integer.MAX_VALUE;

  static final SecurityFields NONE =
      new SecurityFields(
          OptionalLong.empty(),
          OptionalLong.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  private static final Map<String, ProfileType> TYPES =
      Map.of(
          "RuntimeDefault", ProfileType.RuntimeDefault,
          "Unconfined", ProfileType.Unconfined,
          "Localhost", ProfileType.Localhost);

  static SecurityFields read(Fields fields, Path seccompProfiles) {
    return new SecurityFields(
        fields.number("runAsUser", 0, MOST_ID),
        fields.number("runAsGroup", 0, MOST_ID),
        fields.flag("runAsNonRoot"),
        profile(fields, "seccompProfile").map(profile -> beneath(profile, seccompProfiles)),
        profile(fields, "appArmorProfile"),
        selinux(fields));
  }

  /** This, and what it leaves open from {@code other}. */
  SecurityFields orElse(SecurityFields other) {
    return new SecurityFields(
        user.isPresent() ? user : other.user,
        group.isPresent() ? group : other.group,
        nonRoot.or(() -> other.nonRoot),
        seccomp.or(() -> other.seccomp),
        apparmor.or(() -> other.apparmor),
        selinux.or(() -> other.selinux));
  }

  /** The seccomp profile; the runtime's default where nothing is said. */
  SecurityProfile effectiveSeccomp() {
    return seccomp.orElse(SecurityProfile.getDefaultInstance());
  }

  static Int64Value id(long number) {
    return Int64Value.newBuilder().setValue(number).build();
  }

  private static Optional<SecurityProfile> profile(Fields parent, String name) {
    Optional<Fields> object = parent.object(name);
    if (object.isEmpty()) {
      return Optional.empty();
    }
    Fields fields = object.get();
    Optional<ProfileType> type = fields.choice("type", TYPES);
    if (type.isEmpty()) {
      fields.requiredText("type");
    }
    Optional<String> reference = fields.text("localhostProfile");
    boolean localhost = type.filter(ProfileType.Localhost::equals).isPresent();
    if (localhost && reference.orElse("").isEmpty()) {
      fields.problem("localhostProfile", "is required with type Localhost");
    } else if (!localhost && reference.isPresent()) {
      fields.problem("localhostProfile", "goes with type Localhost only");
    }
    fields.end();
    return type.map(
        value ->
            SecurityProfile.newBuilder()
                .setProfileType(value)
                .setLocalhostRef(reference.orElse(""))
                .build());
  }

  private static SecurityProfile beneath(SecurityProfile profile, Path directory) {
    if (profile.getProfileType() != ProfileType.Localhost) {
      return profile;
    }
    Path path = directory.resolve(profile.getLocalhostRef());
    return profile.toBuilder().setLocalhostRef(path.toString()).build();
  }

  private static Optional<SELinuxOption> selinux(Fields parent) {
    Optional<Fields> object = parent.object("seLinuxOptions");
    return object.map(
        fields -> {
          SELinuxOption option =
              SELinuxOption.newBuilder()
                  .setUser(fields.text("user").orElse(""))
                  .setRole(fields.text("role").orElse(""))
                  .setType(fields.text("type").orElse(""))
                  .setLevel(fields.text("level").orElse(""))
                  .build();
          fields.end();
          return option;
        });
  }
}
