package dev.stockade.shim.intent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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
}
