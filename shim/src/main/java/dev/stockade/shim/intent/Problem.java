package dev.stockade.shim.intent;

/**
 * One reason not to do what was asked.
 *
 * @param field the CRI field, as written in the protocol, with list indexes ({@code
 *     mounts[2].host_path})
 * @param reason what is wrong with it
 * @param remedy what the caller or the administrator can do
 */
public record Problem(Kind kind, String field, String reason, String remedy) {
  /** Why the request is refused; decides the gRPC status. */
  public enum Kind {
    /** The request contradicts itself or the protocol. */
    INVALID,
    /** The request is sound, but this node cannot enforce it. */
    UNENFORCEABLE,
    /** The request is sound, but this build does not have the part. */
    UNSUPPORTED
  }

  @Override
  public String toString() {
    return field + ": " + reason + "; " + remedy;
  }
}
