package dev.stockade.shim.image;

import java.nio.charset.StandardCharsets;

/**
 * The name of an archive entry, relative to the archive's root, without {@code .} and empty
 * components; the root itself is the empty string. Absolute names and {@code ..} are refused, not
 * repaired, because no honest writer makes them.
 */
record EntryPath(String text) {
  /** PATH_MAX of Linux, limits.h, with its NUL. */
  private static final int LONGEST = 4095;

  /** NAME_MAX of every file system that can hold an overlay. */
  private static final int LONGEST_COMPONENT = 255;

  private static final int DEEPEST = 256;

  /** Reads a name; {@code role} says in messages what it is, for example {@code entry}. */
  static EntryPath parse(String role, String name) throws ImageException {
    if (name.startsWith("/")) {
      throw refused(role, name, "is absolute");
    }
    if (name.length() > LONGEST || name.getBytes(StandardCharsets.UTF_8).length > LONGEST) {
      throw refused(role, name, "is longer than " + LONGEST + " bytes");
    }
    StringBuilder clean = new StringBuilder(name.length());
    int depth = 0;
    for (String component : name.split("/", -1)) {
      if (component.isEmpty() || component.equals(".")) {
        continue;
      }
      checkComponent(role, name, component);
      if (++depth > DEEPEST) {
        throw refused(role, name, "is deeper than " + DEEPEST + " directories");
      }
      clean.append(depth == 1 ? "" : "/").append(component);
    }
    return new EntryPath(clean.toString());
  }

  private static void checkComponent(String role, String name, String component)
      throws ImageException {
    if (component.equals("..")) {
      throw refused(role, name, "contains ..");
    }
    if (component.indexOf('\0') >= 0 || component.indexOf('\ufffd') >= 0) {
      throw refused(role, name, "contains a NUL or is not UTF-8");
    }
    if (component.getBytes(StandardCharsets.UTF_8).length > LONGEST_COMPONENT) {
      throw refused(role, name, "has a component longer than " + LONGEST_COMPONENT + " bytes");
    }
  }

  private static ImageException refused(String role, String name, String why) {
    return ImageException.refused(role + " " + Quoted.of(name) + " " + why);
  }

  boolean isRoot() {
    return text.isEmpty();
  }

  /** The last component. */
  String name() {
    return text.substring(text.lastIndexOf('/') + 1);
  }

  /** The directory it stands in; the root's is the root. */
  EntryPath parent() {
    return new EntryPath(text.substring(0, Math.max(0, text.lastIndexOf('/'))));
  }

  EntryPath child(String name) {
    return new EntryPath(isRoot() ? name : text + "/" + name);
  }

  @Override
  public String toString() {
    return Quoted.of(isRoot() ? "." : text);
  }
}
