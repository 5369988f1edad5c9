package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Pidfd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** What happens between the end of a process and the report of it. */
final class Ending {
  private static final System.Logger LOG = System.getLogger(Ending.class.getName());
  private static final int KILL = 9;

  private final Engine engine;
  private final Pidfd pidfd;
  private final Optional<ContainerCgroup> cgroup;
  private final Optional<Path> directory;
  private final String name;

  Ending(
      Engine engine,
      Pidfd pidfd,
      Optional<ContainerCgroup> cgroup,
      Optional<Path> directory,
      String name) {
    this.engine = engine;
    this.pidfd = pidfd;
    this.cgroup = cgroup;
    this.directory = directory;
    this.name = name;
  }

  /** Completes when the end is known and the cgroup made for the process is empty and gone. */
  CompletableFuture<ExitStatus> of(Monitor monitor) {
    return monitor.end().thenCompose(this::ended);
  }

  private CompletableFuture<ExitStatus> ended(Optional<ExitStatus> told) {
    boolean quick = told.isPresent() && cgroup.filter(ContainerCgroup::made).isEmpty();
    if (quick) {
      return CompletableFuture.completedFuture(told.get());
    }
    try {
      return CompletableFuture.supplyAsync(() -> settle(told), engine.executor());
    } catch (RejectedExecutionException e) {
      // The launcher is closing; whoever opens the next one recovers the process and settles its
      // end.
      LOG.log(System.Logger.Level.DEBUG, name + ": left to the next engine");
      return new CompletableFuture<>();
    }
  }

  private ExitStatus settle(Optional<ExitStatus> told) {
    ExitStatus status = told.or(this::recorded).orElseGet(this::lost);
    try {
      if (cgroup.isPresent()) {
        cgroup.get().dispose();
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, name + ": its cgroup stays: " + e.getMessage());
    }
    return status;
  }

  private Optional<ExitStatus> recorded() {
    if (directory.isEmpty()) {
      return Optional.empty();
    }
    try {
      return ExitRecord.read(directory.get(), name);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, name + ": no exit record: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Nobody watches the process any more, so nobody would report its end: it ends now. */
  private ExitStatus lost() {
    LOG.log(System.Logger.Level.ERROR, name + ": its monitor was lost, so it is killed");
    try {
      pidfd.signal(KILL);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.ERROR, name + ": cannot be killed: " + e.getMessage());
    }
    return ExitStatus.monitorLost();
  }
}
