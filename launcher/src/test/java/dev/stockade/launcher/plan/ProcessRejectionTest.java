package dev.stockade.launcher.plan;

import static dev.stockade.launcher.plan.Rejections.refused;
import static java.util.Collections.nCopies;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.caps.SecureBits;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.FilterFlag;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.Rule;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.launcher.spec.OciCapabilities;
import dev.stockade.launcher.spec.OciConsoleSize;
import dev.stockade.launcher.spec.OciHook;
import dev.stockade.launcher.spec.OciHooks;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What cannot be enforced is refused, by field: of the process itself. */
final class ProcessRejectionTest {
  @Test
  void identity() {
    refused("process.user.uid", "no id", d -> d.user(-1, 0));
    refused("process.user.uid", "no id", d -> d.user(4_294_967_295L, 0));
    refused("process.user.gid", "no id", d -> d.user(0, 1L << 40));
    refused("process.user.umask", "no mask", d -> d.umask = 01000);
    refused(
        "process.capabilities.bounding",
        "\"CAP_SYS_ADMINN\" is no capability",
        d -> d.capabilities = SpecDraft.capabilities(List.of("CAP_SYS_ADMINN"), List.of()));
    refused(
        "process.capabilities.inheritable",
        "not the ambient",
        d ->
            d.capabilities =
                new OciCapabilities(
                    List.of("CAP_KILL"),
                    List.of("CAP_KILL"),
                    List.of("CAP_KILL"),
                    List.of("CAP_KILL"),
                    List.of()));
    refused(
        "process.capabilities.ambient",
        "KILL is not in the permitted",
        d -> d.capabilities = SpecDraft.capabilities(List.of(), List.of("CAP_KILL")));
    refused(
        "process.capabilities.permitted",
        "KILL is not in the bounding",
        d ->
            d.capabilities =
                new OciCapabilities(
                    List.of(), List.of(), List.of("CAP_KILL"), List.of(), List.of()));
    refused(
        "process.capabilities.bounding",
        "daemon itself",
        d -> d.daemonBounding = CapabilitySet.NONE);
    refused(
        "process.capabilities.bounding",
        "this kernel does not have CHECKPOINT_RESTORE",
        d -> {
          d.lastCapability = 39;
          d.capabilities = SpecDraft.capabilities(List.of("CAP_CHECKPOINT_RESTORE"), List.of());
        });
    refused("secureBits", "bits that are none", d -> d.secureBits = SecureBits.KEEP_CAPS);
    refused(
        "secureBits",
        "no ambient",
        d -> {
          d.secureBits = SecureBits.NO_CAP_AMBIENT_RAISE;
          d.capabilities = SpecDraft.capabilities(List.of("CAP_KILL"), List.of("CAP_KILL"));
        });
  }

  @Test
  void rootCannotBePromisedLessThanItsBoundingSet() throws Exception {
    OciCapabilities less =
        new OciCapabilities(
            List.of("CAP_KILL", "CAP_CHOWN"),
            List.of("CAP_KILL"),
            List.of("CAP_KILL"),
            List.of(),
            List.of());
    refused("process.capabilities.bounding", "exec gives uid 0 CHOWN", d -> d.capabilities = less);
    SpecDraft user = SpecDraft.container().user(1, 1);
    user.capabilities = less;
    assertThat(user.compile().child()).isNotEmpty();
    SpecDraft confined = SpecDraft.container();
    confined.capabilities = less;
    confined.noNewPrivileges = true;
    assertThat(confined.compile().child()).isNotEmpty();
    SpecDraft noRoot = SpecDraft.container();
    noRoot.capabilities = less;
    noRoot.secureBits = SecureBits.NOROOT;
    assertThat(noRoot.compile().child()).isNotEmpty();
  }

  @Test
  void seccomp() {
    refused("linux.seccomp", "capset", d -> d.seccomp = only("execve", "prctl"));
    refused("linux.seccomp", "prctl", d -> d.seccomp = only("execve", "capset"));
    refused(
        "linux.seccomp",
        "execve",
        d -> {
          d.noNewPrivileges = true;
          d.seccomp = only("read");
        });
    refused(
        "linux.seccomp",
        "listener",
        d -> d.seccomp = Profile.of(Action.NOTIFY, List.of(), List.of()));
    refused(
        "linux.seccomp.flags",
        "SPEC_ALLOW",
        d -> {
          d.flags = Set.of(FilterFlag.LOG);
          List<FilterFlag> flags = List.of(FilterFlag.LOG, FilterFlag.SPEC_ALLOW);
          d.seccomp = new Profile(Action.ALLOW, null, List.of(), flags, null, null, List.of());
        });
    refused(
        "linux.seccomp.listenerPath",
        "absolute path",
        d -> {
          Rule mkdir = Rule.of(Action.NOTIFY, List.of("mkdir"));
          d.seccomp =
              new Profile(Action.ALLOW, null, List.of(), List.of(), "agent", null, List.of(mkdir));
        });
    refused(
        "linux.seccomp",
        "nosuchcall",
        d ->
            d.seccomp =
                Profile.of(
                    Action.ALLOW,
                    List.of(),
                    List.of(Rule.of(Action.ERRNO, List.of("nosuchcall")))));
  }

