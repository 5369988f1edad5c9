package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.SecurityProfile;
import java.util.function.BiConsumer;

/**
 * A profile that a security context asks for, by a structured field, by the deprecated string of
 * older clients, or by both.
 *
 * @param structured what the first asks, if it is set
 * @param old the second
 */
record ContextProfile(boolean structured, SecurityProfile profile, String old) {
  private static final String LOCALHOST = "localhost/";

  /** What is asked for. */
  enum Type {
    UNSET,
    RUNTIME_DEFAULT,
    UNCONFINED,
    LOCALHOST,
    UNSOUND
  }

  @SuppressWarnings("deprecation")
  static ContextProfile seccomp(RandomContext context) {
    return new ContextProfile(
        context.asked().hasSeccomp(),
        context.asked().getSeccomp(),
        context.asked().getSeccompProfilePath());
  }

  @SuppressWarnings("deprecation")
  static ContextProfile apparmor(RandomContext context) {
    return new ContextProfile(
        context.asked().hasApparmor(),
        context.asked().getApparmor(),
        context.asked().getApparmorProfile());
  }

  Type type() {
    return structured ? ofStructured() : ofOld();
  }

  /** Whether the node's own or one of its files confines what is not privileged. */
  boolean confines() {
    return type() == Type.RUNTIME_DEFAULT || type() == Type.LOCALHOST;
  }

  String reference() {
    return structured ? profile.getLocalhostRef() : referenceOfOld();
  }

  private String referenceOfOld() {
    return old.startsWith(LOCALHOST) ? old.substring(LOCALHOST.length()) : "";
  }

  private Type ofStructured() {
    boolean named = !profile.getLocalhostRef().isEmpty();
    return switch (profile.getProfileTypeValue()) {
      case 0 -> named ? Type.UNSOUND : Type.RUNTIME_DEFAULT;
      case 1 -> named ? Type.UNSOUND : Type.UNCONFINED;
      case 2 -> named ? Type.LOCALHOST : Type.UNSOUND;
      default -> Type.UNSOUND;
    };
  }

  private Type ofOld() {
    return switch (old) {
      case "" -> Type.UNSET;
      case "runtime/default", "docker/default" -> Type.RUNTIME_DEFAULT;
      case "unconfined" -> Type.UNCONFINED;
      default -> referenceOfOld().isEmpty() ? Type.UNSOUND : Type.LOCALHOST;
    };
  }

  /**
   * Tells what no node could do, by field and reason.
   *
   * @param field the structured one
   * @param oldField the deprecated one
   */
  void refuse(String field, String oldField, BiConsumer<String, String> refusal) {
    boolean local = profile.getProfileTypeValue() == SecurityProfile.ProfileType.Localhost_VALUE;
    boolean named = !profile.getLocalhostRef().isEmpty();
    int type = profile.getProfileTypeValue();
    if (!local && named) {
      refusal.accept(field + ".localhost_ref", "is set though profile_type is not Localhost");
    }
    if (local && !named) {
      refusal.accept(field + ".localhost_ref", "is empty with profile type Localhost");
    }
    if (type > 2) {
      refusal.accept(field + ".profile_type", type + " is not a profile type");
    }
    if (ofOld() == Type.UNSOUND) {
      refusal.accept(
          oldField,
          old.equals(LOCALHOST)
              ? "is empty with profile type Localhost"
              : "'" + old + "' is not a profile");
    } else if (structured && ofStructured() == Type.UNCONFINED && confinesOfOld()) {
      refusal.accept(oldField, "'" + old + "' is another profile than ");
    }
  }

  private boolean confinesOfOld() {
    return ofOld() == Type.RUNTIME_DEFAULT || ofOld() == Type.LOCALHOST;
  }
}
