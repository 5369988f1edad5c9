package dev.stockade.launcher.linux;

import dev.stockade.launcher.caps.Capability;
import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.KernelFloor;
import dev.stockade.launcher.seccomp.Action;
import dev.stockade.launcher.seccomp.Arch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Asks the running kernel what it can do, by trying it where that is possible and harmless. */
public final class HostProbe {
  private static final int LIMIT = 64 * 1024;
  private static final int LIST_LIMIT = 64;
  private static final int LANDLOCK_VERSION = 1;
  private static final String ACTIONS = "kernel/seccomp/actions_avail";

  private final Directory root;
  private final int launching;

  private HostProbe(Directory root, int launching) {
    this.root = root;
    this.launching = launching;
  }

  /** For launches by this process. */
  public static HostFacts probe(Optional<Cgroup2> cgroups) throws IOException {
    return probe(cgroups, Linux.pid());
  }

  /**
   * For launches by a process that need not be this one.
   *
   * @param launching has what containers can have of capabilities, and traces them
   */
  public static HostFacts probe(Optional<Cgroup2> cgroups, int launching) throws IOException {
    try (Directory root = Directory.open(Path.of("/"), Resolution.IN_ROOT)) {
      HostFacts facts = new HostProbe(root, launching).facts(cgroups);
      return facts.with(tracing(facts, launching));
    }
  }

  private HostFacts facts(Optional<Cgroup2> cgroups) throws IOException {
    boolean appArmor = text("sys/module/apparmor/parameters/enabled").equals("Y");
    boolean seLinux = root.status("sys/fs/selinux/enforce").isPresent();
    int yama = number("proc/sys/kernel/yama/ptrace_scope");
    int userNamespaces = number("proc/sys/user/max_user_namespaces");
    CapabilitySet effective = new CapabilitySet(capabilities("CapEff:"));
    return new HostFacts(
        text("proc/sys/kernel/osrelease"),
        Arch.ofSystemProperty(System.getProperty("os.arch", "")),
        number("proc/sys/kernel/cap_last_cap"),
        new CapabilitySet(capabilities("CapBnd:")),
        effective,
        securityModules(),
        appArmor,
        seLinux,
        HostFacts.Tracing.of(yama, effective.contains(Capability.SYS_PTRACE), ""),
        cgroups.map(Cgroup2::mountPoint),
        cgroups.map(Cgroup2::controllers).orElse(Set.of()),
        FeatureProbe.devicePrograms(),
        namespaces(),
        FeatureProbe.fileSystems(KernelFloor.FILE_SYSTEMS),
        userNamespaces,
        userNamespaces > 0 ? Optional.empty() : Optional.of(HostFacts.NO_USER_NAMESPACES),
        FeatureProbe.overlayLayersByDescriptor(),
        FeatureProbe.overlayDetachedLayers(),
        FeatureProbe.recursiveReadOnly(),
        landlock(),
        yama,
        actions(),
        FeatureProbe.filterFlags());
  }

  private String text(String path) throws IOException {
    return root.readIfPresent(path, LIMIT)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8).trim())
        .orElse("");
  }

  private int number(String path) throws IOException {
    String text = text(path);
    return text.isEmpty() ? 0 : Integer.parseInt(text);
  }

  private long capabilities(String line) throws IOException {
    String file = "proc/" + launching + "/status";
    for (String candidate : text(file).split("\n", -1)) {
      if (candidate.startsWith(line)) {
        return Long.parseUnsignedLong(candidate.substring(line.length()).trim(), 16);
      }
    }
    throw new SyscallException("read", Errno.EINVAL, "/" + file, "it has no line " + line);
  }

  private Set<String> namespaces() throws SyscallException {
    try (Directory kinds = root.directory("proc/self/ns")) {
      return kinds.list(LIST_LIMIT).stream().map(Listing.Name::name).collect(Collectors.toSet());
    }
  }

  private Set<String> securityModules() throws IOException {
    Set<String> modules = new TreeSet<>(List.of(text("sys/kernel/security/lsm").split(",", -1)));
    modules.remove("");
    return modules;
  }

  /** What is known once the tracer runs, whose AppArmor label need not be the daemon's. */
  public static HostFacts.Tracing tracing(HostFacts facts, int warden) throws IOException {
    boolean capable = facts.effective().contains(Capability.SYS_PTRACE);
    try (ProcDirectory proc = ProcDirectory.open(warden)) {
      String label = facts.appArmor() ? proc.read("attr/apparmor/current", LIMIT).strip() : "";
      return HostFacts.Tracing.of(facts.yamaScope(), capable, label);
    }
  }

  private static int landlock() {
    long version = Kernel.call(Syscall.LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_VERSION);
    return (int) Math.max(0, version);
  }

  private Set<Action> actions() throws IOException {
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (String name : text("proc/sys/" + ACTIONS).split(" ", -1)) {
      switch (name) {
        case "kill_process" -> actions.add(Action.KILL_PROCESS);
        case "kill_thread" -> actions.addAll(List.of(Action.KILL_THREAD, Action.KILL));
        case "trap" -> actions.add(Action.TRAP);
        case "errno" -> actions.add(Action.ERRNO);
        case "user_notif" -> actions.add(Action.NOTIFY);
        case "trace" -> actions.add(Action.TRACE);
        case "log" -> actions.add(Action.LOG);
        case "allow" -> actions.add(Action.ALLOW);
        default -> {
          // An action newer than this table, which no profile can ask for.
        }
      }
    }
    return actions;
  }
}
