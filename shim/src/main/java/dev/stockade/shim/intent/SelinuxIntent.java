package dev.stockade.shim.intent;

import java.util.regex.Pattern;

/** The parts of an SELinux context that were asked for; an empty part is not asked for. */
public record SelinuxIntent(String user, String role, String type, String level) {
  static final int MAX_BYTES = 255;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");

  /** Whether a policy could have a user, role or type of this name. */
  public static boolean isName(String text) {
    return text.length() <= MAX_BYTES && NAME.matcher(text).matches();
  }
}
