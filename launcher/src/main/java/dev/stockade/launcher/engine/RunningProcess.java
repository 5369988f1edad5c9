package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.Receipt;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A verified, released process and its monitor. {@link #close} lets go of both and ends neither; it
 * is to be called once {@link #exit} is complete, or when the daemon ends.
 */
public final class RunningProcess implements AutoCloseable {
  private final String id;
  private final int pid;
  private final Pidfd pidfd;
  private final Optional<Receipt> receipt;
  private final Monitor monitor;
  private final Optional<ContainerCgroup> cgroup;
  private final CompletableFuture<ExitStatus> exit;
  private final Map<FdSource.Stream, Fd> streams = new EnumMap<>(FdSource.Stream.class);

  RunningProcess(
      String id,
      int pid,
      Pidfd pidfd,
      Optional<Receipt> receipt,
      Monitor monitor,
      Optional<ContainerCgroup> cgroup,
      CompletableFuture<ExitStatus> exit) {
    this.id = id;
    this.pid = pid;
    this.pidfd = pidfd;
    this.receipt = receipt;
    this.monitor = monitor;
    this.cgroup = cgroup;
    this.exit = exit;
  }

  void stream(FdSource.Stream which, Fd end) {
    streams.put(which, end);
  }

  public String id() {
    return id;
  }

  /** As the host numbers it; it may have been given to another process once this one has ended. */
  public int pid() {
    return pid;
  }

  /** Stays owned by this object. */
  public Pidfd pidfd() {
    return pidfd;
  }

  /** Empty after {@link Launcher#recover}: the receipt was given when the process was launched. */
  public Optional<Receipt> receipt() {
    return receipt;
  }

  /**
   * Completed when the process has ended, its exit record is written, and nothing is left in a
   * cgroup made for it, which is removed. Never completed exceptionally. Dependents run on a thread
   * of the launcher and must not block.
   */
  public CompletableFuture<ExitStatus> exit() {
    return exit.copy();
  }

  /**
   * Sends a signal to the process itself.
   *
   * @return false when it has ended
   */
  public boolean signal(int number) throws SyscallException {
    return !exit.isDone() && pidfd.signal(number);
  }

  /**
   * Kills everything in the cgroup, the process included. An exec, which shares its container's
   * cgroup, dies alone.
   */
  public void kill() throws IOException {
    if (exit.isDone()) {
      return;
    }
    if (cgroup.isPresent()) {
      cgroup.get().kill();
    } else {
      signal(9);
    }
  }

  /**
   * Changes limits of the cgroup that was made for it and of the processes in it, all or none.
   *
   * @param settings as {@link dev.stockade.launcher.plan.CgroupSettings#of} gives them
   * @return to be closed; the change stays once it is kept
   */
  public LimitChange limit(Map<String, String> settings, LimitChange.Score score)
      throws IOException, LimitFailure {
    ContainerCgroup own =
        cgroup.orElseThrow(() -> new IllegalStateException(id + " has no cgroup of its own"));
    return LimitChange.make(own, settings, score);
  }

  /** The size of its terminal in characters. */
  public void resize(int rows, int columns) throws IOException {
    monitor.request(Message.RESIZE, Message.resize(rows, columns), List.of());
  }

  /** Later output goes to this file, which stays owned by the caller. */
  public void reopenLog(Fd log) throws IOException {
    monitor.request(Message.REOPEN_LOG, Message.plain(Message.REOPEN_LOG), List.of(log));
  }

  /** Closes the end of standard input that the monitor keeps. */
  public void closeStdin() throws IOException {
    monitor.request(Message.CLOSE_STDIN, Message.plain(Message.CLOSE_STDIN), List.of());
  }

  /**
   * Moves the engine's end of a stream to the caller; empty where the monitor has it, or there is
   * none.
   */
  public Optional<Fd> takeStream(FdSource.Stream which) {
    return Optional.ofNullable(streams.remove(which));
  }

  @Override
  public void close() {
    streams.values().forEach(Fd::close);
    streams.clear();
    monitor.close();
    pidfd.close();
    cgroup.ifPresent(ContainerCgroup::close);
  }

  @Override
  public String toString() {
    return id + " (pid " + pid + ")";
  }
}
