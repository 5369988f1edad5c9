package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The listener is python3, because the JDK has no datagram sockets with names. */
@Timeout(30)
class NotificationSocketTest {
  private static final String LISTENER =
      """
      import socket, sys
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.bind(sys.argv[1].replace('@', '\\0', 1))
      print('bound', flush=True)
      print(s.recv(100).decode(), flush=True)
      """;

  @TempDir Path directory;

  private static String heard(String address) throws Exception {
    Process listener = new ProcessBuilder("python3", "-c", LISTENER, address).start();
    try (var lines = listener.inputReader()) {
      assertThat(lines.readLine()).isEqualTo("bound");
      NotificationSocket.send(address, "READY=1");
      return lines.readLine();
    } finally {
      listener.destroyForcibly();
      boolean unused = listener.waitFor(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void sendsToAPath() throws Exception {
    assertThat(heard(directory.resolve("notify").toString())).isEqualTo("READY=1");
  }

  @Test
  void sendsToAnAbstractName() throws Exception {
    assertThat(heard("@stockade-test-" + ProcessHandle.current().pid())).isEqualTo("READY=1");
  }

  @Test
  void saysWhenNobodyListens() throws Exception {
    Path file = Files.createFile(directory.resolve("notify"));
    assertThatThrownBy(() -> NotificationSocket.send(file.toString(), "READY=1"))
        .isInstanceOf(SyscallException.class)
        .hasMessageContaining("ECONNREFUSED");
    assertThatThrownBy(() -> NotificationSocket.send("relative", "READY=1"))
        .isInstanceOf(SyscallException.class);
  }
}
