package dev.stockade.launcher.plan;

import dev.stockade.launcher.spec.OciProcess;
import java.util.Optional;

/** Labels of the security modules, and the session keyring, which is born with one. */
final class LsmStage {
  static final String UNCONFINED = "unconfined";
  private static final String APPARMOR_EXEC = "apparmor/exec";
  private static final String EXEC = "exec";
  private static final String KEY_CREATE = "keycreate";

  private LsmStage() {}

  static void plan(Draft draft, OciProcess process) {
    apparmor(draft, process.apparmorProfile());
    selinux(draft, process.selinuxLabel());
  }

  private static void apparmor(Draft draft, String profile) {
    String field = "process.apparmorProfile";
    if (profile.isEmpty()) {
      return;
    }
    Optional<String> problem = AppArmorName.problem(profile);
    if (problem.isPresent()) {
      draft.problems.add(field, problem.get(), AppArmorName.REMEDY);
      return;
    }
    if (!draft.request.facts().appArmor()) {
      if (!profile.equals(UNCONFINED)) {
        draft.problems.add(
            field, "AppArmor is not enabled on this node", "enable it, or ask for unconfined");
      }
      return;
    }
    draft.add(
        Section.LSM,
        new ProcessStep.LsmAttribute(draft.privateProc(), APPARMOR_EXEC, "exec " + profile));
  }

  private static void selinux(Draft draft, String label) {
    String field = "process.selinuxLabel";
    boolean labelled = !label.isEmpty() && name(draft, field, label);
    if (label.isEmpty() && draft.request.facts().seLinux()) {
      draft.problems.add(
          field,
          "is missing, and on this node the SELinux policy would choose a context, often one that"
              + " is not confined",
          "name the context");
    }
    if (labelled && !draft.request.facts().seLinux()) {
      draft.problems.add(
          field, "SELinux is not enabled on this node", "enable it, or remove the label");
      labelled = false;
    }
    if (labelled) {
      Slot proc = draft.privateProc();
      draft.add(Section.KEYRING, new ProcessStep.LsmAttribute(proc, KEY_CREATE, label));
      draft.add(Section.LSM, new ProcessStep.LsmAttribute(proc, EXEC, label));
    }
    keyring(draft);
    if (labelled) {
      draft.add(Section.KEYRING, new ProcessStep.LsmAttribute(draft.privateProc(), KEY_CREATE, ""));
    }
  }

  /** Anonymous: a name could have been taken by somebody before. */
  private static void keyring(Draft draft) {
    Tolerance tolerance =
        Tolerance.of(draft.mayDegrade(Constraint.PROCESS_KEYRING), Tolerance.EDQUOT);
    draft.add(Section.KEYRING, new NamespaceStep.SessionKeyring("", tolerance));
  }

  private static boolean name(Draft draft, String field, String value) {
    if (!draft.problems.text(field, value)) {
      return false;
    }
    if (value.chars().anyMatch(c -> c < ' ')) {
      draft.problems.add(field, "has control characters", "write the name as the kernel lists it");
      return false;
    }
    return true;
  }
}
