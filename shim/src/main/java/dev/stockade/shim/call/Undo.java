package dev.stockade.shim.call;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a request has made so far and how to take it back, last first, if the request does not
 * succeed.
 */
public final class Undo implements AutoCloseable {
  private final Deque<Step> steps = new ArrayDeque<>();
  private final Complaint complaint;

  /**
   * With nothing to undo.
   *
   * @param complaint hears of each step that could not be undone; the others are undone all the
   *     same
   */
  public Undo(Complaint complaint) {
    this.complaint = complaint;
  }

  /** Adds how to take back what was just made, or is about to be. */
  public void add(String what, Action action) {
    steps.push(new Step(what, action));
  }

  /** The request succeeded: nothing is to be undone any more. */
  public void commit() {
    steps.clear();
  }

  /** Undoes everything, unless {@link #commit} was called. */
  @Override
  public void close() {
    while (!steps.isEmpty()) {
      Step step = steps.pop();
      try {
        step.action.run();
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        complaint.hear(step.what, e);
      }
    }
  }

  /** Takes one thing back. */
  @FunctionalInterface
  public interface Action {
    void run() throws Exception;
  }

  /** Hears of what could not be taken back. */
  @FunctionalInterface
  public interface Complaint {
    void hear(String what, Exception problem);
  }

  private record Step(String what, Action action) {}
}
