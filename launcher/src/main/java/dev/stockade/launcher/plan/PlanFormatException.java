package dev.stockade.launcher.plan;

/** Bytes that are no plan, with the offset and the reason. */
public final class PlanFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  PlanFormatException(int offset, String reason) {
    super("not a launch plan: " + reason + " at byte " + offset);
  }
}
