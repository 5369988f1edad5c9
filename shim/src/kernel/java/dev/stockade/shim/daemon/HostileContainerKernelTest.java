package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.UserNamespace;
import dev.stockade.shim.image.TarBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a running container can do to get more than it was given. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class HostileContainerKernelTest {
  private static final String FILE_CAPABILITY = "SCHILY.xattr.security.capability";

  /** VFS_CAP_REVISION_2, effective; nothing permitted, CAP_CHOWN and CAP_NET_RAW inheritable. */
  private static final byte[] INHERITABLE = {
    1, 0, 0, 2, 0, 0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  private static final String STATUS =
      "grep -E '^(CapInh|NoNewPrivs|Seccomp):' /proc/self/status | tr '\\n' ' '";

  private HostileNode node;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    node =
        HostileNode.start(
            directory,
            new HostileImage()
                .layer(
                    "capable",
                    new TarBuilder()
                        .mode(0755)
                        .directory("capable")
                        .pax(FILE_CAPABILITY, INHERITABLE)
                        .file(
                            "capable/busybox",
                            Files.readAllBytes(Path.of("/bin/busybox").toRealPath()))));
    pod = node.pod("plain");
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  private static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder container) {
    return container.getLinuxBuilder().getSecurityContextBuilder();
  }

  private static SecurityProfile runtimeDefault() {
    return SecurityProfile.newBuilder()
        .setProfileType(SecurityProfile.ProfileType.RuntimeDefault)
        .build();
  }

  private ContainerConfig.Builder as(long user, ContainerConfig.Builder container) {
    security(container).setRunAsUser(Int64Value.newBuilder().setValue(user));
    return container;
  }

  private String output(String container) throws Exception {
    return node.output(container);
  }

  // CVE-2023-25809
  private static final String WRITE_CGROUP =
      "cd /sys/fs/cgroup || exit 9; mkdir made 2>/dev/null && echo MADE && rmdir made;"
          + " (echo 0 > cgroup.procs) 2>/dev/null && echo MOVED;"
          + " mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo REMOUNTED; echo end";

  private String writeCgroup(PodSandboxConfig.Builder sandbox, ContainerConfig.Builder container)
      throws Exception {
    security(container)
        .setNamespaceOptions(sandbox.getLinux().getSecurityContext().getNamespaceOptions());
    String own = node.client.run(sandbox);
    try {
      return node.run(own, container).output();
    } finally {
      node.client.removePod(own);
    }
  }

  private ContainerConfig.Builder cgroupWriter() {
    return node.container("sh", "-c", WRITE_CGROUP);
  }

  private static NamespaceOption.Builder userNamespace() {
    IDMapping ids =
        IDMapping.newBuilder().setContainerId(0).setHostId(300_000).setLength(65_536).build();
    return HostileNode.host(NamespaceMode.CONTAINER)
        .setUsernsOptions(
            UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(ids).addGids(ids));
  }

  @Test
  void cgroupsAreReadOnlyInEveryMode() throws Exception {
    for (NamespaceMode pid :
        List.of(NamespaceMode.CONTAINER, NamespaceMode.POD, NamespaceMode.NODE)) {
      var options = HostileNode.host(pid);
      assertThat(writeCgroup(node.client.pod("cgroup", options), cgroupWriter()))
          .isEqualTo("end\n");
      assertThat(writeCgroup(node.client.pod("cgroup", options), as(1000, cgroupWriter())))
          .isEqualTo("end\n");
    }
    var hostIpc = HostileNode.host(NamespaceMode.CONTAINER).setIpc(NamespaceMode.NODE);
    assertThat(writeCgroup(node.client.pod("cgroup", hostIpc), cgroupWriter())).isEqualTo("end\n");
    assertThat(writeCgroup(node.client.pod("cgroup", userNamespace()), cgroupWriter()))
        .isEqualTo("end\n");
    ContainerConfig.Builder administrator = cgroupWriter();
    security(administrator).getCapabilitiesBuilder().addAddCapabilities("DAC_READ_SEARCH");
    assertThat(
            writeCgroup(
                node.client.pod("cgroup", HostileNode.host(NamespaceMode.CONTAINER)),
                administrator))
        .isEqualTo("end\n");
  }

  @Test
  void cgroupsOfAPrivilegedContainerAreNot() throws Exception {
    PodSandboxConfig.Builder sandbox =
        node.client.pod("privileged", HostileNode.host(NamespaceMode.CONTAINER));
    sandbox.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    String made = "/sys/fs/cgroup" + node.config.cgroup().parent() + "/of-a-test";
    ContainerConfig.Builder container =
        node.container("sh", "-c", "mkdir " + made + " && rmdir " + made + " && echo MADE");
    security(container).setPrivileged(true);
    assertThat(writeCgroup(sandbox, container)).isEqualTo("MADE\n");
  }

  /** CVE-2022-0492 and every kernel bug that begins with a user namespace of one's own. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1000})
  void theDefaultProfileRefusesUserNamespaces(long user) throws Exception {
    ContainerConfig.Builder container = as(user, node.container("/attacker", "namespaces"));
    security(container).setSeccomp(runtimeDefault());
    assertThat(node.run(pod, container).output())
        .isEqualTo("unshare EPERM\nclone EPERM\nclone3 ENOSYS\n");
    ContainerConfig.Builder unconfined = as(user, node.container("/attacker", "namespaces"));
    assertThat(node.run(pod, unconfined).output())
        .as("without a filter the kernel allows it")
        .contains("unshare done");
  }

  @Test
  void theDefaultProfileRefusesRareSockets() throws Exception {
    ContainerConfig.Builder container = node.container("/attacker", "sockets");
    security(container).setSeccomp(runtimeDefault());
    assertThat(node.run(pod, container).output())
        .isEqualTo("AF_UNIX done\nAF_ALG EPERM\nAF_VSOCK EPERM\n");
  }

  /** Kubernetes issue 73275; CVE-2022-29162, CVE-2022-27650, CVE-2022-27652, CVE-2022-24769. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1000})
  void aCommandHasTheConstraintsOfItsContainer(long user) throws Exception {
    String expected = "CapInh:\t0000000000000000 NoNewPrivs:\t1 Seccomp:\t2 ";
    ContainerConfig.Builder container =
        as(user, node.container("sh", "-c", STATUS + "; echo; sleep 600"));
    security(container).setSeccomp(runtimeDefault()).setNoNewPrivs(true);
    String id = node.start(pod, container);
    ExecSyncResponse said = node.client.exec(id, 10, "sh", "-c", STATUS);
    assertThat(said.getStdout().toStringUtf8()).isEqualTo(expected);
    node.client.stop(id, 0);
    assertThat(output(id)).isEqualTo(expected + "\n");
    node.client.remove(id);
  }

  /** The attack of CVE-2022-24769: a file that raises what is inheritable. */
  @Test
  void aFileRaisesNothingInheritable() throws Exception {
    for (long user : List.of(0L, 1000L)) {
      String id =
          node.start(
              pod,
              as(
                  user,
                  node.hostile(
                      "capable",
                      "sh",
                      "-c",
                      "/capable/busybox grep CapPrm: /proc/self/status; sleep 600")));
      String mine =
          node.client
              .exec(id, 10, "/capable/busybox", "grep", "-E", "^Cap(Inh|Prm):", "/proc/self/status")
              .getStdout()
              .toStringUtf8();
      if (user == 0) {
        assertThat(mine)
            .contains("CapInh:\t0000000000000000")
            .doesNotContain("CapPrm:\t0000000000000000");
      } else {
        assertThat(mine).isEqualTo("CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n");
      }
      node.client.stop(id, 0);
      node.client.remove(id);
    }
  }

  /** CVE-2023-25173, CVE-2022-2995: leaving the primary group does not escape its rules. */
  @Test
  void thePrimaryGroupIsKept() throws Exception {
    Path volume = Files.createDirectory(node.directory.resolve("groups"));
    Files.setPosixFilePermissions(volume, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path denied = Files.writeString(volume.resolve("denied"), "for all but group 3000\n");
    Files.setAttribute(denied, "unix:gid", 3000);
    Files.setPosixFilePermissions(denied, PosixFilePermissions.fromString("rw----r--"));
    Path leave = volume.resolve("leave");
    Files.copy(Machine.attacker(), leave);
    Files.setAttribute(leave, "unix:gid", 4000);
    Files.setAttribute(leave, "unix:mode", 02755);
    Mount mount = Mount.newBuilder().setContainerPath("/v").setHostPath(volume.toString()).build();
    for (long group : List.of(3000L, 3001L)) {
      ContainerConfig.Builder container =
          as(1000, node.container("/v/leave", "read", "/v/denied")).addMounts(mount);
      security(container)
          .setRunAsGroup(Int64Value.newBuilder().setValue(group))
          .addSupplementalGroups(5000);
      assertThat(node.run(pod, container).output())
          .isEqualTo("group 4000\nread " + (group == 3000 ? "EACCES" : "done") + "\n");
    }
  }
}
