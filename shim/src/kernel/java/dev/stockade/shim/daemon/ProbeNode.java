package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.UserNamespace;
import dev.stockade.shim.image.TarBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A daemon of its own whose containers run the probe of native/test. */
final class ProbeNode {
  /** A user and a group of files in the image, and of nobody who runs. */
  static final long OTHER = 4242;

  /** Where containers of user namespaces have their ids on the host. */
  static final int MAPPED = 300_000;

  private static final String IMAGE = "probe";
  private static final String FILE_CAPABILITY = "SCHILY.xattr.security.capability";

  /** VFS_CAP_REVISION_2, effective; CAP_NET_RAW permitted, nothing inheritable. */
  private static final byte[] NET_RAW = {
    1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  /** What no two processes have in common. */
  private static final Set<String> OF_ONE_PROCESS = Set.of("pid", "keyring_id");

  final HostileNode node;

  private ProbeNode(HostileNode node) {
    this.node = node;
  }

  /**
   * Serves when this returns.
   *
   * @param more lines of the configuration
   */
  static ProbeNode start(Path directory, String... more) throws Exception {
    byte[] probe = Files.readAllBytes(Machine.probe());
    TarBuilder layer =
        new TarBuilder()
            .mode(01777)
            .directory("tmp")
            .mode(0755)
            .file("probe", probe)
            .pax(FILE_CAPABILITY, NET_RAW)
            .file("with-capability", probe)
            .owner(OTHER, OTHER)
            .mode(04755)
            .file("as-other", probe)
            .mode(0644)
            .file("of-other", "of nobody who runs\n");
    return new ProbeNode(
        HostileNode.start(directory, new HostileImage().layer(IMAGE, layer), more));
  }

  /** A pod with the host's network. */
  String pod(String name) {
    return pod(name, HostileNode.host(NamespaceMode.CONTAINER));
  }

  String pod(String name, NamespaceOption.Builder namespaces) {
    return node.client.run(node.client.pod(name, namespaces));
  }

  String privilegedPod(String name) {
    return privilegedPod(name, HostileNode.host(NamespaceMode.CONTAINER));
  }

  String privilegedPod(String name, NamespaceOption.Builder namespaces) {
    PodSandboxConfig.Builder pod = node.client.pod(name, namespaces);
    pod.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
    return node.client.run(pod);
  }

  /** With the host's network and a user namespace of its own. */
  static NamespaceOption.Builder userNamespace() {
    return userNamespace(MAPPED);
  }

  /** With its root as this user of the host. */
  static NamespaceOption.Builder userNamespace(int first) {
    IDMapping ids =
        IDMapping.newBuilder().setContainerId(0).setHostId(first).setLength(65_536).build();
    return HostileNode.host(NamespaceMode.CONTAINER)
        .setUsernsOptions(
            UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(ids).addGids(ids));
  }

  /** A container that tells these parts and ends. */
  ContainerConfig.Builder container(String... parts) {
    return node.hostile(IMAGE, command("/probe", parts));
  }

  static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder container) {
    return container.getLinuxBuilder().getSecurityContextBuilder();
  }

  static ContainerConfig.Builder as(long user, ContainerConfig.Builder container) {
    security(container)
        .setRunAsUser(Int64Value.newBuilder().setValue(user))
        .setRunAsGroup(Int64Value.newBuilder().setValue(user));
    return container;
  }

  /** Runs it to its end and removes it. */
  Probed run(String pod, ContainerConfig.Builder container) throws Exception {
    HostileNode.Outcome outcome = node.run(pod, container);
    assertThat(outcome.status().getExitCode()).as(outcome.output()).isZero();
    return Probed.parse(outcome.output());
  }

  /** What its program tells, which a command in the same container has to tell as well. */
  Probed runWithCommand(String pod, ContainerConfig.Builder container) throws Exception {
    List<String> command = new ArrayList<>(container.getCommandList());
    container.clearCommand().addCommand(command.get(0)).addCommand("stay");
    container.addAllCommand(command.subList(1, command.size()));
    String id = node.start(pod, container);
    Probed program = ofStaying(id);
    ExecSyncResponse said = node.client.exec(id, 60, command.toArray(String[]::new));
    node.client.stop(id, 0);
    node.client.remove(id);
    assertThat(said.getExitCode()).as(said.getStderr().toStringUtf8()).isZero();
    assertThat(Probed.parse(said.getStdout().toStringUtf8()).without(OF_ONE_PROCESS).values())
        .as("a command is under the same constraints")
        .isEqualTo(program.without(OF_ONE_PROCESS).values());
    return program;
  }

  /** What it has told in a container that stays, once that is all. */
  Probed ofStaying(String container) throws Exception {
    Wait.until(
        "the probe to say all",
        () ->
            node.output(container).endsWith("\nend\n")
                || node.client.status(container).getState() == ContainerState.CONTAINER_EXITED);
    return Probed.parse(node.output(container));
  }

  /** What it tells outside any container, as this process is. */
  static Probed onHost(String... parts) throws Exception {
    Process probe =
        new ProcessBuilder(command(Machine.probe().toString(), parts))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(probe.waitFor()).isZero();
    return Probed.parse(output);
  }

  private static String[] command(String program, String... parts) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(parts));
    return command.toArray(String[]::new);
  }

  void end() throws Exception {
    node.end();
  }
}
