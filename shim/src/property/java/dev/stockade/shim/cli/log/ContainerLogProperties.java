package dev.stockade.shim.cli.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/**
 * However output is cut into records, records into writes, and writes into files: it is the same.
 */
final class ContainerLogProperties {

  /**
   * One piece of output: where it went, whether its line ends, and what the writer did after it.
   */
  record Piece(boolean error, boolean endsLine, String content, boolean rotate, boolean read) {}

  @Provide
  Arbitrary<List<Piece>> pieces() {
    Arbitrary<String> content =
        Arbitraries.strings().withChars(" aF\t\u0000\r\u00ff:P").ofMaxLength(40);
    return Combinators.combine(
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            content,
            Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.just(true)), Tuple.of(9, Arbitraries.just(false))),
            Arbitraries.of(true, false))
        .as(Piece::new)
        .list()
        .ofMaxSize(40);
  }

  @Property(tries = 300)
  void readingOnGivesWhatWasWritten(
      @ForAll("pieces") List<Piece> pieces, @ForAll @IntRange(min = 1, max = 30) int cut)
      throws IOException {
    Path directory = Files.createTempDirectory("log-properties");
    Path path = directory.resolve("0.log");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    LogPrinter printer = new LogPrinter(out, err, "", false);
    Files.createFile(path);
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(printer);
      int rotations = 0;
      for (Piece piece : pieces) {
        append(path, piece, cut, piece.read() ? log : null, printer);
        if (piece.rotate()) {
          // A reader that looks as often as files are renamed, which kubelets do every ten seconds.
          log.readOn(printer);
          Files.move(path, path.resolveSibling("0.log.20261123-1" + (10000 + rotations++)));
          Files.createFile(path);
        }
      }
      log.readOn(printer);
      assertThat(log.damaged()).isZero();
    }
    assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected(pieces, false));
    assertThat(err.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected(pieces, true));
    checkWhole(path, pieces);
    remove(directory);
  }

  /** A reader that comes afterwards sees the same over all files. */
  private static void checkWhole(Path path, List<Piece> pieces) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (ContainerLog log = new ContainerLog(path)) {
      LogPrinter printer = new LogPrinter(out, err, "", false);
      log.readRotated(printer);
      log.readOn(printer);
    }
    assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected(pieces, false));
    assertThat(err.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected(pieces, true));
  }

  private static String expected(List<Piece> pieces, boolean error) {
    StringBuilder text = new StringBuilder();
    pieces.stream()
        .filter(piece -> piece.error() == error)
        .forEach(piece -> text.append(piece.content()).append(piece.endsLine() ? "\n" : ""));
    return text.toString();
  }

  private static void append(
      Path path, Piece piece, int cut, @Nullable ContainerLog reader, LogPrinter printer)
      throws IOException {
    String stream = piece.error() ? "stderr" : "stdout";
    String tag = piece.endsLine() ? "F" : "P";
    String line = "2026-11-23T10:00:00.1Z " + stream + " " + tag + " " + piece.content() + "\n";
    for (int at = 0; at < line.length(); at += cut) {
      String part = line.substring(at, Math.min(line.length(), at + cut));
      Files.writeString(path, part, StandardCharsets.ISO_8859_1, StandardOpenOption.APPEND);
      if (reader != null) {
        reader.readOn(printer);
      }
    }
  }

  private static void remove(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}
