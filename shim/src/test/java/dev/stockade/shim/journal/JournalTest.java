package dev.stockade.shim.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated
final class JournalTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Journal journal = Journal.of(JournalTest.class);

  private void install(Severity level, LogFormat format) {
    JournalOutput.install(level, format, Map.of(), out);
  }

  @AfterEach
  void restore() {
    JournalOutput.install(Severity.WARNING, LogFormat.TEXT, Map.of());
  }

  private List<String> lines() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void journaldGetsAPriorityAndNoTime() {
    install(Severity.DEBUG, LogFormat.JOURNAL);
    journal.debug("looked");
    journal.info("imported", Field.of("image", "sha256:12"), Field.of("layers", 3));
    journal.warning("odd");
    journal.error("failed", new IOException("no space"), Field.of("path", "/a b"));
    assertThat(lines())
        .containsExactly(
            "<7>journal: looked",
            "<6>journal: imported image=sha256:12 layers=3",
            "<4>journal: odd",
            "<3>journal: failed path=\"/a b\" error=\"IOException: no space\"");
  }

  @Test
  void textHasTimeAndLevel() {
    install(Severity.INFO, LogFormat.TEXT);
    journal.info("done");
    assertThat(lines().get(0))
        .matches("20[0-9]{2}-[0-9-]{5}T[0-9:]{8}\\.[0-9]{3}Z INFO journal: done");
  }

  @Test
  void jsonIsOneObjectPerLine() throws Exception {
    install(Severity.INFO, LogFormat.JSON);
    journal.warning("a \"b\"\n", Field.of("key", "x\u0000y\"}"));
    var line = new com.fasterxml.jackson.databind.ObjectMapper().readTree(lines().get(0));
    assertThat(line.get("level").asText()).isEqualTo("warning");
    assertThat(line.get("part").asText()).isEqualTo("journal");
    assertThat(line.get("message").asText()).isEqualTo("a \"b\"\\n");
    assertThat(line.get("key").asText()).isEqualTo("x\\u0000y\"}");
  }

  @Test
  void nothingInAValueMakesAnotherLineOrField() {
    install(Severity.INFO, LogFormat.JOURNAL);
    String hostile =
        "x\n<0>kernel: forged\r\u001b[2J\u0085\u2028\u2029\u202e\u0000\ud800 b=\"c\" \\n end";
    journal.info("seen\n<0>forged", Field.of("name", hostile), Field.of("empty", ""));
    assertThat(lines()).hasSize(1);
    assertThat(lines().get(0))
        .isEqualTo(
            "<6>journal: seen\\n<0>forged name=\"x\\n<0>kernel: forged\\u000d\\u001b[2J\\u0085"
                + "\\u2028\\u2029\\u202e\\u0000\\ud800 b=\\\"c\\\" \\\\n end\" empty=\"\"");
  }

  @Test
  void linesAreBounded() {
    install(Severity.INFO, LogFormat.JOURNAL);
    Field[] fields = new Field[1000];
    java.util.Arrays.fill(fields, Field.of("k", "\n".repeat(100_000)));
    journal.info("m".repeat(1_000_000), fields);
    assertThat(out.size()).isLessThan(200_000);
  }

  @Test
  void lessImportantLinesAreLeftOut() {
    install(Severity.WARNING, LogFormat.JOURNAL);
    journal.info("no");
    System.getLogger("dev.stockade.shim.pod.Pod").log(System.Logger.Level.INFO, "no");
    Logger.getLogger("io.grpc.Some").info("no");
    journal.warning("yes");
    assertThat(lines()).containsExactly("<4>journal: yes");
  }

  @Test
  void everyLoggerOfTheProcessHasTheSameForm() {
    install(Severity.INFO, LogFormat.JOURNAL);
    System.Logger logger = System.getLogger("dev.stockade.shim.pod.PodLifecycle");
    assertThat(logger).isInstanceOf(Journal.class);
    logger.log(System.Logger.Level.WARNING, "pod {0} is {1}\n", "a\nb", 5);
    logger.log(System.Logger.Level.ERROR, "it's {broken", "value");
    logger.log(System.Logger.Level.ERROR, "cannot", new IllegalStateException("why"));
    Logger.getLogger("some.library.Part").warning("told\nyou");
    Logger.getLogger("io.grpc.Server").info("chatter");
    assertThat(lines())
        .hasSize(4)
        .startsWith("<4>pod: pod a\\nb is 5\\n", "<3>pod: it's {broken")
        .endsWith("<4>some.library: told\\nyou");
    assertThat(lines().get(2))
        .startsWith("<3>pod: cannot error=\"IllegalStateException: why\" at=\"JournalTest.");
  }

  @Test
  void causesAreToldWithoutEnd() {
    install(Severity.INFO, LogFormat.JOURNAL);
    IOException inner = new IOException("inner");
    IllegalStateException outer = new IllegalStateException("outer", inner);
    inner.initCause(outer);
    journal.warning("loop", outer);
    assertThat(lines()).singleElement().asString().contains("outer; caused by IOException: inner");
  }

  @Test
  void aClosedStandardErrorIsNoFailure() {
    JournalOutput.install(
        Severity.INFO,
        LogFormat.TEXT,
        Map.of(),
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("broken pipe");
          }
        });
    journal.warning("heard by nobody");
  }

  @Test
  void journaldIsToldByItsVariableOnlyWhileStandardErrorIsItsStream() {
    JournalOutput.install(Severity.INFO, LogFormat.AUTO, Map.of("JOURNAL_STREAM", "1:2"), out);
    journal.info("text");
    assertThat(lines().get(0)).startsWith("20");
  }

  @Test
  void aSecretShowsNowhere() {
    install(Severity.INFO, LogFormat.JOURNAL);
    Secret secret = Secret.of("hunter2");
    journal.info("logged in", Field.of("password", secret));
    assertThat(out.toString(StandardCharsets.UTF_8)).doesNotContain("hunter2").contains("[secret]");
    assertThat(secret.reveal()).isEqualTo("hunter2");
    assertThat(secret).isEqualTo(Secret.of("hunter2")).isNotEqualTo(Secret.of("hunter3"));
    assertThat(secret.hashCode()).isEqualTo(Secret.of("other").hashCode());
    byte[] owned = "hunter2".getBytes(StandardCharsets.UTF_8);
    Secret.owning(owned).close();
    assertThat(owned).containsOnly(0);
  }
}