  @Test
  void labels() {
    refused("process.apparmorProfile", "AppArmor is not enabled", d -> d.apparmor = "x");
    refused("process.selinuxLabel", "SELinux is not enabled", d -> d.selinux = "a:b:c:s0");
    refused("process.selinuxLabel", "policy would choose a context", d -> d.seLinux = true);
    refused(
        SpecDraft.podInit(),
        "process.selinuxLabel",
        "policy would choose a context",
        d -> d.seLinux = true);
    refused(
        "process.apparmorProfile",
        "control",
        d -> {
          d.appArmor = true;
          d.apparmor = "a\nexec unconfined";
        });
  }

  @Test
  void program() {
    refused("process.args", "no program", d -> d.args = List.of());
    refused("process.args", "no program", d -> d.args = List.of(""));
    refused("process.args[1]", "NUL", d -> d.args = List.of("a", "b\0c"));
    refused("process.env[0]", "not Unicode", d -> d.env = List.of("A=\ud800"));
    refused("process.env[1]", "no name", d -> d.env = List.of("A=b", "=s3cr3t"));
    refused(
        "process.env",
        "no PATH",
        d -> {
          d.args = List.of("sleep");
          d.env = List.of();
        });
    refused(
        "process.args[1]", "longer than 131071", d -> d.args = List.of("/x", "y".repeat(131_072)));
    refused("process.cwd", "absolute", d -> d.cwd = "work");
    refused("process.cwd", "another process", d -> d.cwd = "/proc/self/fd/7");
    refused("process.cwd", "another process", d -> d.cwd = "/proc//1/./cwd");
    refused(
        "process.consoleSize",
        "bounds",
        d -> {
          d.io = new IoMode(true, true, IoMode.Output.LOG);
          d.consoleSize = new OciConsoleSize(70_000, 1);
        });
    refused(
        "process.terminal",
        "no devpts",
        d -> {
          d.io = new IoMode(true, true, IoMode.Output.LOG);
          d.unmount("/dev/pts");
        });
    refused(
        "process.terminal", "captured", d -> d.io = new IoMode(true, true, IoMode.Output.CAPTURE));
    refused("id", "no file name", d -> d.id = "../x");
  }

  @Test
  void hooks() throws Exception {
    SpecDraft sound = SpecDraft.container();
    sound.hooks = hooks(HookStage.POSTSTOP, new OciHook("/x", List.of(), List.of("A=b"), 1));
    assertThat(sound.compile().child()).isNotEmpty();
    OciHook plain = new OciHook("/x", List.of(), List.of(), null);
    hook("hooks.prestart[0].path", "not an absolute path", "x", "A=b", null);
    hook("hooks.prestart[0].env", "without a name", "/x", "=b", null);
    hook("hooks.prestart[0].args", "NUL", "/x\0", "A=b", null);
    hook("hooks.prestart[0].timeout", "not a positive number", "/x", "A=b", 0);
    refused("hooks", "more than 64", d -> d.hooks = hooks(HookStage.POSTSTOP, nCopies(65, plain)));
    refused(
        "hooks",
        "nothing can hold it here, because kernel.yama",
        d -> {
          d.hooks = hooks(HookStage.PRESTART, plain);
          d.traced = false;
        });
  }

  private static void hook(
      String field, String reason, String path, String variable, @Nullable Integer timeout) {
    OciHook hook = new OciHook(path.replace("\0", ""), List.of(path), List.of(variable), timeout);
    refused(field, reason, d -> d.hooks = hooks(HookStage.PRESTART, hook));
  }

  private static OciHooks hooks(HookStage stage, OciHook hook) {
    return hooks(stage, List.of(hook));
  }

  private static OciHooks hooks(HookStage stage, List<OciHook> hooks) {
    return OciHooks.of(Map.of(stage, hooks));
  }

  private static Profile only(String... calls) {
    return Profile.of(Action.ERRNO, List.of(), List.of(Rule.of(Action.ALLOW, List.of(calls))));
  }
}
