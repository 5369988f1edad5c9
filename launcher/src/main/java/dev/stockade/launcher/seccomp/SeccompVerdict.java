package dev.stockade.launcher.seccomp;

import java.util.OptionalInt;

/**
 * What a profile decides for one call, and why.
 *
 * @param verdict what the kernel would do
 * @param reason what kind of decision it is
 * @param rule for {@link Reason#RULE} and {@link Reason#HIDDEN_CALL} the index in {@code syscalls}
 *     of the rule that decided
 * @param text one sentence for people
 */
public record SeccompVerdict(Verdict verdict, Reason reason, OptionalInt rule, String text) {
  /** The kinds of decision. */
  public enum Reason {
    /** A rule's conditions hold. */
    RULE,
    /** A rule for a call that socketcall or ipc of 32-bit x86 stands for. */
    HIDDEN_CALL,
    /** No rule decides. */
    DEFAULT,
    /** No rule decides and the call is newer than the profile. */
    NEWER_THAN_PROFILE,
    /** The profile does not list the ABI of the call. */
    FOREIGN_ARCHITECTURE
  }

  @Override
  public String toString() {
    return verdict + ": " + text;
  }
}
