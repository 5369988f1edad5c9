package dev.stockade.shim.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A record being made; closed without having been published, it leaves nothing. */
public final class Draft<R> implements AutoCloseable {
  private final Path directory;
  private final Publication<R> publication;

  Draft(Path directory, Publication<R> publication) {
    this.directory = directory;
    this.publication = publication;
  }

  /** Where to put what is kept with the record; it moves when the record is published. */
  public Path directory() {
    return directory;
  }

  /** Makes the record exist, durably. */
  public void publish(R record) throws IOException {
    publication.publish(record);
  }

  @Override
  public void close() throws IOException {
    if (Files.exists(directory)) {
      RecordStore.deleteTree(directory);
    }
  }

  /** Gives a record its final name. */
  interface Publication<R> {
    void publish(R record) throws IOException;
  }
}
