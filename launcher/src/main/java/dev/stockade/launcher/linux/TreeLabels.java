package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * Gives everything in a tree one SELinux context. What has it is only read, so that a walk that was
 * stopped is taken up where it ended. Each inode is held before it is changed, found by its name in
 * a held directory: neither links nor renames lead out of the tree. Mounts in it are left as they
 * are. Threads, descriptors and memory are bounded by the limits below, whatever the tree holds.
 */
public final class TreeLabels {
  private static final int DEPTH = 256;
  private static final int BATCH = 8 * 1024;
  private static final int HELPERS = 3;
  private static final int RESOLVE =
      Flags.RESOLVE_BENEATH
          | Flags.RESOLVE_NO_SYMLINKS
          | Flags.RESOLVE_NO_MAGICLINKS
          | Flags.RESOLVE_NO_XDEV;

  private final String context;
  private final BooleanSupplier cancelled;
  private final ExecutorService helpers;
  private final Semaphore idle = new Semaphore(HELPERS);
  private final Phaser working = new Phaser(1);
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final LongAdder seen = new LongAdder();
  private final LongAdder changed = new LongAdder();
  private final LongAdder mounts = new LongAdder();

  private TreeLabels(String context, BooleanSupplier cancelled) {
    this.context = context;
    this.cancelled = cancelled;
    this.helpers = Executors.newFixedThreadPool(HELPERS, TreeLabels::helper);
  }

  /**
   * What a walk came to.
   *
   * @param seen inodes, or names of inodes, that have the context now
   * @param changed those of them that had another
   * @param mounts that were met and left
   */
  public record Tally(long seen, long changed, long mounts) {}

  /** Where a walk is, for messages. */
  private static final class Place {
    private final Optional<Place> parent;
    private final byte[] name;

    Place(Optional<Place> parent, byte[] name) {
      this.parent = parent;
      this.name = name;
    }

    Place below(byte[] other) {
      return new Place(Optional.of(this), other);
    }

    @Override
    public String toString() {
      StringBuilder path = new StringBuilder(Entry.text(name));
      for (Optional<Place> at = parent; at.isPresent(); at = at.get().parent) {
        path.insert(0, Entry.text(at.get().name) + "/");
      }
      return path.toString();
    }
  }

  private static Thread helper(Runnable work) {
    Thread thread = new Thread(work, "tree-labels");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Labels the inode and, of a directory, all beneath it.
   *
   * @param source held in any way
   * @param path how messages call it
   * @param cancelled asked before each inode
   * @return empty when it was cancelled
   * @throws SyscallException of the first inode that could not be labelled; others may be
   */
  public static Optional<Tally> give(
      Fd source, String path, String context, BooleanSupplier cancelled) throws SyscallException {
    TreeLabels walk = new TreeLabels(context, cancelled);
    Place top = new Place(Optional.empty(), path.getBytes(StandardCharsets.UTF_8));
    try {
      walk.label(source, Optional.empty(), top, 0);
    } catch (SyscallException e) {
      walk.failure.compareAndSet(null, e);
    } finally {
      walk.working.awaitAdvance(walk.working.arrive());
      walk.helpers.shutdown();
    }
    Exception failed = walk.failure.get();
    if (failed instanceof SyscallException e) {
      throw e;
    }
    if (failed != null) {
      throw new IllegalStateException(failed);
    }
    return cancelled.getAsBoolean() ? Optional.empty() : Optional.of(walk.tally());
  }

  private Tally tally() {
    return new Tally(seen.sum(), changed.sum(), mounts.sum());
  }

  private boolean over() {
    return failure.get() != null || cancelled.getAsBoolean();
  }

  private void label(Fd inode, Optional<FileKind> kind, Place place, int depth)
      throws SyscallException {
    try {
      seen.increment();
      if (inode.relabel(context)) {
        changed.increment();
      }
    } catch (SyscallException e) {
      throw new SyscallException(e.call(), e.errno(), place.toString(), "");
    }
    boolean maybeDirectory = kind.isEmpty() || kind.get() == FileKind.DIRECTORY;
    if (maybeDirectory && inode.status().kind() == FileKind.DIRECTORY) {
      if (depth == DEPTH) {
        throw new SyscallException(
            "openat2", Errno.ENAMETOOLONG, place.toString(), "more than " + DEPTH + " levels deep");
      }
      try (Fd listed = Opening.at(inode, ".", Flags.O_RDONLY | Flags.O_DIRECTORY, 0, RESOLVE)) {
        list(listed, place, depth + 1);
      }
    }
  }

  private void list(Fd directory, Place place, int depth) throws SyscallException {
    List<Listing.Raw> names = new ArrayList<>();
    while (!over() && Listing.readSome(directory, names, BATCH, place.toString())) {
      if (handOver(directory, names, place, depth)) {
        names = new ArrayList<>();
      } else {
        each(directory, names, place, depth);
        names.clear();
      }
    }
  }

  /** Whether a helper was idle and does these. */
  private boolean handOver(Fd directory, List<Listing.Raw> names, Place place, int depth)
      throws SyscallException {
    if (names.isEmpty() || !idle.tryAcquire()) {
      return false;
    }
    Fd own = directory.duplicate();
    working.register();
    helpers.execute(
        () -> {
          try (own) {
            each(own, names, place, depth);
          } catch (SyscallException | RuntimeException e) {
            failure.compareAndSet(null, e);
          } finally {
            idle.release();
            working.arriveAndDeregister();
          }
        });
    return true;
  }

  private void each(Fd directory, List<Listing.Raw> names, Place place, int depth)
      throws SyscallException {
    for (Listing.Raw name : names) {
      if (over()) {
        return;
      }
      Place below = place.below(name.name());
      Optional<Fd> held = hold(directory, below);
      if (held.isPresent()) {
        try (Fd inode = held.get()) {
          label(inode, name.kind(), below, depth);
        }
      }
    }
  }

  /** Empty when nothing has the name any more, or a mount. */
  private Optional<Fd> hold(Fd directory, Place place) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = directory.use()) {
      return Optional.of(
          Opening.at(
              scratch,
              use.number(),
              scratch.name(place.name),
              Flags.O_PATH | Flags.O_NOFOLLOW,
              0,
              RESOLVE,
              Entry.text(place.name)));
    } catch (SyscallException e) {
      if (e.is(Errno.EXDEV)) {
        mounts.increment();
        return Optional.empty();
      }
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
