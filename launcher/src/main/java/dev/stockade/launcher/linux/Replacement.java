package dev.stockade.launcher.linux;

import java.io.IOException;

/** The next content of a file, on disk under a temporary name; closed unpublished it is gone. */
public final class Replacement implements AutoCloseable {
  private final Entry target;
  private final Entry fresh;
  private boolean published;

  private Replacement(Entry target, Entry fresh) {
    this.target = target;
    this.fresh = fresh;
  }

  /** Writes it and brings it to disk; the target is closed with it. */
  static Replacement write(Entry target, byte[] content, int mode) throws IOException {
    Replacement replacement;
    try {
      replacement = new Replacement(target, target.next());
    } catch (SyscallException e) {
      target.close();
      throw e;
    }
    try {
      replacement.write(content, mode);
      return replacement;
    } catch (IOException e) {
      replacement.close();
      throw e;
    }
  }

  /** A crash may have left one. */
  private void write(byte[] content, int mode) throws IOException {
    if (fresh.status().isPresent()) {
      fresh.unlink();
    }
    try (Fd file = fresh.createFile(mode)) {
      file.output().write(content);
      file.sync();
    }
  }

  /** Gives it the name, and fsyncs the directory. */
  public void publish() throws SyscallException {
    fresh.rename(target);
    published = true;
    target.parent().sync();
  }

  @Override
  public void close() {
    if (!published) {
      withdraw();
    }
    fresh.close();
    target.close();
  }

  private void withdraw() {
    try {
      fresh.unlink();
    } catch (SyscallException e) {
      // What failed before is the failure to report, and the next write replaces the leftover.
      assert e.call() != null;
    }
  }
}
