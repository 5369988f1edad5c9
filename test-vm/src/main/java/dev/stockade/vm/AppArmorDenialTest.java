package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.shim.daemon.Machine;
import dev.stockade.shim.daemon.Probed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Only the default profile closes them; without a profile each is open. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class AppArmorDenialTest implements WaysOut {
  private static final List<String> HIDDEN =
      List.of(
          "/proc/kcore",
          "/proc/kpagecgroup",
          "/proc/kpagecount",
          "/proc/kpageflags",
          "/sys/firmware",
          "/sys/kernel/security");

  private static final List<String> SETTINGS =
      List.of(
          "/proc/sys/kernel/core_pattern",
          "/proc/sysrq-trigger",
          "/proc/bus/pci/devices",
          "/proc/irq/default_smp_affinity",
          "/proc/tty/drivers",
          "/sys/kernel/mm/ksm/run",
          "/sys/fs/ext4/vda/mb_max_to_scan");

  /** Has nothing to read for anyone. */
  private static final String WRITE_ONLY = "/proc/sysrq-trigger";

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

  /**
   * Nor write, where nothing is masked or read-only and it has the capabilities: the paths of the
   * default profile that these kernels have.
   */
  @Test
  void itCannotReadWhatTheKubeletMasks() throws Exception {
    List<String> paths = new ArrayList<>(HIDDEN);
    paths.addAll(SETTINGS);
    AuditLog audit = AuditLog.fromNow();
    Probed confined = probed(ProfileType.RuntimeDefault, paths);
    Probed free = probed(ProfileType.Unconfined, paths);
    for (String path : paths) {
      boolean hidden = HIDDEN.contains(path);
      boolean directory = free.of("kind." + path).equals("directory");
      String read = free.of("read." + path);
      assertThat(read)
          .as("reads %s without the profile", path)
          .matches(path.equals(WRITE_ONLY) ? "EIO" : "something|[0-9]+ entries");
      assertThat(confined.of("read." + path)).as(path).isEqualTo(hidden ? "EACCES" : read);
      assertThat(free.of("write." + path))
          .as("writes %s without the profile; the kernel takes entries of nobody there", path)
          .matches(directory ? "EPERM|ENOENT" : "done");
      assertThat(confined.of("write." + path)).as(path).isEqualTo("EACCES");
      audit.await(
          "apparmor=\"DENIED\"",
          "operation=\"open\"",
          "profile=\"" + ours + "\"",
          "name=\"" + path + (directory ? "/\"" : "\""),
          "denied_mask=\"" + (hidden ? "r\"" : "w\""));
    }
  }

  /** What reading and opening for writing come to in a container that has the host's sysfs. */
  private Probed probed(ProfileType type, List<String> paths) throws Exception {
    ContainerConfig.Builder container =
        capable(type, "/tools/probe paths " + String.join(" ", paths));
    container.addMounts(Mount.newBuilder().setContainerPath("/sys").setHostPath("/sys"));
    GuestDaemon.security(container).getCapabilitiesBuilder().addAddCapabilities("SYS_RAWIO");
    return Probed.parse(daemon.run(pod, container).output());
  }

  /** Without a profile; one under the same it may trace: {@link AppArmorWorkloadTest}. */
  @Override
  public int neighbour() throws Exception {
    return daemon.client.pid(daemon.start(pod, capable(ProfileType.Unconfined, "exec sleep 6004")));
  }
}
