package dev.stockade.shim.call;

/**
 * Why a request is not carried out; the message says what was attempted, on what, and what to do.
 */
public final class CallFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  public CallFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public CallFailure(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What the caller can make of it; each kind has one gRPC status. */
  public enum Kind {
    /** The request contradicts itself or the protocol. */
    INVALID,
    /** What the request names is not there. */
    NOT_FOUND,
    /** What the request is to make is there already. */
    EXISTS,
    /** What the request names is not in a state that allows it. */
    WRONG_STATE,
    /** This node cannot do what is asked. */
    UNENFORCEABLE,
    /** This build does not have the part. */
    UNSUPPORTED,
    /** The kernel forbids it. */
    FORBIDDEN,
    /** Memory, descriptors, identifiers or space have run out. */
    EXHAUSTED,
    /** It took too long. */
    DEADLINE,
    /** Nobody waits for the answer any more. */
    CANCELLED,
    /** A part of the daemon does not answer. */
    UNAVAILABLE,
    /** Anything else. */
    INTERNAL
  }

  /** What the caller can make of it. */
  public Kind kind() {
    return kind;
  }

  /** Nothing has this identifier. */
  public static CallFailure notFound(String what, String id) {
    String shown = id.matches("[0-9a-zA-Z_.-]{1,128}") ? "\"" + id + "\"" : "with this id";
    return new CallFailure(Kind.NOT_FOUND, what + " " + shown + " not found");
  }
}
