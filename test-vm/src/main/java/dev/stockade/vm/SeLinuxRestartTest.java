package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.shim.daemon.HostCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the next daemon in its SELinux domain finds of the one before, and does as it is configured:
 * one restart for nearly all, because an emulated guest takes half a minute for it.
 */
@Order(ConfinedService.LATE + 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxRestartTest {
  private static final String LABEL = "lsm.selinux";
  private static final String PROCESS = "system_u:system_r:container_t:s0:";
  private static final String OWN = "c1022,c1023";
  private static final String LEVEL = "s0:c1020,c1021";

  private ConfinedService service;
  private String pod;
  private String holder;
  private String categories;
  private String files;
  private String levelled;

  /** Containers that have put something into files: of their pod, and of their own level. */
  @BeforeAll
  void restart(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
    pod = service.client().run(service.client().pod("holder"));
    holder = service.start(pod, service.shell("exec sleep 3600"));
    categories = service.shown(holder, LABEL, "").substring(PROCESS.length());
    commanded(holder, "printf confidential >/dev/shm/secret");
    files = service.client().run(service.client().pod("files"));
    levelled = service.start(files, ofItsOwnLevel());
    commanded(levelled, "echo '# mine' >>/etc/hosts");
    restart();
  }

  private void restart() throws Exception {
    service.restart(
        "[verify]",
        "require = \"before-exec\"",
        "[degradation]",
        "selinux_mode = \"report\"",
        "[selinux]",
        "categories = 3",
        "[privileged]",
        "selinux_type = \"container_kvm_t\"");
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
    }
  }

  private ContainerConfig.Builder ofItsOwnLevel() {
    ContainerConfig.Builder container = service.shell("exec sleep 3600");
    ConfinedService.options(container).setLevel("s0:" + OWN);
    return container;
  }

  private String commanded(String container, String text) {
    var done = service.client().exec(container, 60, "sh", "-c", text);
    assertThat(done.getExitCode()).as(text).isZero();
    return done.getStdout().toStringUtf8();
  }

  @Test
  void categoriesStayThePodsOverARestart() throws Exception {
    assertThat(service.shown(holder, LABEL, "")).isEqualTo(PROCESS + categories);
    assertThat(service.run(pod, service.shell("cat /dev/shm/secret && echo")))
        .isEqualTo("confidential");
    String next = service.client().run(service.client().pod("next"));
    String id = service.start(next, service.shell("exec sleep 3600"));
    assertThat(service.shown(id, LABEL, "")).startsWith(PROCESS).doesNotEndWith(categories);
    service.client().removePod(next);
  }

  /** The pods of the others have pairs of all 1024 categories, from before the restart. */
  @Test
  void thereAreAsManyPodsAsPairsAndARestartForgetsNone() throws Exception {
    List<String> pods = new ArrayList<>();
    for (String name : List.of("one", "two", "three")) {
      pods.add(service.client().run(service.client().pod(name)));
    }
    List<String> labels = labels(pods);
    assertThat(labels)
        .containsExactlyInAnyOrder(PROCESS + "c0,c1", PROCESS + "c0,c2", PROCESS + "c1,c2");
    restart();
    assertThat(labels(pods)).isEqualTo(labels);
    assertThat(ConfinedService.refusal(() -> service.client().run(service.client().pod("four"))))
        .contains(
            "linux.security_context.selinux_options.level",
            "every pair of the 3 SELinux categories belongs to a pod",
            "remove pods, raise selinux.categories");
    service.client().removePod(pods.remove(1));
    var unknown = service.client().pod("unknown");
    unknown
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getSelinuxOptionsBuilder()
        .setType("of_nobody_t");
    assertThat(ConfinedService.refusal(() -> service.client().run(unknown)))
        .as("takes no pair")
        .contains("selinux_options.type");
    pods.add(1, service.client().run(service.client().pod("four")));
    assertThat(labels(pods)).isEqualTo(labels);
    pods.forEach(service.client()::removePod);
  }

  /** What the kernel shows for a new container of each. */
  private List<String> labels(List<String> pods) throws Exception {
    List<String> labels = new ArrayList<>();
    for (String in : pods) {
      String id = service.start(in, service.shell("exec sleep 3600"));
      labels.add(ConfinedService.context(service.client().pid(id)));
    }
    return labels;
  }

  @Test
  void aContainersOwnLevelStaysAndItsCopyOfThePodsFiles() throws Exception {
    assertThat(service.shown(levelled, LABEL, "")).isEqualTo(PROCESS + OWN);
    assertThat(commanded(levelled, "cat /proc/self/attr/current")).contains(PROCESS + OWN);
    String read = "cat /etc/hostname /etc/hosts /etc/resolv.conf";
    assertThat(commanded(service.start(files, ofItsOwnLevel()), read)).contains("# mine");
    String other = service.start(files, service.shell("exec sleep 3600"));
    assertThat(commanded(other, read)).doesNotContain("# mine");
    Path home = Path.of("/run/stockade/pods").resolve(files);
    assertThat(Files.readString(Path.of("/proc/mounts"))).contains(home + "/files.");
    service.client().removePod(files);
    assertThat(home).doesNotExist();
    assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(files);
  }

  /** And where its administrator says that SELinux may be permissive, the node tells so. */
  @Test
  void whatThePolicyForbidsToTraceIsRefusedWhereThatIsDemanded() throws Exception {
    HostCommand.output("setsebool", ConfinedService.TRACING, "off");
    try {
      String demanding = service.client().create(pod, service.shell("true"));
      assertThat(ConfinedService.refusal(() -> service.client().start(demanding)))
          .contains(
              "cannot be verified before its first instruction",
              "the SELinux policy forbids " + ConfinedService.DOMAIN + " to trace " + PROCESS,
              "verify.require = \"when-possible\"");
      HostCommand.output("setenforce", "0");
      requirePermissiveReported();
    } finally {
      HostCommand.output("setenforce", "1");
      HostCommand.output("setsebool", ConfinedService.TRACING, "on");
    }
    String traced = service.start(pod, service.shell("exec sleep 3600"));
    assertThat(service.receipt(traced).path("verification").asText()).isEqualTo("before-exec");
  }

  /** Categories keep this type from files, so that it has its pod's. */
  @Test
  void privilegedContainersHaveTheConfiguredTypeOrAreRefused() throws Exception {
    var asked = service.client().pod("all");
    asked.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    asked.getLinuxBuilder().getSecurityContextBuilder().getSelinuxOptionsBuilder().setLevel(LEVEL);
    String all = service.client().run(asked);
    String own = "system_u:system_r:container_kvm_t:" + LEVEL;
    String id = service.start(all, privileged(""));
    assertThat(service.shown(id, LABEL, "")).isEqualTo(own);
    assertThat(commanded(id, "cat /proc/self/attr/current")).isEqualTo(own + "\0");
    String plain = service.start(all, service.shell("exec sleep 3600"));
    assertThat(service.shown(plain, LABEL, "")).isEqualTo("system_u:system_r:container_t:" + LEVEL);
    service.restart("[privileged]", "selinux_type = \"of_nobody_t\"");
    try {
      assertThat(ConfinedService.refusal(() -> service.client().create(all, privileged(""))))
          .contains(
              "linux.security_context.selinux_options.type: is unset, which asks for"
                  + " privileged.selinux_type = \"of_nobody_t\"",
              "has no such type",
              "set that key to a type that the policy allows");
      assertThat(service.shown(id, LABEL, "")).as("from before").isEqualTo(own);
      for (String type : List.of("spc_t:s0", "container_t:" + LEVEL)) {
        String named = service.start(all, privileged(type.substring(0, type.indexOf(':'))));
        assertThat(service.shown(named, LABEL, "")).isEqualTo("system_u:system_r:" + type);
      }
    } finally {
      restart();
    }
    service.client().removePod(all);
  }

  private ContainerConfig.Builder privileged(String type) {
    ContainerConfig.Builder container = service.shell("exec sleep 3600");
    GuestDaemon.security(container).setPrivileged(true);
    ConfinedService.options(container).setType(type);
    return container;
  }

  private void requirePermissiveReported() throws Exception {
    String missing = "lsm.selinux-mode (asked for enforcing, the kernel shows permissive)";
    String id = service.start(pod, service.shell("exec sleep 3600"));
    assertThat(service.client().status(id).getMessage()).contains(missing);
    assertThat(service.conditions()).contains(id, missing);
    service.client().stop(id, 0);
  }
}
