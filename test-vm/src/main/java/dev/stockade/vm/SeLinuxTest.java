package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.SELinuxOption;
import dev.stockade.launcher.linux.SeLinuxPolicy;
import dev.stockade.shim.cli.CommandLineRun;
import dev.stockade.shim.cli.Foretold;
import dev.stockade.shim.daemon.HostCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What SELinux of this guest keeps from containers of a daemon that is confined itself. */
@Order(ConfinedService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxTest {
  private static final String LABEL = "lsm.selinux";
  private static final String FILES = "lsm.selinux-files";
  private static final String PROCESS = "system_u:system_r:container_t:s0:";
  private static final String FILE = "system_u:object_r:container_file_t:s0:";
  private static final String CGROUPS = "/sys/fs/cgroup/system.slice/stockade.service";
  private static final String HOMES = "stockade_read_homes";
  private static final String NETWORK =
      """
      {"cniVersion": "1.0.0", "name": "selinux-test", "plugins": [{"type": "bridge",
        "bridge": "stockade-test", "isGateway": true,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.98.0.0/16"}]]}}]}
      """;
  private static final String PLAIN =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: plain}
      spec:
        hostNetwork: true
        containers: [{name: c, image: "busybox:local", command: ["true"]}]
      """;
  private static final String READ = "cat /shared/secret && echo; true";

  private ConfinedService service;
  private LabelledDirectory shared;
  private String pod;
  private String holder;
  private String categories;

  /** A pod whose container has put a file into a volume that others have too. */
  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
    shared = LabelledDirectory.with();
    pod = service.client().run(service.client().pod("holder"));
    holder =
        service.start(
            pod, sharing("printf confidential >/shared/secret && echo written; exec sleep 3600"));
    categories = service.shown(holder, LABEL, "").substring(PROCESS.length());
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
      shared.remove();
    }
  }

  private ContainerConfig.Builder sharing(String text) {
    return service.shell(text).addMounts(shared.at("/shared"));
  }

  @Test
  void daemonAndWardenAreConfined() throws Exception {
    assertThat(ConfinedService.context(ConfinedService.daemon())).isEqualTo(ConfinedService.DOMAIN);
    assertThat(ConfinedService.context(ConfinedService.warden())).isEqualTo(ConfinedService.DOMAIN);
    String shadow = "system_u:object_r:shadow_t:s0";
    assertThat(SeLinuxPolicy.allows(ConfinedService.DOMAIN, shadow, "file", "write"))
        .as("a permissive domain may do everything")
        .isFalse();
  }

  /**
   * Of /proc/sys/kernel what an IPC namespace keeps, and not the program's name in core_pattern.
   */
  @Test
  void theDaemonWritesNoKernelParameterOfTheNode() throws Exception {
    for (String type : List.of("sysctl_kernel_t", "sysctl_fs_t", "sysctl_vm_t", "sysctl_t")) {
      assertThat(mayBeWritten(parameter(type))).as(type).isFalse();
    }
    // Programs that the kernel runs as root have types of their own, not in every policy.
    for (String type : List.of("sysctl_modprobe_t", "sysctl_hotplug_t", "usermodehelper_t")) {
      Optional<String> known = SeLinuxPolicy.find(parameter(type));
      if (known.isPresent()) {
        assertThat(mayBeWritten(known.get())).as(type).isFalse();
      }
    }
    assertThat(mayBeWritten(parameter("stockade_ipc_sysctl_t"))).isTrue();
  }

  private static String parameter(String type) {
    return "system_u:object_r:" + type + ":s0";
  }

  private static boolean mayBeWritten(String parameter) throws Exception {
    return SeLinuxPolicy.allows(ConfinedService.DOMAIN, parameter, "file", "write");
  }

  @Test
  void theReceiptShowsTheContextsOfProcessAndFiles() throws Exception {
    assertThat(categories).matches("c[0-9]+,c[0-9]+");
    assertThat(ConfinedService.context(service.client().pid(holder)))
        .isEqualTo(PROCESS + categories);
    for (String place : new String[] {"/", "/dev", "/dev/pts", "/dev/mqueue"}) {
      assertThat(service.shown(holder, FILES, place)).as(place).isEqualTo(FILE + categories);
    }
    assertThat(service.receipt(holder).path("verification").asText()).isEqualTo("before-exec");
  }

  @Test
  void aFileOfAnotherPodCannotBeReadAndTheAuditLogSaysWhy() throws Exception {
    AuditLog audit = AuditLog.fromNow();
    String other = service.client().run(service.client().pod("other"));
    String reader = service.start(other, sharing(READ + "; exec sleep 3600"));
    String own = service.shown(reader, LABEL, "");
    assertThat(own).startsWith(PROCESS).isNotEqualTo(PROCESS + categories);
    audit.await("avc:  denied", "comm=\"cat\"", "scontext=" + own, "tcontext=" + FILE + categories);
    assertThat(service.output(reader))
        .contains("/shared/secret", "Permission denied")
        .doesNotContain("confidential");
    assertThat(service.run(pod, sharing(READ))).as("in its own pod").isEqualTo("confidential");
    var asking = service.client().pod("asking");
    asking
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getSelinuxOptionsBuilder()
        .setLevel("s0:" + categories);
    assertThat(service.run(service.client().run(asking), sharing(READ)))
        .as("with its categories")
        .isEqualTo("confidential");
  }

  private static Path network() throws Exception {
    Path lists = Files.createDirectories(Path.of("/etc/cni/net.d"));
    return Files.writeString(lists.resolve("10-selinux-test.conflist"), NETWORK);
  }

  /** Plugins are programs that the daemon's domain runs, from where Debian puts them. */
  @Test
  void aPodGetsItsNetworkAndItsFirstProcessIsLabelled() throws Exception {
    Path list = network();
    try {
      String networked =
          service
              .client()
              .run(
                  service
                      .client()
                      .pod(
                          "networked",
                          NamespaceOption.newBuilder()
                              .setNetwork(NamespaceMode.POD)
                              .setPid(NamespaceMode.POD)));
      ContainerConfig.Builder looker = service.shell("ip addr show eth0; cat /proc/1/mountinfo");
      assertThat(service.run(networked, looker))
          .contains("10.98.")
          .containsPattern("tmpfs .*context=\"?" + FILE + "c[0-9]+,c[0-9]+");
      service.client().removePod(networked);
    } finally {
      Files.delete(list);
    }
  }

  /** As explained; and its check can fail: the same without its level. */
  @Test
  void theExampleOfSelinuxHolds(@TempDir Path directory) throws Exception {
    String text = Files.readString(Path.of("../examples/selinux.yaml"));
    String weaker = text.replaceFirst("  securityContext:\n.*\n.*\n", "");
    assertThat(weaker).doesNotContain("seLinuxOptions");
    Path manifest = Files.writeString(directory.resolve("example.yaml"), text);
    Path list = network();
    try {
      CommandLineRun explained =
          CommandLineRun.of(Map.of(), "explain", "--json", manifest.toString());
      CommandLineRun run = example(manifest);
      assertThat(explained.exitCode()).as(explained.out() + explained.err()).isZero();
      assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
      Foretold.assertThatTheReceiptShows(explained, run);
      Files.writeString(manifest, weaker);
      assertThat(example(manifest).exitCode()).isEqualTo(1);
    } finally {
      Files.delete(list);
    }
  }

  private static CommandLineRun example(Path manifest) throws Exception {
    return CommandLineRun.of(
        Map.of(),
        "run",
        "--rm",
        "--receipt",
        "--json",
        "--log-dir=" + PodLogs.make("example"),
        "--file=" + manifest);
  }

  /** An administrator's JVM may start no container where the daemon is a service alone. */
  @Test
  void explainGoesByTheContextOfTheService(@TempDir Path directory) throws Exception {
    Path manifest = Files.writeString(directory.resolve("plain.yaml"), PLAIN);
    String nobodyServes = "run_dir = \"" + directory.resolve("run") + "\"\n";
    Path elsewhere = Files.writeString(directory.resolve("elsewhere.toml"), nobodyServes);
    HostCommand.output("semodule", "--disable=stockade-by-hand");
    try {
      String own = ConfinedService.context(ProcessHandle.current().pid());
      assertThat(SeLinuxPolicy.allows(own, PROCESS + categories, "process", "transition"))
          .as("%s may start a container", own)
          .isFalse();
      String file = manifest.toString();
      CommandLineRun beside = CommandLineRun.of(Map.of(), "explain", file);
      assertThat(beside.exitCode()).as(beside.out() + beside.err()).isZero();
      CommandLineRun before = CommandLineRun.of(Map.of(), "--config=" + elsewhere, "explain", file);
      assertThat(before.exitCode()).as(before.out() + before.err()).isZero();
      Files.writeString(manifest, PLAIN + "  securityContext: {seLinuxOptions: {type: sshd_t}}\n");
      CommandLineRun refused = CommandLineRun.of(Map.of(), "explain", file);
      assertThat(refused.exitCode()).as(refused.out() + refused.err()).isEqualTo(1);
      assertThat(refused.out()).contains("does not let this daemon start");
    } finally {
      HostCommand.output("semodule", "--enable=stockade-by-hand");
    }
  }

  @Test
  void whatIsNotConfinedReadsIt() throws Exception {
    var all = service.client().pod("all");
    all.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    ContainerConfig.Builder free = sharing(READ + "; exec sleep 3600");
    GuestDaemon.security(free).setPrivileged(true);
    String id = service.start(service.client().run(all), free);
    assertThat(service.shown(id, LABEL, "")).isEqualTo("system_u:system_r:spc_t:s0");
    assertThat(service.client().exec(id, 60, "cat", "/shared/secret").getStdout().toStringUtf8())
        .isEqualTo("confidential");
  }

  @Test
  void aCommandHasTheContextOfItsContainer() {
    assertThat(
            service
                .client()
                .exec(holder, 60, "cat", "/proc/self/attr/current", "/shared/secret")
                .getStdout()
                .toStringUtf8())
        .isEqualTo(PROCESS + categories + "\0confidential");
  }

  @Test
  void whatThePolicyDoesNotAllowIsRefusedByItsField() {
    ContainerConfig.Builder sshd = service.shell("true");
    ConfinedService.options(sshd).setType("sshd_t");
    assertThat(ConfinedService.refusal(() -> service.client().create(pod, sshd)))
        .contains("linux.security_context.selinux_options.type", "does not let this daemon start");
    ContainerConfig.Builder nobody = service.shell("true");
    ConfinedService.options(nobody).setType("of_nobody_t");
    assertThat(ConfinedService.refusal(() -> service.client().create(pod, nobody)))
        .contains("linux.security_context.selinux_options.type", "is no context of the loaded");
    ContainerConfig.Builder level = service.shell("true");
    ConfinedService.options(level).setLevel("s0:c5000");
    assertThat(ConfinedService.refusal(() -> service.client().create(pod, level)))
        .contains("linux.security_context.selinux_options.level", "is no context of the loaded");
  }

  @Test
  void aPodThatThePolicyDoesNotAllowLeavesNothing() throws Exception {
    List<String> before = whatPodsHave();
    assertThat(before)
        .contains("/run/stockade/pods/" + pod, CGROUPS + "/" + pod + "/" + holder)
        .anyMatch(line -> line.startsWith("/var/lib/stockade/pods/" + pod));
    assertThat(refusedPod(SELinuxOption.newBuilder().setType("sshd_t")))
        .contains("linux.security_context.selinux_options.type", "does not let this daemon start");
    assertThat(refusedPod(SELinuxOption.newBuilder().setType("of_nobody_t")))
        .contains("linux.security_context.selinux_options.type", "is no context of the loaded");
    for (String level : List.of("s0:c5000", "s0,c4,c5", "high")) {
      assertThat(refusedPod(SELinuxOption.newBuilder().setLevel(level)))
          .as(level)
          .contains("linux.security_context.selinux_options.level");
    }
    assertThat(whatPodsHave()).isSubsetOf(before);
  }

  private String refusedPod(SELinuxOption.Builder asked) {
    var wrong = service.client().pod("wrong");
    wrong.getLinuxBuilder().getSecurityContextBuilder().setSelinuxOptions(asked);
    return ConfinedService.refusal(() -> service.client().run(wrong));
  }

  /** The names of all records, files, cgroups and mounts. */
  private static List<String> whatPodsHave() throws Exception {
    String names =
        HostCommand.output("find", CGROUPS, "-type", "d")
            + HostCommand.output("find", "/run/stockade/pods", "/var/lib/stockade/pods")
            + HostCommand.output("grep", "/run/stockade/", "/proc/mounts");
    return names.lines().toList();
  }

  @Test
  void anImageInAHomeIsReadOnlyWhereThatIsWanted() throws Exception {
    Path home = Files.createTempDirectory(Path.of("/root"), "selinux-test");
    String image = home.resolve("image").toString();
    try {
      HostCommand.output("../scripts/busybox-image", image);
      HostCommand.output("restorecon", "-RF", home.toString());
      CommandLineRun denied = CommandLineRun.of(Map.of(), "images", "import", image);
      assertThat(denied.exitCode()).isNotZero();
      assertThat(denied.err())
          .contains("source.path: ", "EACCES", "setsebool -P stockade_read_homes on");
      HostCommand.output("setsebool", HOMES, "on");
      CommandLineRun taken = CommandLineRun.of(Map.of(), "images", "import", image);
      assertThat(taken.exitCode()).as(taken.err()).isZero();
    } finally {
      HostCommand.output("setsebool", HOMES, "off");
      HostCommand.output("rm", "-r", home.toString());
    }
  }

  @Test
  void nothingStartsWhereSelinuxDeniesNothing() throws Exception {
    String made = service.client().create(pod, service.shell("echo ran"));
    HostCommand.output("setenforce", "0");
    try {
      assertThat(ConfinedService.refusal(() -> service.client().start(made)))
          .contains("lsm.selinux-mode", "enforcing", "permissive");
      assertThat(service.client().status(made).getReason()).isNotEqualTo("Completed");
      assertThat(ConfinedService.refusal(() -> service.client().create(pod, service.shell("true"))))
          .contains(
              "linux.security_context.selinux_options: is unset, which asks for " + PROCESS,
              "SELinux is permissive",
              "setenforce 1",
              "degradation.selinux_mode = \"report\"");
      assertThat(ConfinedService.refusal(() -> service.client().run(service.client().pod("lax"))))
          .contains("linux.security_context.selinux_options", "SELinux is permissive");
      assertThat(service.conditions())
          .contains("SELinux confines no container: SELinux is permissive on this node");
      CommandLineRun doctor = CommandLineRun.of(Map.of(), "doctor");
      assertThat(doctor.exitCode()).isEqualTo(1);
      assertThat(doctor.out()).containsPattern("SELinux +no +SELinux is permissive.*setenforce 1");
    } finally {
      HostCommand.output("setenforce", "1");
    }
    assertThat(service.conditions()).doesNotContain("SELinux");
    CommandLineRun doctor = CommandLineRun.of(Map.of(), "doctor");
    assertThat(doctor.exitCode()).as(doctor.out()).isZero();
    assertThat(doctor.out()).containsPattern("SELinux +yes +enforcing");
  }

  /** Where that is not enough, see {@link SeLinuxRestartTest}. */
  @Test
  void whereThePolicyForbidsTracingProgramsAreVerifiedAfterTheirExec() throws Exception {
    HostCommand.output("setsebool", ConfinedService.TRACING, "off");
    try {
      String id = service.start(pod, sharing(READ + "; exec sleep 3600"));
      assertThat(service.receipt(id).path("verification").asText()).isEqualTo("after-exec");
      assertThat(service.shown(id, LABEL, "")).isEqualTo(PROCESS + categories);
      assertThat(service.receipt(id).path("rows").size()).isGreaterThan(50);
    } finally {
      HostCommand.output("setsebool", ConfinedService.TRACING, "on");
    }
    String traced = service.start(pod, service.shell("exec sleep 3600"));
    assertThat(service.receipt(traced).path("verification").asText()).isEqualTo("before-exec");
  }
}
