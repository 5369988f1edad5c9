package dev.stockade.shim.intent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What docs/CRI-FIELDS.md says of the fields of one message. */
record FieldDocument(Map<String, String> rows) {
  private static final Path FILE = Path.of("../docs/CRI-FIELDS.md");
  private static final Pattern ROW = Pattern.compile("\\| `([a-zA-Z_.]+)` \\| ([a-z]*) ?\\|.*");

  /** The rows under the heading of that name: word by path. */
  static FieldDocument of(String message) throws IOException {
    Map<String, String> rows = new LinkedHashMap<>();
    boolean within = false;
    for (String line : Files.readAllLines(FILE)) {
      if (line.startsWith("## ")) {
        within = line.equals("## " + message);
      }
      Matcher row = ROW.matcher(line);
      if (within && row.matches() && rows.put(row.group(1), row.group(2)) != null) {
        throw new IOException("two rows for " + row.group(1));
      }
    }
    return new FieldDocument(rows);
  }

  /** The word for a field: its own row's, or that of the message it is in. */
  Optional<String> word(String path) {
    for (String at = path; !at.isEmpty(); at = at.substring(0, Math.max(0, at.lastIndexOf('.')))) {
      if (rows.containsKey(at)) {
        return Optional.of(rows.get(at));
      }
    }
    return Optional.empty();
  }
}
