package dev.stockade.shim.cri;

import dev.stockade.shim.call.Call;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;

/** Does the work of one call and sends its answer, or why there is none. */
final class Answer {
  private static final System.Logger LOG = System.getLogger(Answer.class.getName());

  private Answer() {}

  /** What a call is to do. */
  @FunctionalInterface
  interface Work<T> {
    T run(Call call) throws Exception;
  }

  /**
   * Does the work on this thread.
   *
   * @param name of the call, for the log
   */
  static <T> void give(String name, StreamObserver<T> observer, Work<T> work) {
    Context context = Context.current();
    T answer;
    try {
      answer = work.run(context::isCancelled);
    } catch (Exception e) {
      Status status = Failures.status(e);
      if (status.getCode() == Status.Code.INTERNAL) {
        LOG.log(System.Logger.Level.ERROR, name + " failed", e);
      } else if (status.getCode() != Status.Code.NOT_FOUND) {
        LOG.log(System.Logger.Level.INFO, "{0}: {1}", name, e.getMessage());
      }
      observer.onError(status.asRuntimeException());
      return;
    }
    observer.onNext(answer);
    observer.onCompleted();
  }

  /** As {@link #give}, with an answer of several messages or none. */
  static <T> void giveEach(String name, StreamObserver<T> observer, Work<List<T>> work) {
    give(
        name,
        new StreamObserver<List<T>>() {
          @Override
          public void onNext(List<T> messages) {
            messages.forEach(observer::onNext);
          }

          @Override
          public void onError(Throwable failure) {
            observer.onError(failure);
          }

          @Override
          public void onCompleted() {
            observer.onCompleted();
          }
        },
        work);
  }

  /**
   * As {@link #give}; when the caller goes away the thread is interrupted, which ends what it waits
   * for.
   */
  static <T> void giveInterruptibly(String name, StreamObserver<T> observer, Work<T> work) {
    Thread worker = Thread.currentThread();
    Interruption interruption = new Interruption(worker);
    Context context = Context.current();
    context.addListener(interruption, Runnable::run);
    try {
      give(name, observer, work);
    } finally {
      context.removeListener(interruption);
      interruption.end();
    }
  }

  /** Interrupts a thread while it works for a call, and never after. */
  private static final class Interruption implements Context.CancellationListener {
    private final Thread worker;
    private boolean over;

    Interruption(Thread worker) {
      this.worker = worker;
    }

    @Override
    public synchronized void cancelled(Context context) {
      if (!over) {
        worker.interrupt();
      }
    }

    synchronized void end() {
      over = true;
      // Reading the flag clears it, so that the thread's next call starts afresh.
      boolean unused = Thread.interrupted();
    }
  }
}
