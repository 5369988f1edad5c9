package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each capability by itself: what a program has of it, and what it can do by it, beside what was
 * asked for.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class CapabilityMatrixKernelTest {
  /** By number, as capabilities(7) has them. */
  private static final List<String> ALL =
      List.of(
              "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE"
                  .split(" ", -1),
              "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO"
                  .split(" ", -1),
              "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME"
                  .split(" ", -1),
              "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN"
                  .split(" ", -1),
              "SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
                  .split(" ", -1))
          .stream()
          .flatMap(Stream::of)
          .toList();

  /** What containers have that do not ask. */
  private static final Set<String> DEFAULT =
      Set.of(
          ("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP"
                  + " NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE")
              .split(" ", -1));

  /** What the kernel lets CAP_SYS_ADMIN do for the sake of older programs. */
  private static final Set<String> OF_ADMINISTRATOR =
      Set.of("PERFMON", "BPF", "CHECKPOINT_RESTORE");

  /**
   * What counts in a user namespace. The network is the host's here, so nothing that concerns it;
   * the rest concerns the whole node.
   */
  private static final Set<String> OF_NAMESPACE =
      Set.of(
          ("CHOWN DAC_OVERRIDE FOWNER KILL SETGID SETUID SETPCAP IPC_OWNER SYS_CHROOT SYS_PTRACE"
                  + " SYS_ADMIN SYS_BOOT SETFCAP CHECKPOINT_RESTORE")
              .split(" ", -1));

  /** No call asks for these, or only in kernels of some configurations. */
  private static final Set<String> MAYBE_UNTOLD =
      Set.of(
          "NET_BROADCAST", "MAC_OVERRIDE", "MAC_ADMIN", "SYS_MODULE", "BLOCK_SUSPEND", "PERFMON");

  /** Debian's kernels know a level at which perf_event_open(2) is for CAP_SYS_ADMIN alone. */
  private static final Path PERF_LEVEL = Path.of("/proc/sys/kernel/perf_event_paranoid");

  private static final int FOR_ADMINISTRATORS = 3;

  private ProbeNode node;
  private String plain;
  private String mapped;

  /** What this process may have at all, and so its containers. */
  private Set<String> available;

  /** Those whose attempt succeeds with all capabilities and fails without any. */
  private Set<String> told;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = ProbeNode.start(directory);
    plain = node.pod("plain");
    mapped = node.pod("mapped", ProbeNode.userNamespace());
    available = names(ProbeNode.onHost("state").of("bounding"));
    Map<String, String> with = attempts(node.run(plain, asking(List.of("ALL"), List.of())));
    Map<String, String> without = attempts(node.run(plain, asking(List.of(), List.of("ALL"))));
    assertThat(with.keySet()).containsExactlyInAnyOrderElementsOf(ALL);
    told = new TreeSet<>(ALL);
    told.removeIf(name -> !"done".equals(with.get(name)) || "done".equals(without.get(name)));
    if (Integer.parseInt(Files.readString(PERF_LEVEL).strip()) >= FOR_ADMINISTRATORS) {
      told.remove("PERFMON");
    }
    Set<String> untold = new TreeSet<>(ALL);
    untold.removeAll(told);
    System.out.println("capabilities no attempt tells of on this kernel: " + untold);
    untold.removeAll(MAYBE_UNTOLD);
    untold.retainAll(available);
    assertThat(untold).isEmpty();
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  static List<String> capabilities() {
    return ALL;
  }

  private static Set<String> names(String hexadecimal) {
    long bits = Long.parseUnsignedLong(hexadecimal, 16);
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < ALL.size(); i++) {
      if ((bits >> i & 1) == 1) {
        names.add(ALL.get(i));
      }
    }
    assertThat(bits >> ALL.size()).as("capabilities without a name").isZero();
    return names;
  }

  private static Map<String, String> attempts(Probed probed) {
    return probed.all("capability.");
  }

  private ContainerConfig.Builder asking(List<String> add, List<String> drop) {
    ContainerConfig.Builder container = node.container("state", "capabilities");
    ProbeNode.security(container)
        .setCapabilities(
            Capability.newBuilder().addAllAddCapabilities(add).addAllDropCapabilities(drop));
    return container;
  }

  private ContainerConfig.Builder ambient(String name) {
    ContainerConfig.Builder container = ProbeNode.as(1000, node.container("state", "capabilities"));
    ProbeNode.security(container)
        .setCapabilities(
            Capability.newBuilder().addAddAmbientCapabilities(name).addDropCapabilities("ALL"));
    return container;
  }

  /** Has these capabilities and can do by them what they are for, and nothing else. */
  private void requireHas(
      Probed probed, Set<String> permitted, Set<String> bounding, Set<String> ambient) {
    requireSets(probed, permitted, bounding, ambient);
    requireCan(probed, permitted, new TreeSet<>(told));
  }

  private static void requireSets(
      Probed probed, Set<String> permitted, Set<String> bounding, Set<String> ambient) {
    assertThat(names(probed.of("permitted"))).as("permitted").isEqualTo(permitted);
    assertThat(names(probed.of("effective"))).as("effective").isEqualTo(permitted);
    assertThat(names(probed.of("bounding"))).as("bounding").isEqualTo(bounding);
    assertThat(names(probed.of("inheritable"))).as("inheritable").isEqualTo(ambient);
    assertThat(names(probed.of("ambient"))).as("ambient").isEqualTo(ambient);
    assertThat(probed.of("securebits")).isEqualTo("0");
  }

  private void requireCan(Probed probed, Set<String> permitted, Set<String> counting) {
    Set<String> can = new TreeSet<>(permitted);
    if (permitted.contains("SYS_ADMIN")) {
      can.addAll(OF_ADMINISTRATOR);
    }
    can.retainAll(counting);
    can.retainAll(told);
    Set<String> could = new TreeSet<>();
    attempts(probed)
        .forEach(
            (name, answer) -> {
              if (told.contains(name) && answer.equals("done")) {
                could.add(name);
              }
            });
    assertThat(could).as("with %s: %s", permitted, attempts(probed)).isEqualTo(can);
  }

  private void requireRefused(String pod, ContainerConfig.Builder container, String name) {
    assertThat(node.node.refusal(pod, container))
        .contains("capabilities")
        .contains("have " + name)
        .contains("; ");
  }

  @ParameterizedTest
  @MethodSource("capabilities")
  void aloneAsRoot(String name) throws Exception {
    for (String pod : List.of(plain, mapped)) {
      ContainerConfig.Builder container = asking(List.of(name), List.of("ALL"));
      if (!available.contains(name)) {
        requireRefused(pod, container, name);
        continue;
      }
      Probed probed = node.runWithCommand(pod, container);
      requireSets(probed, Set.of(name), Set.of(name), Set.of());
      requireCan(probed, Set.of(name), pod.equals(plain) ? told : OF_NAMESPACE);
    }
  }

  @ParameterizedTest
  @MethodSource("capabilities")
  void ambientAsAnybody(String name) throws Exception {
    for (String pod : List.of(plain, mapped)) {
      if (!available.contains(name)) {
        requireRefused(pod, ambient(name), name);
        continue;
      }
      Probed probed = node.runWithCommand(pod, ambient(name));
      assertThat(probed.of("uid")).isEqualTo("1000 1000 1000");
      requireSets(probed, Set.of(name), Set.of(name), Set.of(name));
      requireCan(probed, Set.of(name), pod.equals(plain) ? told : OF_NAMESPACE);
    }
  }

  /**
   * Kubernetes issue 56374: what a program that is not root is given without ambient it does not
   * have.
   */
  @ParameterizedTest
  @MethodSource("capabilities")
  void boundingOnlyAsAnybody(String name) throws Exception {
    ContainerConfig.Builder container =
        ProbeNode.as(1000, asking(List.of("cap_" + name), List.of("all")));
    if (available.contains(name)) {
      requireHas(node.runWithCommand(plain, container), Set.of(), Set.of(name), Set.of());
    } else {
      requireRefused(plain, container, name);
    }
  }

  @ParameterizedTest
  @MethodSource("capabilities")
  void withoutAsRoot(String name) throws Exception {
    Set<String> rest = new TreeSet<>(DEFAULT);
    rest.remove(name);
    requireHas(node.runWithCommand(plain, asking(List.of(), List.of(name))), rest, rest, Set.of());
    Set<String> most = new TreeSet<>(available);
    most.remove(name);
    requireHas(
        node.runWithCommand(plain, asking(List.of("ALL", name), List.of(name))),
        most,
        most,
        Set.of());
  }

  @Test
  void aPrivilegedContainerHasAllThatThisProcessMayHave() throws Exception {
    ContainerConfig.Builder container = node.container("state", "capabilities");
    ProbeNode.security(container).setPrivileged(true);
    requireHas(
        node.runWithCommand(node.privilegedPod("privileged"), container),
        available,
        available,
        Set.of());
  }
}
