package dev.stockade.shim.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SecurityProfile;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The three example profiles of the Kubernetes documentation's tutorial on seccomp do with a server
 * what it says of them; like there, the server may not raise its privileges.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class SeccompTutorialKernelTest {
  private static final String AUDIT = "{\"defaultAction\": \"SCMP_ACT_LOG\"}";
  private static final String VIOLATION = "{\"defaultAction\": \"SCMP_ACT_ERRNO\"}";

  /** The calls that fine-grained.json allows. */
  private static final List<String> ALLOWED =
      Stream.of(
              "accept4 bind connect getsockname listen recvfrom sendto setsockopt socket",
              "epoll_create1 epoll_ctl epoll_pwait epoll_wait poll pselect6",
              "close dup2 fcntl fstatfs getdents64 ioctl open openat pipe2 read readlinkat write",
              "writev arch_prctl brk madvise mmap mprotect munmap",
              "clone execve exit exit_group futex getpid getrlimit gettid getuid vfork",
              "sched_getaffinity sched_yield set_tid_address",
              "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack",
              "clock_gettime nanosleep setitimer")
          .flatMap(line -> Stream.of(line.split(" ", -1)))
          .toList();

  private static final String FINE_GRAINED =
      """
      {"defaultAction": "SCMP_ACT_ERRNO",
       "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
       "syscalls": [{"names": [%s], "action": "SCMP_ACT_ALLOW"}]}
      """
          .formatted(
              ALLOWED.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", ")));

  private Path profile;
  private ProbeNode node;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    profile = directory.resolve("profile.json");
    node = ProbeNode.start(Files.createDirectory(directory.resolve("node")));
    pod = node.pod("tutorial");
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private ContainerConfig.Builder server(String text, boolean noNewPrivileges) throws Exception {
    Files.writeString(profile, text);
    ContainerConfig.Builder container = node.container("server");
    ProbeNode.security(container)
        .setNoNewPrivs(noNewPrivileges)
        .getSeccompBuilder()
        .setProfileType(SecurityProfile.ProfileType.Localhost)
        .setLocalhostRef(profile.toString());
    return container;
  }

  /** It answers; what else it tells. */
  private Probed serve(String text) throws Exception {
    String id = node.node.start(pod, server(text, true));
    Wait.until("the server to listen", () -> node.node.output(id).contains("listens="));
    int port = Integer.parseInt(Probed.parse(node.node.output(id)).of("listens"));
    try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      assertThat(new String(client.getInputStream().readAllBytes(), UTF_8)).isEqualTo("answered\n");
    }
    assertThat(node.node.client.awaitEnd(id).getExitCode()).isZero();
    Probed told = Probed.parse(node.node.output(id));
    assertThat(told.of("answers")).isEqualTo("done");
    return told;
  }

  @Test
  void underTheAuditProfileEverythingWorks() throws Exception {
    assertThat(serve(AUDIT).of("mkdir")).isEqualTo("done");
  }

  /** There the container does not start; here it is said why, when it is made. */
  @Test
  void underTheViolationProfileNothingStarts() throws Exception {
    assertThat(node.node.refusal(pod, server(VIOLATION, true)))
        .contains("linux.security_context.seccomp", "execve: ERRNO");
  }

  @Test
  void underTheFineGrainedProfileTheServerWorksAndHasNoOtherCall() throws Exception {
    Assumptions.assumeTrue(
        System.getProperty("os.arch", "").equals("amd64"), "the profile is for x86 alone");
    assertThat(serve(FINE_GRAINED).of("mkdir")).isEqualTo("EPERM");
  }

  /** Without no_new_privs the filter comes before what it does not allow. */
  @Test
  void theFineGrainedProfileNeedsNoNewPrivileges() throws Exception {
    Assumptions.assumeTrue(
        System.getProperty("os.arch", "").equals("amd64"), "the profile is for x86 alone");
    assertThat(node.node.refusal(pod, server(FINE_GRAINED, false)))
        .contains("linux.security_context.seccomp", "capset: ERRNO");
  }
}
