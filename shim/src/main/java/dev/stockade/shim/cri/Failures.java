package dev.stockade.shim.cri;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.registry.RegistryException;
import io.grpc.Status;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** The gRPC status of everything that can go wrong with a call. */
final class Failures {
  /** A status travels in a header, and clients bound those to 8 KiB before escaping. */
  private static final int LONGEST = 4096;

  private Failures() {}

  static Status status(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    Optional<RegistryException> registry = registry(failure);
    if (registry.isPresent() && registry.get().kind() == RegistryException.Kind.UNAVAILABLE) {
      // The kubelet looks for the word at the start, and only of a status without a code.
      message = "RegistryUnavailable: " + message;
    }
    if (failure instanceof ImageException image && image.kind() == ImageException.Kind.UNTRUSTED) {
      message = "SignatureValidationFailed: " + message;
    }
    return code(failure).toStatus().withDescription(bounded(message)).withCause(failure);
  }

  private static Optional<RegistryException> registry(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
        .filter(RegistryException.class::isInstance)
        .map(RegistryException.class::cast)
        .findFirst();
  }

  private static Status.Code code(Throwable failure) {
    Optional<RegistryException> registry = registry(failure);
    if (registry.isPresent()) {
      return switch (registry.get().kind()) {
        case UNAVAILABLE -> Status.Code.UNKNOWN;
        case DENIED -> Status.Code.PERMISSION_DENIED;
        case NOT_FOUND -> Status.Code.NOT_FOUND;
        case REFUSED, CONFIGURATION -> Status.Code.FAILED_PRECONDITION;
        case CANCELLED -> Status.Code.CANCELLED;
      };
    }
    if (failure instanceof CallFailure call) {
      return code(call.kind());
    }
    if (failure instanceof IntentRejection rejection) {
      return switch (rejection.kind()) {
        case INVALID -> Status.Code.INVALID_ARGUMENT;
        case UNENFORCEABLE -> Status.Code.FAILED_PRECONDITION;
        case UNSUPPORTED -> Status.Code.UNIMPLEMENTED;
      };
    }
    if (failure instanceof ImageException image) {
      return switch (image.kind()) {
        case MALFORMED -> Status.Code.INVALID_ARGUMENT;
        case NOT_FOUND -> Status.Code.NOT_FOUND;
        case REFUSED -> Status.Code.FAILED_PRECONDITION;
        case TRANSFER -> Status.Code.UNAVAILABLE;
        case DENIED -> Status.Code.PERMISSION_DENIED;
        case UNTRUSTED -> Status.Code.UNKNOWN;
        case FULL -> Status.Code.RESOURCE_EXHAUSTED;
        case STORAGE -> Status.Code.INTERNAL;
      };
    }
    return failure instanceof InterruptedException ? Status.Code.CANCELLED : Status.Code.INTERNAL;
  }

  private static Status.Code code(CallFailure.Kind kind) {
    return switch (kind) {
      case INVALID -> Status.Code.INVALID_ARGUMENT;
      case NOT_FOUND -> Status.Code.NOT_FOUND;
      case EXISTS -> Status.Code.ALREADY_EXISTS;
      case WRONG_STATE, UNENFORCEABLE -> Status.Code.FAILED_PRECONDITION;
      case UNSUPPORTED -> Status.Code.UNIMPLEMENTED;
      case FORBIDDEN -> Status.Code.PERMISSION_DENIED;
      case EXHAUSTED -> Status.Code.RESOURCE_EXHAUSTED;
      case DEADLINE -> Status.Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.Code.CANCELLED;
      case UNAVAILABLE -> Status.Code.UNAVAILABLE;
      case INTERNAL -> Status.Code.INTERNAL;
    };
  }

  private static String bounded(String message) {
    return message.length() > LONGEST ? message.substring(0, LONGEST) + "..." : message;
  }
}
