package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.KernelFloor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The guest is what the other tests take it for: otherwise they would pass without proving. */
final class GuestTest {
  private HostFacts facts;

  @BeforeEach
  void probe() throws IOException {
    facts = HostProbe.probe(Cgroup2.find());
  }

  @Test
  void theSecurityModuleThatWasAskedForConfines() throws IOException {
    String module = System.getProperty("stockade.vm.module", "");
    assertThat(module).isIn("apparmor", "selinux");
    assertThat(facts.appArmor()).isEqualTo(module.equals("apparmor"));
    assertThat(facts.seLinux()).isEqualTo(module.equals("selinux"));
    if (facts.seLinux()) {
      assertThat(Path.of("/sys/fs/selinux/enforce")).hasContent("1");
    }
  }

  @Test
  void cgroupsAreVersionTwoWithEveryController() {
    assertThat(facts.cgroupMount()).contains(Path.of("/sys/fs/cgroup"));
    assertThat(facts.cgroupControllers()).contains("cpuset", "cpu", "io", "memory", "pids");
  }

  @Test
  void theKernelIsOneThatStockadeSupports() {
    assertThat(KernelFloor.missing(facts)).isEmpty();
  }

  @Test
  void systemdIsTheFirstProcess() throws IOException {
    assertThat(Files.readString(Path.of("/proc/1/comm"))).isEqualTo("systemd\n");
  }
}
