package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.SyscallTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every system call of the machine tried in a container, beside what the profile's text says. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
class CallMatrixKernelTest {
  private static final Set<String> DEFAULT =
      Stream.of(
              ("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP"
                      + " NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE")
                  .split(" ", -1))
          .map(name -> "CAP_" + name)
          .collect(Collectors.toSet());

  /** The kernel answers these before any filter sees them (arch/x86/kernel/uprobes.c). */
  private static final Set<String> BEFORE_FILTERS = Set.of("uretprobe", "uprobe");

  private static final Arch NATIVE =
      System.getProperty("os.arch", "").equals("aarch64") ? Arch.AARCH64 : Arch.X86_64;

  private ProbeNode node;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node = ProbeNode.start(directory);
    pod = node.pod("calls");
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private static ContainerConfig.Builder filtered(ContainerConfig.Builder container) {
    ProbeNode.security(container)
        .getSeccompBuilder()
        .setProfileType(SecurityProfile.ProfileType.RuntimeDefault);
    return container;
  }

  private static ContainerConfig.Builder adding(String name, ContainerConfig.Builder container) {
    ProbeNode.security(container)
        .setCapabilities(
            Capability.newBuilder().addAddCapabilities(name).addDropCapabilities("ALL"));
    return container;
  }

  /** What the filter answered, by name, beside what the text says. */
  private static void requireAsDocumented(Probed probed, Set<String> bounding) throws Exception {
    DocumentedFilter text = new DocumentedFilter(bounding, NATIVE);
    requireAsDocumented(probed, text, NATIVE, "native");
    if (NATIVE == Arch.X86_64) {
      requireAsDocumented(probed, text, Arch.X32, "x32");
      requireAsDocumented(probed, text, Arch.X86, "x86");
    }
  }

  private static void requireAsDocumented(
      Probed probed, DocumentedFilter text, Arch arch, String abi) {
    assertThat(probed.of("filter." + abi)).isEqualTo("asked");
    Map<String, String> wrong = new TreeMap<>();
    int[] asked = {0};
    probed
        .all("filter." + abi + ".")
        .forEach(
            (key, answer) -> {
              int number = Integer.parseInt(key);
              String name = name(arch, number | arch.numberBit());
              Optional<String> said = text.answer(arch, number | arch.numberBit());
              boolean right =
                  said.isPresent()
                      ? answer.equals(said.get())
                      : !answer.equals(DocumentedFilter.ALLOWED);
              asked[0]++;
              if (!right && !BEFORE_FILTERS.contains(name)) {
                wrong.put(name, answer + " and not " + said.orElse("refused"));
              }
            });
    assertThat(asked[0]).isEqualTo(500);
    assertThat(wrong).as("answers of %s", arch).isEmpty();
  }

  private static String name(Arch arch, int number) {
    return SyscallTable.of(arch).name(number).orElse("number " + Integer.toUnsignedString(number));
  }

  @Test
  void theDefaultProfileIsAsItsTextSays() throws Exception {
    Probed probed = node.runWithCommand(pod, filtered(node.container("filter")));
    requireAsDocumented(probed, DEFAULT);
    Map<String, Long> counts =
        probed.all("filter.native.").values().stream()
            .collect(Collectors.groupingBy(answer -> answer, TreeMap::new, Collectors.counting()));
    System.out.println("answers of the default profile to native numbers: " + counts);
    // Of about 380 calls on x86_64, 320 on arm64.
    assertThat(counts.get(DocumentedFilter.ALLOWED)).isGreaterThan(250);
    assertThat(counts.get("EPERM")).isGreaterThan(50);
  }

  /** Also where it is the file system of a user namespace, and under no_new_privs as nobody. */
  @Test
  void itIsTheSameForWhoeverItIs() throws Exception {
    String mapped = node.pod("mapped", ProbeNode.userNamespace());
    requireAsDocumented(node.run(mapped, filtered(node.container("filter"))), DEFAULT);
    ContainerConfig.Builder nobody = ProbeNode.as(65_534, filtered(node.container("filter")));
    ProbeNode.security(nobody).setNoNewPrivs(true);
    requireAsDocumented(node.runWithCommand(pod, nobody), DEFAULT);
  }

