package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.shim.daemon.HostCommand;
import dev.stockade.shim.daemon.Machine;
import dev.stockade.shim.daemon.Wait;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a container is handed rather than opens has its label, and it may use it: standard streams,
 * a terminal, its keyring. SELinux replaces descriptors that it may not use without a word, so that
 * a program would read nothing and its output would be lost.
 */
@Order(ConfinedService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxStreamTest {
  private static final String LABEL = "lsm.selinux";
  private static final String PROCESS = "system_u:system_r:container_t:s0:";
  private static final String FILE = "system_u:object_r:container_file_t:s0:";
  private static final String ANSWER = "read -r line; echo \"heard $line\"; exec sleep 3600";

  /** TIOCSTI, ioctl_tty(2), types into a terminal as if at its other end. */
  private static final String TYPE = "ioctl(STDIN, 0x5412, $_) or die $! for split //, $ARGV[0]";

  private ConfinedService service;
  private LabelledDirectory tools;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
    tools = LabelledDirectory.with(Machine.probe());
    var asked = service.client().pod("streams");
    asked.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    pod = service.client().run(asked);
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
      tools.remove();
    }
  }

  @Test
  void aContainerReadsAndWritesItsTerminal() throws Exception {
    AuditLog audit = AuditLog.fromNow();
    String id = service.start(pod, service.shell("tty; " + ANSWER).setTty(true).setStdin(true));
    Wait.until("output on the terminal", () -> service.output(id).contains("/dev/pts/0"));
    requireLabel(id);
    HostCommand.output(
        "sh", "-c", "exec perl -e \"$1\" \"$2\" <\"$3\"", "sh", TYPE, "typed\n", stream(id, 0));
    Wait.until("an answer to what is typed", () -> service.output(id).contains("heard typed"));
    requireNothingDenied(audit);
  }

  @Test
  void aContainerReadsWhatIsPipedToIt() throws Exception {
    AuditLog audit = AuditLog.fromNow();
    String id = service.start(pod, service.shell("echo ready; " + ANSWER).setStdin(true));
    Wait.until("output", () -> service.output(id).contains("ready"));
    requireLabel(id);
    Files.writeString(Path.of(stream(id, 0)), "piped\n", StandardOpenOption.WRITE);
    Wait.until("an answer to what is piped", () -> service.output(id).contains("heard piped"));
    requireNothingDenied(audit);
  }

  /** What the kernel has open there, whichever file it is of. */
  private String stream(String container, int number) throws Exception {
    return "/proc/" + service.client().pid(container) + "/fd/" + number;
  }

  private void requireLabel(String container) throws Exception {
    String own = service.shown(container, LABEL, "");
    assertThat(own).startsWith(PROCESS);
    for (int number = 0; number < 3; number++) {
      assertThat(HostCommand.output("stat", "-L", "-c", "%C", stream(container, number)).strip())
          .as("stream %s", number)
          .isEqualTo(FILE + own.substring(PROCESS.length()));
    }
  }

  private static void requireNothingDenied(AuditLog audit) throws Exception {
    audit.requireNo("avc:  denied .*:(stockade|container)_t:");
  }

  /** Whatever its own is, and a command's is its container's. */
  @Test
  void aKeyringHasTheLabelOfItsContainer() throws Exception {
    ContainerConfig.Builder levelled = staying();
    ConfinedService.options(levelled).setLevel("s0:c1022,c1023");
    ContainerConfig.Builder privileged = staying();
    GuestDaemon.security(privileged).setPrivileged(true);
    for (ContainerConfig.Builder container :
        new ContainerConfig.Builder[] {staying(), levelled, privileged}) {
      String id = service.start(pod, container);
      String own = service.shown(id, LABEL, "");
      Wait.until("the probe to say all", () -> service.output(id).endsWith("\nend"));
      var command = service.client().exec(id, 60, "/tools/probe", "state");
      assertThat(command.getExitCode()).isZero();
      for (String said : new String[] {service.output(id), command.getStdout().toStringUtf8()}) {
        assertThat(said.lines()).contains("label=" + own, "keyring_label=" + own);
      }
    }
  }

  private ContainerConfig.Builder staying() {
    return service.shell("exec /tools/probe stay state").addMounts(tools.at("/tools"));
  }
}
