package dev.stockade.shim.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** What {@code explain --json} says of a pod of one container, beside the receipt of its run. */
public final class Foretold {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Foretold() {}

  /** Each row, and none besides; each says where it is from. */
  public static void assertThatTheReceiptShows(CommandLineRun explained, CommandLineRun run)
      throws IOException {
    JsonNode foretold = JSON.readTree(explained.out()).at("/containers/0");
    JsonNode receipt = JSON.readTree(run.out()).at("/containers/0/receipt");
    assertThat(rows(foretold.path("constraints"), "value"))
        .hasSizeGreaterThan(50)
        .isEqualTo(rows(receipt.path("rows"), "asked"));
    foretold
        .path("constraints")
        .forEach(row -> assertThat(row.path("from").asText()).as(row.toString()).isNotEmpty());
  }

  /** By constraint and subject, with what differs from pod to pod made alike. */
  private static Map<String, String> rows(JsonNode rows, String column) throws IOException {
    Map<String, String> read = new TreeMap<>();
    for (JsonNode row : rows) {
      String constraint = row.path("constraint").asText();
      String value = row.path(column).asText();
      if (constraint.startsWith("namespaces.")) {
        value = namespace(constraint.substring("namespaces.".length()), value);
      }
      read.put(constraint + " " + row.path("subject").asText(), plain(constraint, value));
    }
    return read;
  }

  private static String namespace(String kind, String value) throws IOException {
    if (value.startsWith("own")) {
      return "own";
    }
    String file = Map.of("mount", "mnt", "network", "net").getOrDefault(kind, kind);
    Object host =
        Files.getAttribute(Path.of("/proc/self/ns/" + file), "unix:ino", new LinkOption[0]);
    boolean hosts = value.equals("host") || value.equals(host.toString());
    return hosts ? "host" : "joined";
  }

  /** Identifiers, and the ids that a user namespace was given. */
  private static String plain(String constraint, String value) {
    String same =
        value
            .replaceAll("[0-9a-f]{64}", "ID")
            .replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UID");
    boolean ids = constraint.startsWith("user.") || constraint.equals("mounts.options");
    return ids ? same.replaceAll("\\b[0-9]{10}\\b", "MAPPED") : same;
  }
}
