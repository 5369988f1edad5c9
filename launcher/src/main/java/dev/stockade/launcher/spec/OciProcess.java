package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is executed, {@code process} of the specification.
 *
 * @param terminal whether standard input and output are a terminal
 * @param consoleSize the terminal's size
 * @param args the first is looked up in PATH unless it contains a slash
 * @param env {@code NAME=value}; values are secrets and never printed
 * @param cwd absolute, in the container
 * @param capabilities absent: none at all
 * @param apparmorProfile empty: none asked for
 * @param selinuxLabel empty: none asked for
 * @param oomScoreAdj absent: as the launcher's
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciProcess(
    boolean terminal,
    @Nullable OciConsoleSize consoleSize,
    OciUser user,
    List<String> args,
    List<String> env,
    String cwd,
    @Nullable OciCapabilities capabilities,
    List<OciRlimit> rlimits,
    boolean noNewPrivileges,
    String apparmorProfile,
    String selinuxLabel,
    @Nullable Integer oomScoreAdj) {
  public OciProcess {
    Objects.requireNonNull(user, "process.user is missing");
    args = args == null ? List.of() : List.copyOf(args);
    env = env == null ? List.of() : List.copyOf(env);
    cwd = cwd == null ? "" : cwd;
    rlimits = rlimits == null ? List.of() : List.copyOf(rlimits);
    apparmorProfile = apparmorProfile == null ? "" : apparmorProfile;
    selinuxLabel = selinuxLabel == null ? "" : selinuxLabel;
  }

  /** The same user and constraints without a terminal, for another program. */
  public OciProcess running(List<String> otherArgs, List<String> otherEnv, String otherCwd) {
    return new OciProcess(
        false,
        null,
        user,
        otherArgs,
        otherEnv,
        otherCwd,
        capabilities,
        rlimits,
        noNewPrivileges,
        apparmorProfile,
        selinuxLabel,
        oomScoreAdj);
  }

  OciProcess withOomScoreAdj(int score) {
    return new OciProcess(
        terminal,
        consoleSize,
        user,
        args,
        env,
        cwd,
        capabilities,
        rlimits,
        noNewPrivileges,
        apparmorProfile,
        selinuxLabel,
        score);
  }

  @Override
  public String toString() {
    return "OciProcess[args="
        + args
        + ", env="
        + env.size()
        + " redacted, cwd="
        + cwd
        + ", user="
        + user
        + "]";
  }
}
