package dev.stockade.shim.cli.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ContainerLogTest {
  private static final String T = "2026-11-23T10:00:00.000000001Z";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final LogPrinter printer = new LogPrinter(out, err, "", false);

  @TempDir private Path directory;
  private Path path = Path.of("unset");

  @BeforeEach
  void place() {
    path = directory.resolve("0.log");
  }

  private static String record(String stream, String tags, String content) {
    return T + " " + stream + " " + tags + " " + content + "\n";
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(
        file,
        text,
        StandardCharsets.ISO_8859_1,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private String out() {
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void joinsPiecesAndKeepsStreamsApart() throws IOException {
    append(path, record("stdout", "P", "begin "));
    append(path, record("stderr", "F", "oops"));
    append(path, record("stdout", "P:more:tags", "middle "));
    append(path, record("stdout", "F", "end"));
    append(path, record("stdout", "F", ""));
    try (ContainerLog log = new ContainerLog(path)) {
      assertThat(log.readOn(printer)).isTrue();
      assertThat(log.readOn(printer)).isFalse();
      assertThat(log.damaged()).isZero();
    }
    assertThat(out()).isEqualTo("begin middle end\n\n");
    assertThat(err.toString(StandardCharsets.ISO_8859_1)).isEqualTo("oops\n");
  }

  @Test
  void bytesPassUnchanged() throws IOException {
    append(path, record("stdout", "F", "\u0000\u001b[1m \u00ff\r"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(printer);
    }
    assertThat(out()).isEqualTo("\u0000\u001b[1m \u00ff\r\n");
  }

  @Test
  void aRecordWrittenInTwoGoesIsReadOnce() throws IOException {
    String record = record("stdout", "F", "whole");
    append(path, record.substring(0, 20));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(printer);
      assertThat(out()).isEmpty();
      append(path, record.substring(20));
      log.readOn(printer);
    }
    assertThat(out()).isEqualTo("whole\n");
  }

  @Test
  void rotationBetweenReadsLosesAndDoublesNothing() throws IOException {
    append(path, record("stdout", "F", "one"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(printer);
      append(path, record("stdout", "P", "two "));
      Path renamed = directory.resolve("0.log.20261123-100000");
      Files.move(path, renamed);
      append(renamed, record("stdout", "P", "still two "));
      append(path, record("stdout", "F", "and the end"));
      assertThat(log.readOn(printer)).isTrue();
      append(path, record("stdout", "F", "three"));
      log.readOn(printer);
    }
    assertThat(out()).isEqualTo("one\ntwo still two and the end\nthree\n");
  }

  @Test
  void betweenRenamingAndTheNewFileTheOldOneIsReadOn() throws IOException {
    append(path, record("stdout", "F", "one"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(printer);
      Path renamed = directory.resolve("0.log.20261123-100000");
      Files.move(path, renamed);
      append(renamed, record("stdout", "F", "two"));
      log.readOn(printer);
    }
    assertThat(out()).isEqualTo("one\ntwo\n");
  }

  @Test
  void rotatedFilesAreReadOldestFirstAndUnpacked() throws IOException {
    Path oldest = directory.resolve("0.log.20261121-000000.gz");
    try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(oldest))) {
      packed.write(record("stdout", "F", "one").getBytes(StandardCharsets.US_ASCII));
    }
    append(directory.resolve("0.log.20261122-000000"), record("stdout", "P", "two "));
    append(directory.resolve("0.log.bak"), record("stdout", "F", "not ours"));
    append(directory.resolve("10.log.20261122-000000"), record("stdout", "F", "not ours"));
    append(path, record("stdout", "F", "ends"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readRotated(printer);
      log.readOn(printer);
    }
    assertThat(out()).isEqualTo("one\ntwo ends\n");
  }

  @Test
  void tailCountsLinesOverFilesAndKeepsPieces() throws IOException {
    append(directory.resolve("0.log.20261122-000000"), record("stdout", "F", "one"));
    append(directory.resolve("0.log.20261122-000000"), record("stdout", "P", "t"));
    append(path, record("stdout", "F", "wo") + record("stdout", "F", "three"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readTail(2, printer);
      append(path, record("stdout", "F", "four"));
      log.readOn(printer);
    }
    assertThat(out()).isEqualTo("two\nthree\nfour\n");
  }

  @Test
  void tailOfNothing() throws IOException {
    append(path, record("stdout", "F", "one"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readTail(0, printer);
    }
    assertThat(out()).isEmpty();
  }

  @Test
  void damagedLinesAreCountedAndLeftOut() throws IOException {
    append(path, "garbage\n" + T + " stdin F x\n" + T + " stdout X x\n\n" + T + " stdout F\n");
    append(path, "x".repeat(RecordSplitter.MAX_LINE + 5) + "\n" + record("stdout", "F", "good"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(printer);
      assertThat(log.damaged()).isEqualTo(6);
    }
    assertThat(out()).isEqualTo("good\n");
  }

  @Test
  void timesAndPrefixesStandBeforeWholeLines() throws IOException {
    append(
        path, record("stdout", "P", "a") + record("stdout", "F", "b") + record("stdout", "F", "c"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(new LogPrinter(out, err, "[app] ", true));
    }
    assertThat(out()).isEqualTo("[app] " + T + " ab\n[app] " + T + " c\n");
  }

  @Test
  void aLogThatWasCutShortInPlaceIsReadFromItsBeginning() throws IOException {
    append(path, record("stdout", "F", "long long long line"));
    try (ContainerLog log = new ContainerLog(path)) {
      log.readOn(printer);
      Files.writeString(path, record("stdout", "F", "new"));
      log.readOn(printer);
    }
    assertThat(out()).isEqualTo("long long long line\nnew\n");
  }

  @Test
  void linksAndOtherFilesAreNotOpened() throws IOException {
    Path secret = directory.resolve("secret");
    append(secret, record("stdout", "F", "secret"));
    Files.createSymbolicLink(path, secret);
    try (ContainerLog log = new ContainerLog(path)) {
      assertThatThrownBy(() -> log.readOn(printer)).isInstanceOf(NoSuchFileException.class);
    }
    try (ContainerLog log = new ContainerLog(directory.resolve("absent"))) {
      assertThatThrownBy(() -> log.readOn(printer)).isInstanceOf(NoSuchFileException.class);
    }
    assertThat(out()).isEmpty();
  }
}
