package dev.stockade.shim.call;

/** One request under way. */
public interface Call {
  /** A request that is never cancelled, for what the daemon does by itself. */
  Call OWN = () -> false;

  /** Whether the caller has gone away or its deadline has passed. */
  boolean cancelled();

  /** To be asked before each step that makes something. */
  default void proceed() throws CallFailure {
    if (cancelled()) {
      throw new CallFailure(
          CallFailure.Kind.CANCELLED, "the caller has gone away; what was begun is undone");
    }
  }
}
