package dev.stockade.launcher.linux;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One thread that follows any number of descriptors with epoll(7). Handlers run on that thread and
 * must not block; readiness is level-triggered, so a handler that leaves data behind is called
 * again.
 */
public final class Poller implements AutoCloseable {
  private static final int EPOLL_CTL_ADD = 1;
  private static final int EPOLL_CTL_DEL = 2;
  private static final int EVENTS = 64;

  /** struct epoll_event is packed on x86_64 only. */
  private static final int SIZE = Architecture.current() == Architecture.X86_64 ? 12 : 16;

  private static final int DATA = SIZE - 8;

  private final Fd epoll;
  private final Fd wake;
  private final Map<Long, Watch> watches = new ConcurrentHashMap<>();
  private final AtomicLong ids = new AtomicLong(1);
  private final Thread thread;
  private volatile boolean stopping;

  private Poller(Fd epoll, Fd wake) {
    this.epoll = epoll;
    this.wake = wake;
    this.thread = new Thread(this::run, "monitors");
    this.thread.setDaemon(true);
  }

  public static Poller start() throws SyscallException {
    Fd epoll =
        Fd.own(
            Kernel.check(
                Kernel.call(Syscall.EPOLL_CREATE1, Flags.O_CLOEXEC), Syscall.EPOLL_CREATE1, ""));
    Fd wake =
        Fd.own(
            Kernel.check(Kernel.call(Syscall.EVENTFD2, 0, Flags.O_CLOEXEC), Syscall.EVENTFD2, ""));
    Poller poller = new Poller(epoll, wake);
    poller.control(EPOLL_CTL_ADD, wake, 0);
    poller.thread.start();
    return poller;
  }

  /** A registration; closing it ends the calls, and must happen before the descriptor is closed. */
  public final class Watch implements AutoCloseable {
    private final long id;
    private final Fd fd;
    private final Runnable handler;

    private Watch(long id, Fd fd, Runnable handler) {
      this.id = id;
      this.fd = fd;
      this.handler = handler;
    }

    @Override
    public void close() {
      if (watches.remove(id) != null && fd.isOpen() && epoll.isOpen()) {
        try {
          control(EPOLL_CTL_DEL, fd, 0);
        } catch (SyscallException e) {
          throw new IllegalStateException(e.getMessage(), e);
        }
      }
    }
  }

  /** Calls the handler whenever the descriptor is readable or its peer is gone. */
  public Watch watch(Fd fd, Runnable handler) throws SyscallException {
    long id = ids.getAndIncrement();
    Watch watch = new Watch(id, fd, handler);
    watches.put(id, watch);
    try {
      control(EPOLL_CTL_ADD, fd, id);
      return watch;
    } catch (SyscallException e) {
      watches.remove(id);
      throw e;
    }
  }

  private void control(int operation, Fd fd, long id) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use set = epoll.use();
        Fd.Use use = fd.use()) {
      Scratch.Piece event = scratch.zeroed(16).putInt(0, Poll.IN).putLong(DATA, id);
      Kernel.check(
          Kernel.call(Syscall.EPOLL_CTL, set.number(), operation, use.number(), event.address()),
          Syscall.EPOLL_CTL,
          fd.toString());
    }
  }

  private void run() {
    try (Scratch scratch = Scratch.open();
        Fd.Use set = epoll.use()) {
      Scratch.Piece events = scratch.zeroed(EVENTS * SIZE);
      while (!stopping) {
        long count =
            Kernel.call(Syscall.EPOLL_PWAIT, set.number(), events.address(), EVENTS, -1, 0);
        for (int i = 0; i < count; i++) {
          dispatch(events.getLong(i * SIZE + DATA));
        }
      }
    }
  }

  private void dispatch(long id) {
    Watch watch = watches.get(id);
    if (watch != null) {
      try {
        watch.handler.run();
      } catch (RuntimeException | Error e) {
        watch.close();
        Thread.UncaughtExceptionHandler uncaught = thread.getUncaughtExceptionHandler();
        uncaught.uncaughtException(thread, e);
      }
    }
  }

  @Override
  public void close() {
    if (stopping) {
      return;
    }
    stopping = true;
    try {
      wake.output().write(new byte[] {1, 0, 0, 0, 0, 0, 0, 0}, 0, 8);
      if (Thread.currentThread() != thread) {
        thread.join(5000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.io.IOException e) {
      throw new IllegalStateException("wake the poller: " + e.getMessage(), e);
    }
    wake.close();
    epoll.close();
  }
}
