package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySets;
import dev.stockade.launcher.caps.Executable;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciRlimit;
import dev.stockade.launcher.spec.OciUser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Claims about the process itself. */
final class ProcessClaims {
  private static final String NO_SIGNALS = "0000000000000000";
  private static final int DEFAULT_UMASK = 0022;

  private final LaunchContext launch;
  private final OciProcess process;
  private final List<Claim> claims = new ArrayList<>();

  private ProcessClaims(LaunchContext launch) {
    this.launch = launch;
    this.process = launch.process();
  }

  static List<Claim> of(LaunchContext launch, Executable executable) {
    ProcessClaims made = new ProcessClaims(launch);
    made.identity(executable);
    made.capabilities(executable);
    made.filters();
    made.labels();
    made.limits();
    made.program();
    return made.claims;
  }

  private void claim(Constraint constraint, String subject, String expected) {
    claims.add(new Claim(constraint, subject, expected));
  }

  private void identity(Executable executable) {
    OciUser user = process.user();
    boolean fixed = process.noNewPrivileges();
    long effectiveUid = fixed ? user.uid() : executable.setUid().orElse(user.uid());
    long effectiveGid = fixed ? user.gid() : executable.setGid().orElse(user.gid());
    claim(Constraint.USER_UID, "", ids(launch.hostUid(user.uid()), launch.hostUid(effectiveUid)));
    claim(Constraint.USER_GID, "", ids(launch.hostGid(user.gid()), launch.hostGid(effectiveGid)));
    TreeSet<Long> groups = new TreeSet<>();
    groups.add(launch.hostGid(user.gid()));
    user.additionalGids().forEach(gid -> groups.add(launch.hostGid(gid)));
    claim(
        Constraint.USER_GROUPS,
        "",
        groups.stream().map(String::valueOf).collect(Collectors.joining(" ")));
    int umask = user.umask() == null ? DEFAULT_UMASK : user.umask();
    claim(Constraint.USER_UMASK, "", NumberText.octal(umask));
  }

  /**
   * As /proc/PID/status has them: exec makes the saved and the file system id the effective one.
   */
  private static String ids(long real, long effective) {
    return real + " " + effective + " " + effective + " " + effective;
  }

  private void capabilities(Executable executable) {
    OciUser user = process.user();
    CapabilitySets after =
        CapabilityReview.asked(process)
            .afterExec(
                user.uid(), user.gid(), launch.secureBits(), process.noNewPrivileges(), executable);
    claim(Constraint.CAPABILITIES_BOUNDING, "", after.bounding().hex());
    claim(Constraint.CAPABILITIES_PERMITTED, "", after.permitted().hex());
    claim(Constraint.CAPABILITIES_EFFECTIVE, "", after.effective().hex());
    claim(Constraint.CAPABILITIES_INHERITABLE, "", after.inheritable().hex());
    claim(Constraint.CAPABILITIES_AMBIENT, "", after.ambient().hex());
    claim(Constraint.SECUREBITS, "", Integer.toHexString(launch.secureBits()));
    claim(Constraint.NO_NEW_PRIVS, "", process.noNewPrivileges() ? "1" : "0");
  }

  private void filters() {
    List<String> filters = launch.filters();
    boolean asked = launch.linux().seccomp() != null;
    if (asked && filters.isEmpty()) {
      throw new IllegalStateException("a filter is asked for that the plan does not install");
    }
    claim(Constraint.SECCOMP_MODE, "", asked ? "filter" : "disabled");
    for (int i = 0; i < filters.size(); i++) {
      claim(Constraint.SECCOMP_PROGRAM, Integer.toString(i), filters.get(i));
    }
  }

  private void labels() {
    String profile = process.apparmorProfile();
    boolean written =
        launch.plan().child().stream()
            .anyMatch(
                s -> s instanceof ProcessStep.LsmAttribute a && a.name().startsWith("apparmor"));
    if (profile.equals(LsmStage.UNCONFINED) ? written : !profile.isEmpty()) {
      claim(
          Constraint.LSM_APPARMOR,
          "",
          profile.equals(LsmStage.UNCONFINED) ? profile : profile + " (enforce)");
    }
    if (!process.selinuxLabel().isEmpty()) {
      claim(Constraint.LSM_SELINUX, "", process.selinuxLabel());
      claim(Constraint.LSM_SELINUX_MODE, "", "enforcing");
    }
  }

  private void limits() {
    Map<String, LimitPair> defaults = Rlimits.defaults();
    for (OciRlimit limit : process.rlimits()) {
      String expected = new LimitPair(limit.soft(), limit.hard()).text();
      claim(Constraint.PROCESS_RLIMIT, Rlimits.subject(limit.type()), expected);
      defaults.remove(limit.type());
    }
    defaults.forEach(
        (name, limit) ->
            claim(Constraint.PROCESS_RLIMIT, Rlimits.subject(name), Claims.DEFAULT + limit.text()));
    if (process.oomScoreAdj() != null) {
      claim(Constraint.PROCESS_OOM_SCORE_ADJ, "", process.oomScoreAdj().toString());
    }
  }

  private void program() {
    claim(Constraint.PROCESS_SIGNALS, "blocked", NO_SIGNALS);
    claim(Constraint.PROCESS_SIGNALS, "ignored", NO_SIGNALS);
    claim(Constraint.PROCESS_SIGNALS, "caught", NO_SIGNALS);
    String cwd = process.cwd().isEmpty() ? "/" : process.cwd();
    ContainerPath.parse("", cwd, new Problems())
        .ifPresent(path -> claim(Constraint.PROCESS_CWD, "", "/" + path));
    claim(Constraint.PROCESS_DESCRIPTORS, "", "0,1,2");
    boolean init = launch.kind() == LaunchKind.POD_INIT;
    claim(Constraint.PROCESS_EXECUTABLE, "", init ? "warden" : process.args().get(0));
    claim(Constraint.PROCESS_KEYRING, "", "own");
  }
}
