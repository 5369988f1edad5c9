package dev.stockade.shim.image;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who a process is to be: {@code user[:group]}, each a number or a name. What begins like a number
 * is a number and is never looked up as a name, because "1" once became root (CVE-2026-30892) and
 * numbers too large became names (CVE-2024-40635, CVE-2026-46680).
 */
public record UserSpec(Part user, Optional<Part> group) {
  /**
   * Ids are signed 32-bit numbers in the CRI's own clients, and larger ones have wrapped to 0 in
   * runtimes.
   */
  public static final long LARGEST_ID = Integer.MAX_VALUE;

  private static final int LONGEST = 512;
  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,9}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,254}\\$?");

  /** A user or a group. */
  public sealed interface Part {}

  /** A user or group by number, 0 to {@link UserSpec#LARGEST_ID}. */
  public record Id(long value) implements Part {
    /** Refuses what is out of range. */
    public Id {
      if (value < 0 || value > LARGEST_ID) {
        throw new IllegalArgumentException("id " + value + " is not between 0 and " + LARGEST_ID);
      }
    }

    @Override
    public String toString() {
      return Long.toString(value);
    }
  }

  /** A user or group by its name in the image. */
  public record Name(String value) implements Part {
    /** Refuses what is no name. */
    public Name {
      if (!NAME.matcher(value).matches()) {
        throw new IllegalArgumentException("not a user name: " + Quoted.of(value));
      }
    }

    @Override
    public String toString() {
      return value;
    }
  }

  /** Reads {@code user[:group]}; anything else is {@link ImageException.Kind#MALFORMED}. */
  public static UserSpec parse(String text) throws ImageException {
    if (text.length() > LONGEST) {
      throw malformed("user", text, "is longer than " + LONGEST + " characters");
    }
    int colon = text.indexOf(':');
    if (colon < 0) {
      return new UserSpec(part("user", text, text), Optional.empty());
    }
    return new UserSpec(
        part("user", text, text.substring(0, colon)),
        Optional.of(part("group", text, text.substring(colon + 1))));
  }

  /** Reads one user, for requests that name user and group in fields of their own. */
  public static Part parseUser(String text) throws ImageException {
    return part("user", text, text);
  }

  private static Part part(String role, String whole, String text) throws ImageException {
    if (NUMBER.matcher(text).matches()) {
      long value = Long.parseLong(text);
      if (value > LARGEST_ID) {
        throw malformed(role, whole, "is larger than " + LARGEST_ID);
      }
      return new Id(value);
    }
    if (NAME.matcher(text).matches()) {
      return new Name(text);
    }
    if (text.isEmpty()) {
      throw malformed(role, whole, "is empty");
    }
    throw malformed(
        role,
        whole,
        "is neither a number without sign and leading zeros nor a name of letters, digits, _ . -");
  }

  private static ImageException malformed(String role, String whole, String why) {
    return ImageException.malformed("in user " + Quoted.of(whole) + " the " + role + " " + why);
  }

  @Override
  public String toString() {
    return user + group.map(g -> ":" + g).orElse("");
  }
}
