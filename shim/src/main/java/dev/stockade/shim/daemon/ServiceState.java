package dev.stockade.shim.daemon;

import dev.stockade.launcher.linux.NotificationSocket;
import java.io.IOException;

/**
 * Tells the service manager how the daemon does (sd_notify(3)); does nothing when there is none.
 */
final class ServiceState {
  private static final System.Logger LOG = System.getLogger(ServiceState.class.getName());
  private static final String VARIABLE = "NOTIFY_SOCKET";

  private ServiceState() {}

  static void ready() {
    tell("READY=1");
  }

  static void stopping() {
    tell("STOPPING=1");
  }

  private static void tell(String state) {
    String socket = System.getenv(VARIABLE);
    if (socket != null && !socket.isEmpty()) {
      try {
        NotificationSocket.send(socket, state);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "the service manager does not listen", e);
      }
    }
  }
}
