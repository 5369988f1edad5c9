package dev.stockade.shim.intent;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * What any text must satisfy before it may become a path, an argument, a label or a line of a file.
 */
final class TextRules {
  /** PATH_MAX with its NUL (linux/limits.h). */
  static final int MAX_PATH_BYTES = 4095;

  /** NAME_MAX (linux/limits.h). */
  static final int MAX_NAME_BYTES = 255;

  /** Kubernetes allows 256 KiB of annotations; the kubelet adds its own. */
  static final int MAX_LABELS = 1 << 20;

  /** MAX_ARG_STRLEN: 32 pages for one argument or variable (execve(2)). */
  static final int MAX_STRING_BYTES = 131_071;

  static final int MOST_STRINGS = 65_536;

  private TextRules() {}

  /**
   * An absolute path of plain components: no {@code ..}, no NUL, no longer than PATH_MAX. Empty is
   * a problem too.
   */
  static boolean absolutePath(Problems problems, String field, String path) {
    if (path.isEmpty()) {
      problems.invalid(field, "is empty", "give an absolute path");
      return false;
    }
    if (!path.startsWith("/")) {
      problems.invalid(field, quoted(path) + " is not absolute", "give a path that begins with /");
      return false;
    }
    if (hasParentComponent(path)) {
      problems.invalid(field, quoted(path) + " has a '..' component", "give the path without '..'");
      return false;
    }
    return bounded(problems, field, path, MAX_PATH_BYTES);
  }

  /** No NUL, and at most this many bytes of UTF-8. */
  static boolean bounded(Problems problems, String field, String text, int maxBytes) {
    if (text.indexOf('\0') >= 0) {
      problems.invalid(field, "holds a NUL character", "the kernel ends text there; remove it");
      return false;
    }
    if (text.length() > maxBytes || text.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
      problems.invalid(field, "is longer than " + maxBytes + " bytes", "shorten it");
      return false;
    }
    return true;
  }

  /** Arguments of a program: none with a NUL, none longer than execve(2) takes. */
  static void strings(Problems problems, String field, List<String> strings) {
    if (strings.size() > MOST_STRINGS) {
      problems.invalid(field, "has " + strings.size() + " entries", "use at most " + MOST_STRINGS);
      return;
    }
    for (int i = 0; i < strings.size(); i++) {
      bounded(problems, field + "[" + i + "]", strings.get(i), MAX_STRING_BYTES);
    }
  }

  /** Entries with a key, which together are no larger than {@link #MAX_LABELS}. */
  static void labels(Problems problems, String field, Map<String, String> labels) {
    long size = 0;
    for (Map.Entry<String, String> label : labels.entrySet()) {
      size += label.getKey().length() + (long) label.getValue().length();
    }
    if (size > MAX_LABELS) {
      problems.invalid(
          field, "is larger than " + MAX_LABELS + " characters", "use fewer or shorter entries");
    }
    for (String key : labels.keySet()) {
      if (key.isEmpty()) {
        problems.invalid(field, "has an empty key", "name every entry");
      }
    }
  }

  static boolean hasParentComponent(String path) {
    return path.equals("..")
        || path.startsWith("../")
        || path.endsWith("/..")
        || path.contains("/../");
  }

  /** Control characters never reach a log or a terminal as they are. */
  static String quoted(String text) {
    StringBuilder out = new StringBuilder("'");
    int end = Math.min(text.length(), 128);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c) || c == '\'' || c == '\\' || Character.isSurrogate(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append(text.length() > end ? "...'" : "'").toString();
  }
}
