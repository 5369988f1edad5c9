package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.shim.daemon.HostCommand;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which files of the node get the label of a container, by a daemon that is confined itself. */
@Order(ConfinedService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxVolumeTest {
  private static final String PROCESS = "system_u:system_r:container_t:s0:";
  private static final String FILE = "system_u:object_r:container_file_t:s0:";
  private static final String FOREIGN = "system_u:object_r:var_t:s0";
  private static final String READ = "cat /data/below/secret && echo; true";

  private ConfinedService service;
  private Path volume;
  private Path secret;
  private Path link;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
    volume = Files.createTempDirectory(Path.of("/srv"), "selinux-test");
    secret = Files.createDirectory(volume.resolve("below")).resolve("secret");
    Files.writeString(secret, "confidential");
    link = Files.createSymbolicLink(volume.resolve("link"), Path.of("/etc/hostname"));
    HostCommand.output("chown", "-Rh", "1000:1000", volume.toString());
    HostCommand.output("chmod", "-R", "a+rwX", volume.toString());
  }

  @BeforeEach
  void asTheNodeHasIt() throws Exception {
    HostCommand.output("chcon", "-Rh", FOREIGN, volume.toString());
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
      HostCommand.output("rm", "-r", volume.toString());
    }
  }

  private ContainerConfig.Builder mounting(String text, Path source, boolean relabel) {
    return service
        .shell(text)
        .addMounts(
            Mount.newBuilder()
                .setContainerPath("/data")
                .setHostPath(source.toString())
                .setSelinuxRelabel(relabel)
                .build());
  }

  private String pod(String name) {
    return service.client().run(service.client().pod(name));
  }

  private String refusal(String pod, ContainerConfig.Builder container) {
    StatusRuntimeException refused =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> service.client().create(pod, container));
    assertThat(refused).isNotNull();
    return String.valueOf(refused.getMessage());
  }

  private static String label(Path path) throws Exception {
    try (Fd held = HostPath.hold(path)) {
      return held.label().orElse("");
    }
  }

  private static String labelOfLink(Path path) throws Exception {
    return HostCommand.output("stat", "--format=%C", path.toString()).strip();
  }

  @Test
  void aVolumeIsTheContainersOnceItAsksAndNobodyElses() throws Exception {
    String first = pod("first");
    AuditLog audit = AuditLog.fromNow();
    assertThat(service.run(first, mounting(READ, volume, false)))
        .contains("Permission denied")
        .doesNotContain("confidential");
    audit.await("avc:  denied", "comm=\"cat\"", "scontext=" + PROCESS, "tcontext=" + FOREIGN);
    String holder =
        service.start(
            first, mounting(READ + "; echo more >/data/new; exec sleep 3600", volume, true));
    String categories = service.shown(holder, "lsm.selinux", "").substring(PROCESS.length());
    service.client().exec(holder, 60, "test", "-s", "/data/new");
    assertThat(service.output(holder)).isEqualTo("confidential");
    for (Path path : List.of(volume, volume.resolve("below"), secret, volume.resolve("new"))) {
      assertThat(label(path)).as(path.toString()).isEqualTo(FILE + categories);
    }
    assertThat(labelOfLink(link)).isEqualTo(FILE + categories);
    assertThat(label(Path.of("/etc/hostname")))
        .as("what the link names")
        .doesNotContain("container_file_t");

    String second = pod("second");
    // The file itself, because the policy is silent about directories that may not be searched.
    assertThat(service.run(second, mounting("cat /data && echo; true", secret, false)))
        .contains("Permission denied")
        .doesNotContain("confidential");
    audit.await(
        "avc:  denied", "comm=\"cat\"", "scontext=" + PROCESS, "tcontext=" + FILE + categories);
    assertThat(service.run(second, mounting(READ, volume, true))).isEqualTo("confidential");
    assertThat(service.client().exec(holder, 60, "cat", "/data/below/secret").getExitCode())
        .as("a volume has one pod's label, the last that asked")
        .isNotZero();
  }

  @Test
  void aSingleFileIsLabelledAlone() throws Exception {
    String pod = pod("single");
    String text = "cat /data && echo; true";
    assertThat(service.run(pod, mounting(text, secret, true))).isEqualTo("confidential");
    assertThat(label(secret)).startsWith(FILE);
    assertThat(label(volume.resolve("below"))).isEqualTo(FOREIGN);
  }

  @Test
  void whatTheNodeNeedsKeepsItsLabel() throws Exception {
    String pod = pod("dangerous");
    String etc = label(Path.of("/etc"));
    String hosts = label(Path.of("/etc/hosts"));
    Path away = Files.createSymbolicLink(volume.resolve("away"), Path.of("/etc"));
    for (Path source : List.of(Path.of("/etc"), Path.of("/etc/hosts"), away)) {
      assertThat(refusal(pod, mounting("true", source, true)))
          .contains(
              "mounts[0].selinux_relabel: asks to relabel /etc",
              "/etc of this node",
              "mount a directory that is the containers' alone");
    }
    assertThat(refusal(pod, mounting("true", Path.of("/var/lib"), true)))
        .contains("mounts[0].selinux_relabel: asks to relabel /var/lib");
    Files.delete(away);
    assertThat(label(Path.of("/etc"))).isEqualTo(etc);
    assertThat(label(Path.of("/etc/hosts"))).isEqualTo(hosts);
  }

  /** The policy is the second line: a type that is no volume's keeps its files. */
  @Test
  void aTypeThatIsNoVolumesIsKeptByThePolicy() throws Exception {
    HostCommand.output("chcon", "system_u:object_r:etc_t:s0", secret.toString());
    assertThat(refusal(pod("kept"), mounting(READ, volume, true)))
        .contains("mounts[0].selinux_relabel: cannot relabel: ", secret + ": EACCES", "chcon");
    assertThat(label(secret)).isEqualTo("system_u:object_r:etc_t:s0");
  }

  @Test
  void whatNoLabelKeepsOutRelabelsNothing() throws Exception {
    var all = service.client().pod("free");
    all.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    String pod = service.client().run(all);
    ContainerConfig.Builder free = mounting(READ, volume, true);
    GuestDaemon.security(free).setPrivileged(true);
    assertThat(service.run(pod, free)).isEqualTo("confidential");
    assertThat(label(secret)).isEqualTo(FOREIGN);
    ContainerConfig.Builder etc =
        mounting("cat /data/hosts >/dev/null && echo read", Path.of("/etc"), true);
    GuestDaemon.security(etc).setPrivileged(true);
    assertThat(service.run(pod, etc)).isEqualTo("read");
    assertThat(label(Path.of("/etc/hosts"))).doesNotContain("container_file_t");
  }

  /** Not its pod's; another container of the pod could not read it then. */
  @Test
  void aVolumeGetsTheLevelThatItsContainerHasOfItsOwn() throws Exception {
    ContainerConfig.Builder asking = mounting(READ, volume, true);
    ConfinedService.options(asking).setLevel("s0:c1022,c1023");
    assertThat(service.run(pod("level"), asking)).isEqualTo("confidential");
    assertThat(label(secret)).isEqualTo(FILE + "c1022,c1023");
  }

  @Test
  void filesOfThePodHaveItsLabel() throws Exception {
    String pod = pod("files");
    String id =
        service.start(
            pod,
            service.shell(
                "echo '# more' >>/etc/hosts && cat /etc/hostname /etc/resolv.conf >/dev/null"
                    + " && echo shared >/dev/shm/file && echo done; exec sleep 3600"));
    String file = FILE + service.shown(id, "lsm.selinux", "").substring(PROCESS.length());
    Path own = Path.of("/run/stockade/pods").resolve(pod);
    for (String name :
        List.of("files", "files/hosts", "files/hostname", "files/resolv.conf", "shm")) {
      assertThat(label(own.resolve(name))).as(name).isEqualTo(file);
    }
    service.client().exec(id, 60, "sh", "-c", "until test -e /dev/shm/file; do sleep 0.1; done");
    assertThat(label(own.resolve("shm/file"))).isEqualTo(file);
  }

  /** Nor does a pod without its own namespaces lose what it gets without asking. */
  @Test
  void namespacesOfTheHostKeepExplicitLabels() throws Exception {
    for (String level : List.of("s0:c5,c6", "")) {
      var host =
          service
              .client()
              .pod(
                  "host" + level.length(),
                  NamespaceOption.newBuilder()
                      .setNetwork(NamespaceMode.NODE)
                      .setPid(NamespaceMode.NODE)
                      .setIpc(NamespaceMode.NODE));
      if (!level.isEmpty()) {
        host.getLinuxBuilder()
            .getSecurityContextBuilder()
            .getSelinuxOptionsBuilder()
            .setType("container_t")
            .setLevel(level);
      }
      ContainerConfig.Builder container = service.shell("exec sleep 3600");
      container
          .getLinuxBuilder()
          .getSecurityContextBuilder()
          .setNamespaceOptions(host.getLinux().getSecurityContext().getNamespaceOptions());
      String id = service.start(service.client().run(host), container);
      String context = ConfinedService.context(service.client().pid(id));
      assertThat(context).startsWith(PROCESS).endsWith(level);
      assertThat(service.shown(id, "lsm.selinux", "")).isEqualTo(context);
      assertThat(service.shown(id, "lsm.selinux-files", "/"))
          .isEqualTo(FILE + context.substring(PROCESS.length()));
    }
  }
}
