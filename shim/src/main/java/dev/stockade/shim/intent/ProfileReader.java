package dev.stockade.shim.intent;

import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.launcher.plan.AppArmorName;
import java.util.Optional;

/**
 * Reads seccomp and AppArmor profile requests: a structured field and a deprecated string, which a
 * kubelet fills alike for AppArmor. The structured one counts; it may not be Unconfined where the
 * other confines, because that constraint would be lost.
 *
 * <p>RuntimeDefault is number 0 in the protocol, so an empty message asks for it while an absent
 * one asks for nothing.
 */
final class ProfileReader {
  private static final String PREFIX = "localhost/";

  private final Problems problems;

  ProfileReader(Problems problems) {
    this.problems = problems;
  }

  /**
   * What the two fields ask.
   *
   * @param profile of the structured field, if it is set
   * @param old of the deprecated one; empty where it is not set
   */
  SecurityProfileIntent read(
      String field, Optional<SecurityProfile> profile, String oldField, String old) {
    if (profile.isEmpty()) {
      return deprecated(oldField, old);
    }
    int before = problems.count();
    SecurityProfileIntent asked = structured(field, profile.get());
    SecurityProfileIntent other = deprecated(oldField, old);
    boolean sound = problems.count() == before;
    boolean lost =
        asked instanceof SecurityProfileIntent.Unconfined && !old.isEmpty() && !other.equals(asked);
    if (sound && lost) {
      problems.invalid(
          oldField,
          TextRules.quoted(old) + " is another profile than Unconfined of " + field,
          "set " + field + " only, or both to the same");
    }
    return asked;
  }

  SecurityProfileIntent structured(String field, SecurityProfile profile) {
    String reference = profile.getLocalhostRef();
    if (profile.getProfileType() != SecurityProfile.ProfileType.Localhost && !reference.isEmpty()) {
      problems.invalid(
          field + ".localhost_ref",
          "is set though profile_type is not Localhost",
          "clear it or set profile_type to Localhost");
    }
    return switch (profile.getProfileType()) {
      case RuntimeDefault -> new SecurityProfileIntent.RuntimeDefault();
      case Unconfined -> new SecurityProfileIntent.Unconfined();
      case Localhost -> localhost(field + ".localhost_ref", bare(reference));
      default -> {
        problems.invalid(
            field + ".profile_type",
            profile.getProfileTypeValue() + " is not a profile type",
            "use RuntimeDefault, Unconfined or Localhost");
        yield new SecurityProfileIntent.RuntimeDefault();
      }
    };
  }

  private SecurityProfileIntent deprecated(String field, String text) {
    return switch (text) {
      case "" -> new SecurityProfileIntent.Unset();
      case "runtime/default", "docker/default" -> new SecurityProfileIntent.RuntimeDefault();
      case "unconfined" -> new SecurityProfileIntent.Unconfined();
      default -> named(field, text);
    };
  }

  /** Clients that came from the deprecated field leave its prefix before the name. */
  private static String bare(String reference) {
    return reference.startsWith(PREFIX) ? reference.substring(PREFIX.length()) : reference;
  }

  private SecurityProfileIntent named(String field, String text) {
    if (text.startsWith(PREFIX)) {
      return localhost(field, bare(text));
    }
    problems.invalid(
        field,
        TextRules.quoted(text) + " is not a profile",
        "use runtime/default, unconfined or localhost/NAME, or better the structured field");
    return new SecurityProfileIntent.RuntimeDefault();
  }

  private SecurityProfileIntent localhost(String field, String reference) {
    if (reference.isBlank()) {
      problems.invalid(field, "is empty with profile type Localhost", "name the profile");
      return new SecurityProfileIntent.RuntimeDefault();
    }
    TextRules.bounded(problems, field, reference, TextRules.MAX_PATH_BYTES);
    return new SecurityProfileIntent.Localhost(reference);
  }

  /** One AppArmor profile, and not the word for none. */
  void requireName(String field, SecurityProfileIntent profile) {
    if (profile instanceof SecurityProfileIntent.Localhost localhost) {
      String name = localhost.reference();
      AppArmorName.problem(name)
          .ifPresent(
              reason ->
                  problems.invalid(
                      field, TextRules.quoted(name) + " " + reason, AppArmorName.REMEDY));
      if (name.equals("unconfined")) {
        problems.invalid(field, "is no profile", "use the profile type Unconfined");
      }
    }
  }

  void requireAbsolute(String field, SecurityProfileIntent profile) {
    if (profile instanceof SecurityProfileIntent.Localhost localhost) {
      TextRules.absolutePath(problems, field + ".localhost_ref", localhost.reference());
    }
  }
}
