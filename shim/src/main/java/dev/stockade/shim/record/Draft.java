package dev.stockade.shim.record;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A record being made; closed without having been published, it leaves nothing. */
public final class Draft<R> implements AutoCloseable {
  private final Path directory;
  private final Publication<R> publication;
  private boolean published;

  Draft(Path directory, Publication<R> publication) {
    this.directory = directory;
    this.publication = publication;
  }

  /** Where to put what is kept with the record. */
  public Path directory() {
    return directory;
  }

  /** Makes the record exist, durably. */
  public void publish(R record) throws IOException {
    publication.publish(record);
    published = true;
  }

  @Override
  public void close() throws IOException {
    if (!published && Files.exists(directory)) {
      RecordStore.deleteTree(directory);
    }
  }

  /** Stores a record durably. */
  interface Publication<R> {
    void publish(R record) throws IOException;
  }
}