  static Stream<String> opening() throws Exception {
    return new DocumentedFilter(Set.of(), NATIVE).capabilities().stream();
  }

  @ParameterizedTest
  @MethodSource("opening")
  void aCapabilityOpensItsCallsOnly(String capability) throws Exception {
    Probed probed = node.run(pod, adding(capability, filtered(node.container("filter"))));
    requireAsDocumented(probed, Set.of(capability));
  }

  @Test
  void withoutAFilterNothingIsRefused() throws Exception {
    for (String abi : NATIVE == Arch.X86_64 ? List.of("native", "x32", "x86") : List.of("native")) {
      Map<String, String> answers =
          new TreeMap<>(node.run(pod, node.container("filter")).all("filter." + abi + "."));
      for (String name : BEFORE_FILTERS) {
        SyscallTable.of(NATIVE).number(name).ifPresent(n -> answers.remove(String.valueOf(n)));
      }
      assertThat(Set.copyOf(answers.values())).as(abi).containsExactly(DocumentedFilter.ALLOWED);
    }
  }

  /** Carried out, each in a process of its own: the filter's answer or else the kernel's. */
  @Test
  void whatIsRefusedFailsAndTheRestIsTheKernels() throws Exception {
    Probed filtered = node.run(pod, filtered(node.container("calls")));
    // A pod of its own, because some calls leave something in the IPC namespace.
    Probed plain = node.run(node.pod("unfiltered"), node.container("calls"));
    DocumentedFilter text = new DocumentedFilter(DEFAULT, NATIVE);
    Set<String> refused = new TreeSet<>();
    Set<String> shown = new TreeSet<>();
    Map<String, String> wrong = new TreeMap<>();
    for (Map.Entry<String, Integer> call : SyscallTable.of(NATIVE).numbers().entrySet()) {
      String key = "call." + call.getValue();
      String answer = text.answer(NATIVE, call.getValue()).orElseThrow();
      if (BEFORE_FILTERS.contains(call.getKey())) {
        continue;
      }
      String expected = answer.equals(DocumentedFilter.ALLOWED) ? plain.of(key) : answer;
      if (!filtered.of(key).equals(expected)) {
        wrong.put(call.getKey(), filtered.of(key) + " and not " + expected);
      }
      if (!answer.equals(DocumentedFilter.ALLOWED)) {
        refused.add(call.getKey());
        if (!plain.of(key).equals(answer)) {
          shown.add(call.getKey());
        }
      }
    }
    assertThat(wrong).isEmpty();
    System.out.println(
        refused.size()
            + " calls refused, "
            + shown.size()
            + " of them otherwise answered by the kernel");
    assertThat(refused)
        .hasSizeGreaterThan(50)
        .contains("mount", "keyctl", "reboot", "io_uring_setup");
    assertThat(shown).hasSizeGreaterThan(30);
  }

  @Test
  void aProfileOfTheNodeIsInForceToTheCall() throws Exception {
    Path profile = node.node.directory.resolve("profile.json");
    Files.writeString(
        profile,
        """
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
          {"names": ["mkdirat", "getsid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 77}]}
        """);
    ContainerConfig.Builder container = node.container("filter");
    ProbeNode.security(container)
        .getSeccompBuilder()
        .setProfileType(SecurityProfile.ProfileType.Localhost)
        .setLocalhostRef(profile.toString());
    Set<String> changed = new TreeSet<>();
    node.runWithCommand(pod, container)
        .all("filter.native.")
        .forEach(
            (number, answer) -> {
              if (answer.equals("EBADFD")) {
                changed.add(name(NATIVE, Integer.parseInt(number)));
              }
            });
    assertThat(changed).containsExactlyInAnyOrder("mkdirat", "getsid");
  }
}
