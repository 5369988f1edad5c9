package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A log as the protocol defines it, read with no mercy: every byte is part of a whole record. */
final class RecordedLog {
  private static final Pattern RECORD =
      Pattern.compile(
          "([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z)"
              + " (stdout|stderr) ([PF]) (.*)");

  private final Path file;
  private final List<String> output = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();

  private RecordedLog(Path file) {
    this.file = file;
  }

  /** Reads a log nobody writes to any more. */
  static RecordedLog read(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.US_ASCII);
    assertThat(text).as("%s", file).endsWith("\n");
    return parse(file, text);
  }

  /** As {@link #read}; a writer that was killed may have left the beginning of a record. */
  static RecordedLog readTorn(Path file) throws IOException {
    String text = Files.readString(file, StandardCharsets.US_ASCII);
    return parse(file, text.substring(0, text.lastIndexOf('\n') + 1));
  }

  private static RecordedLog parse(Path file, String text) {
    RecordedLog log = new RecordedLog(file);
    StringBuilder output = new StringBuilder();
    StringBuilder errors = new StringBuilder();
    String before = "";
    for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
      Matcher record = RECORD.matcher(line);
      assertThat(record.matches()).as("%s holds records only: %.200s", file, line).isTrue();
      assertThat(record.group(1))
          .as("%s: times never go back", file)
          .isGreaterThanOrEqualTo(before);
      before = record.group(1);
      boolean standard = record.group(2).equals("stdout");
      StringBuilder begun = (standard ? output : errors).append(record.group(4));
      if (record.group(3).equals("F")) {
        (standard ? log.output : log.errors).add(begun.toString());
        begun.setLength(0);
      }
    }
    return log;
  }

  /**
   * Every line of the writer is there, once, whole and in its place, and the last one tells their
   * number.
   */
  void requireWhole(LineWriter writer) {
    int lines = output.size() - 1;
    assertThat(output.get(lines)).as("%s ends", file).isEqualTo("end " + lines);
    requireNumbered(writer, output.subList(0, lines));
    assertThat(errors).as("%s", file).hasSize(lines);
  }

  /** As {@link #requireWhole} of a container that was killed, maybe in the middle of a line. */
  void requireBeginning(LineWriter writer) {
    int last = output.size() - 1;
    requireNumbered(writer, output.subList(0, last));
    assertThat(writer.line(last)).as("%s: line %d", file, last).startsWith(output.get(last));
  }

  private void requireNumbered(LineWriter writer, List<String> lines) {
    for (int n = 0; n < lines.size(); n++) {
      assertThat(lines.get(n)).as("%s: line %d", file, n).isEqualTo(writer.line(n));
    }
    for (int n = 0; n < errors.size(); n++) {
      assertThat(errors.get(n)).as("%s: line %d", file, n).isEqualTo("err " + n);
    }
  }

  int lines() {
    return output.size();
  }
}
