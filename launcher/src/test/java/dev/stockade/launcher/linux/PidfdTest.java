package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PidfdTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  private static int sleeper() throws SyscallException {
    return Spawn.start(Path.of("/bin/sleep"), List.of("sleep", "60"), List.of("MARK=1"));
  }

  @Test
  void followsOneProcessToItsEnd() throws Exception {
    int pid = sleeper();
    try (Pidfd pidfd = Pidfd.open(pid);
        ProcDirectory proc = ProcDirectory.open(pid)) {
      assertThat(pidfd.alive()).isTrue();
      assertThat(proc.read("status", 65536)).contains("Pid:\t" + pid);
      assertThat(proc.readLink("ns/pid")).startsWith("pid:[");
      assertThat(proc.descriptors(4096)).contains(0, 1, 2);
      assertThat(pidfd.signal(15)).isTrue();
      assertThat(pidfd.awaitExit(SOON)).isTrue();
      assertThat(pidfd.alive()).isFalse();
      WaitStatus status = new WaitStatus(Spawn.await(pid));
      assertThat(status.exitCode()).isEqualTo(143);
      assertThat(pidfd.signal(9)).isFalse();
      assertThatThrownBy(() -> proc.read("status", 65536)).hasMessageContaining("ESRCH");
    }
    assertThatThrownBy(() -> Pidfd.open(pid)).hasMessageContaining("ESRCH");
  }

  /** A number may mean another process by now; a pidfd and a cgroup do not. */
  @Test
  void noCallSignalsByNumber() {
    assertThat(Syscall.values())
        .extracting(Syscall::name)
        .contains("PIDFD_SEND_SIGNAL")
        .noneMatch(name -> name.matches("T?G?KILL|.*SIGQUEUE.*"));
  }

  @Test
  void rootAndExecutableAreReadBeneathTheHeldDirectory() throws Exception {
    try (ProcDirectory self = ProcDirectory.open(Linux.pid());
        Directory root = self.root()) {
      assertThat(root.status("etc").orElseThrow().kind()).isEqualTo(FileKind.DIRECTORY);
      assertThat(self.statusOf("exe").orElseThrow().kind()).isEqualTo(FileKind.REGULAR);
      assertThat(self.statusOf("fd/99999")).isEmpty();
      assertThatThrownBy(() -> self.read("root/etc/passwd", 10)).hasMessageContaining("ELOOP");
    }
  }

  @Test
  void aMissingProgramIsNamed() {
    assertThatThrownBy(() -> Spawn.start(Path.of("/nonexistent/warden"), List.of("w"), List.of()))
        .hasMessageContaining("/nonexistent/warden")
        .hasMessageContaining("ENOENT");
  }

  @Test
  void aSealedFileCannotChange() throws Exception {
    try (Fd sealed = Memfd.sealed("plan", "content".getBytes(StandardCharsets.UTF_8))) {
      assertThat(sealed.input().readAllBytes()).asString().isEqualTo("content");
      assertThatThrownBy(() -> sealed.output().write(1)).hasMessageContaining("EPERM");
      assertThatThrownBy(() -> sealed.truncate(0)).hasMessageContaining("EPERM");
    }
  }
}
