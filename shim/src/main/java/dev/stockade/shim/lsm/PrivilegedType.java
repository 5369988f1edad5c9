package dev.stockade.shim.lsm;

import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.Problems;
import java.io.IOException;
import java.util.Optional;

/**
 * Which type privileged containers get that ask for none.
 *
 * @param configured {@code privileged.selinux_type}; empty for what the policy has for programs
 *     that it does not confine
 */
record PrivilegedType(SelinuxPolicy policy, Optional<String> configured) {
  private static final String SUPER_PRIVILEGED = "spc_t";
  private static final String UNCONFINED = "unconfined_t";

  /** The context with that type. */
  SelinuxContext of(SelinuxContext context) throws IOException, IntentRejection {
    if (configured.isPresent()) {
      SelinuxContext wanted = context.withType(configured.get());
      require(wanted);
      return wanted;
    }
    SelinuxContext first = context.withType(SUPER_PRIVILEGED);
    return policy.find(first).isPresent() ? first : context.withType(UNCONFINED);
  }

  /** Whether a context has it, or one that no policy confines. */
  boolean has(SelinuxContext context) throws IOException {
    String type = context.type();
    return type.equals(SUPER_PRIVILEGED) || type.equals(UNCONFINED) || isConfigured(context);
  }

  /** By the name that the policy has for it, which may be another than the configured. */
  private boolean isConfigured(SelinuxContext context) throws IOException {
    return configured.isPresent()
        && policy.find(context.withType(configured.get())).equals(Optional.of(context));
  }

  private void require(SelinuxContext wanted) throws IOException, IntentRejection {
    String reason = "";
    Optional<SelinuxContext> found = policy.find(wanted);
    if (found.isEmpty()) {
      reason = "the loaded SELinux policy has no such type for " + wanted.role();
    } else if (!policy.mayStart(found.get())) {
      reason = "the SELinux policy does not let this daemon start a process as " + wanted;
    }
    if (!reason.isEmpty()) {
      Problems problems = new Problems();
      problems.unenforceable(
          ContextChoice.FIELD + ".type",
          "is unset, which asks for privileged.selinux_type = \""
              + wanted.type()
              + "\", and "
              + reason,
          "set that key to a type that the policy allows, or load a policy module that has it");
      problems.refuse("CreateContainer");
    }
  }
}
