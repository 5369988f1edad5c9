package dev.stockade.shim.journal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What this process tells an administrator while a test runs. */
public final class HeardJournal implements AutoCloseable {
  private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

  /** Hears from now on. */
  public HeardJournal() {
    JournalOutput.install(Severity.WARNING, LogFormat.TEXT, Map.of(), heard);
  }

  public String text() {
    return heard.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    JournalOutput.install(Severity.WARNING, LogFormat.TEXT, Map.of());
  }
}
