package dev.stockade.shim.cli;

import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;

/** A value of {@code --seccomp} or {@code --apparmor}. */
final class ProfileFlag {
  private static final String LOCALHOST = "localhost:";

  private ProfileFlag() {}

  static SecurityProfile parse(String name, String value) {
    SecurityProfile.Builder profile = SecurityProfile.newBuilder();
    if (value.equals("runtime-default")) {
      return profile.setProfileType(ProfileType.RuntimeDefault).build();
    }
    if (value.equals("unconfined")) {
      return profile.setProfileType(ProfileType.Unconfined).build();
    }
    if (value.startsWith(LOCALHOST) && value.length() > LOCALHOST.length()) {
      String reference = value.substring(LOCALHOST.length());
      return profile.setProfileType(ProfileType.Localhost).setLocalhostRef(reference).build();
    }
    throw CommandFailure.usage(
        name + " " + value + ": write runtime-default, unconfined or localhost:PROFILE");
  }
}
