package dev.stockade.vm;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.shim.daemon.Machine;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Only the default profile closes them; without a profile each is open. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class AppArmorDenialTest implements WaysOut {
  private GuestDaemon daemon;
  private String pod;
  private String ours;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Policy.require();
    daemon = GuestDaemon.start(directory);
    pod = daemon.client.run(daemon.client.pod("denials", HOST.toBuilder()));
    ours = daemon.facts().path("appArmorDefaultProfile").asText();
  }

  @AfterAll
  void end() throws Exception {
    if (daemon != null) {
      daemon.close();
    }
  }

  private ContainerConfig.Builder capable(ProfileType type, String text) {
    ContainerConfig.Builder container = daemon.shell(text);
    WaysOut.capable(container, Machine.attacker().resolveSibling(""))
        .getApparmorBuilder()
        .setProfileType(type);
    return container;
  }

  @Override
  public String confined(String text, String operation) throws Exception {
    AuditLog audit = AuditLog.fromNow();
    String output = daemon.run(pod, capable(ProfileType.RuntimeDefault, text)).output();
    audit.await(
        "apparmor=\"DENIED\"", "operation=\"" + operation + "\"", "profile=\"" + ours + "\"");
    return output;
  }

  @Override
  public String free(String text) throws Exception {
    return daemon.run(pod, capable(ProfileType.Unconfined, text)).output();
  }

  /** Without a profile; one under the same it may trace: {@link AppArmorWorkloadTest}. */
  @Override
  public int neighbour() throws Exception {
    return daemon.client.pid(daemon.start(pod, capable(ProfileType.Unconfined, "exec sleep 6004")));
  }
}
