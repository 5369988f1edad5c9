package dev.stockade.shim.registry;

import dev.stockade.shim.image.TransferException;
import java.io.Serial;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a registry did not give what was asked for; names the host and what to do. */
public final class RegistryException extends TransferException {
  @Serial private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final @Nullable Duration wanted;

  RegistryException(Kind kind, String message) {
    this(kind, message, Optional.empty());
  }

  /**
   * With what the host says of later.
   *
   * @param wanted how long it wants not to be asked
   */
  RegistryException(Kind kind, String message, Optional<Duration> wanted) {
    super(message);
    this.kind = kind;
    this.wanted = wanted.orElse(null);
  }

  RegistryException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.wanted = null;
  }

  /** What a caller can make of it. */
  public enum Kind {
    /** It cannot be reached, does not answer in time, or is overloaded; later may do. */
    UNAVAILABLE,
    /** It wants other credentials. */
    DENIED,
    /** It has no such thing. */
    NOT_FOUND,
    /** What it says is no registry's answer, or contradicts what was asked for. */
    REFUSED,
    /** This node's own settings for it are wrong. */
    CONFIGURATION,
    /** Nobody waits for it any more. */
    CANCELLED
  }

  public Kind kind() {
    return kind;
  }

  /** How long the host wants not to be asked, if it says so. */
  Optional<Duration> wanted() {
    return Optional.ofNullable(wanted);
  }

  static RegistryException cancelled() {
    return new RegistryException(Kind.CANCELLED, "nobody waits for it any more");
  }

  /** Whether the same request may succeed a moment later. */
  boolean mayPass() {
    return kind == Kind.UNAVAILABLE;
  }
}
