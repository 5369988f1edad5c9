package dev.stockade.shim.lsm;

import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.intent.SelinuxIntent;
import java.io.IOException;
import java.util.Optional;

/** What one request asks of its contexts, over what it gets without asking; checked. */
final class ContextChoice {
  static final String FIELD = "linux.security_context.selinux_options";
  private static final SelinuxIntent NOTHING = new SelinuxIntent("", "", "", "");

  private final SelinuxPolicy policy;
  private final boolean mayBePermissive;
  private final Problems problems;
  private final SelinuxIntent asked;

  /**
   * @param mayBePermissive whether contexts are given that deny nothing
   */
  ContextChoice(
      SelinuxPolicy policy,
      boolean mayBePermissive,
      Problems problems,
      Optional<SelinuxIntent> asked) {
    this.policy = policy;
    this.mayBePermissive = mayBePermissive;
    this.problems = problems;
    this.asked = asked.orElse(NOTHING);
  }

  /**
   * The contexts; what is wrong with them is among the problems.
   *
   * @param process without asking
   * @param file without asking; only its level can be asked for
   */
  SelinuxLabels over(SelinuxContext process, SelinuxContext file) throws IOException {
    SelinuxContext wanted = over(process, asked);
    SelinuxContext wantedFile = file.withLevel(or(asked.level(), file.level()));
    Optional<SelinuxContext> found = policy.find(wanted);
    Optional<SelinuxContext> foundFile = policy.find(wantedFile);
    if (found.isEmpty()) {
      nameUnknown(process, wanted);
    } else if (foundFile.isEmpty()) {
      unknown(FIELD + ".level", wantedFile);
    } else if (!policy.mayStart(found.get())) {
      problems.unenforceable(
          FIELD + ".type",
          unstartable(wanted),
          "ask for another type, or load a policy module that allows it");
    } else if (!mayBePermissive && !policy.enforces(found.get())) {
      problems.unenforceable(
          FIELD,
          (asked.equals(NOTHING) ? "is unset, which asks for " : "asks for ")
              + wanted
              + ", and "
              + Selinux.permissive(wanted).reason(),
          Selinux.permissive(wanted).remedy()
              + ", or set degradation.selinux_mode = \"report\" to run unconfined by it");
    }
    return new SelinuxLabels(
        found.orElse(wanted).toString(), foundFile.orElse(wantedFile).toString());
  }

  static String unstartable(SelinuxContext context) {
    return "the SELinux policy does not let this daemon start a process as " + context;
  }

  /** Names the parts that alone make the context unknown, or else all of them. */
  private void nameUnknown(SelinuxContext process, SelinuxContext wanted) throws IOException {
    boolean named = false;
    for (String part : new String[] {"user", "role", "type", "level"}) {
      SelinuxContext alone = over(process, only(part, asked));
      if (!alone.equals(process) && policy.find(alone).isEmpty()) {
        unknown(FIELD + "." + part, wanted);
        named = true;
      }
    }
    if (!named) {
      unknown(FIELD, wanted);
    }
  }

  private void unknown(String field, SelinuxContext wanted) {
    problems.invalid(
        field,
        wanted + " is no context of the loaded SELinux policy",
        "ask for what it has: seinfo lists users, roles and types");
  }

  private static SelinuxIntent only(String part, SelinuxIntent all) {
    return switch (part) {
      case "user" -> new SelinuxIntent(all.user(), "", "", "");
      case "role" -> new SelinuxIntent("", all.role(), "", "");
      case "type" -> new SelinuxIntent("", "", all.type(), "");
      default -> new SelinuxIntent("", "", "", all.level());
    };
  }

  private static SelinuxContext over(SelinuxContext base, SelinuxIntent asked) {
    return new SelinuxContext(
        or(asked.user(), base.user()),
        or(asked.role(), base.role()),
        or(asked.type(), base.type()),
        or(asked.level(), base.level()));
  }

  private static String or(String asked, String otherwise) {
    return asked.isEmpty() ? otherwise : asked;
  }
}
