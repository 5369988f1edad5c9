package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.CDIDevice;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.UserNamespace;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Devices of this node that have a hook of every stage between them, in both places where a daemon
 * looks for devices by default. A hook writes down its stage, its uid and its label.
 */
final class DeviceHooks implements AutoCloseable {
  static final int FIRST_ID = 100_000;

  /** Its words: the stage, then what to do besides. */
  private static final String HOOK =
      """
      #!/bin/sh -eu
      stage=$1
      shift
      cat >/dev/null
      echo "$stage $(id -u) $(tr -d '\\0' </proc/self/attr/current)" >>@/shared/events
      eval "$*"
      """;

  private static final String WITHIN =
      "echo startContainer $(id -u) $(cat /proc/self/attr/current) >>/shared/events";

  /** As the hooks of graphics cards do: a file, and the linker's cache made anew. */
  private static final String FILL = "echo made >rootfs/etc/made; ldconfig -r $PWD/rootfs";

  private static final String DEVICE =
      "{'cdiVersion':'0.7.0','kind':'stockade.test/%s',"
          + "'devices':[{'name':'0','containerEdits':{'hooks':[%s]}}]}";

  private final Path directory = Files.createTempDirectory(Path.of("/var/lib"), "hooks-test");
  private final Path shared = directory.resolve("shared");
  private final List<Path> devices;

  /** Of the node until they are closed. */
  DeviceHooks() throws Exception {
    Files.createDirectory(shared);
    Path hook = Files.writeString(directory.resolve("hook"), of(HOOK));
    for (Path path : List.of(directory, hook)) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    for (Path path : List.of(shared, Files.writeString(shared.resolve("events"), ""))) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
    }
    if (Files.exists(Path.of("/sys/fs/selinux/enforce"))) {
      HostCommand.output("chcon", "-t", "bin_t", hook.toString());
      HostCommand.output("chcon", "-R", "-t", "container_file_t", shared.toString());
    }
    String within = "{'hookName':'startContainer','path':'/bin/sh','args':['sh','-c','%s']}";
    devices =
        List.of(
            device(
                "/etc/cdi",
                "host",
                hook("prestart", "true"),
                hook("createRuntime", "true"),
                hook("createContainer", FILL),
                hook("poststart", "true"),
                hook("poststop", "true")),
            device("/var/run/cdi", "container", within.formatted(WITHIN)));
  }

  private static String hook(String stage, String last) {
    return "{'hookName':'%s','path':'@/hook','args':['hook','%s','%s'],'env':['PATH=/usr/sbin:/usr/bin']}"
        .formatted(stage, stage, last);
  }

  private Path device(String place, String kind, String... hooks) throws IOException {
    Path file = Files.createDirectories(Path.of(place)).resolve("hooks-test-" + kind + ".json");
    String text = DEVICE.formatted(kind, String.join(",", hooks)).replace('\'', '"');
    return Files.writeString(file, of(text));
  }

  private String of(String text) {
    return text.replace("@", directory.toString());
  }

  /** A pod on the host's network, with or without a user namespace. */
  static NamespaceOption.Builder namespaces(boolean ownUsers) {
    NamespaceOption.Builder namespaces =
        NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(NamespaceMode.CONTAINER);
    IDMapping.Builder ids = IDMapping.newBuilder().setHostId(FIRST_ID).setLength(65_536);
    return ownUsers
        ? namespaces.setUsernsOptions(
            UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(ids).addGids(ids))
        : namespaces;
  }

  /**
   * Starts and removes a container with these devices, and requires that each hook has run in its
   * turn as who it should be.
   *
   * @param ownUsers whether the pod has a user namespace
   * @param daemon the label of the daemon, which hooks of the host have
   */
  void requireEveryStage(CriClient client, boolean ownUsers, String daemon) throws Exception {
    Files.writeString(shared.resolve("events"), "");
    NamespaceOption.Builder namespaces = namespaces(ownUsers);
    ContainerConfig.Builder container =
        client
            .container("hooked", "sleep", "3600")
            .addCDIDevices(CDIDevice.newBuilder().setName("stockade.test/host=0"))
            .addCDIDevices(CDIDevice.newBuilder().setName("stockade.test/container=0"))
            .addMounts(
                Mount.newBuilder().setHostPath(shared.toString()).setContainerPath("/shared"));
    GuestDaemon.security(container).setNamespaceOptions(namespaces);
    String pod = client.run(client.pod("hooked" + ownUsers, namespaces));
    String id = client.create(pod, container);
    client.start(id);
    String look =
        "cat /proc/self/attr/current; echo; cat /etc/made; stat -c %u /etc/made /etc/ld.so.cache";
    List<String> seen =
        client.exec(id, 60, "sh", "-c", look).getStdout().toStringUtf8().lines().toList();
    assertThat(seen.subList(1, seen.size())).containsSubsequence("made", "0", "0");
    client.removePod(pod);
    int owner = ownUsers ? FIRST_ID : 0;
    assertThat(Files.readAllLines(shared.resolve("events")))
        .containsExactly(
            "prestart 0 " + daemon,
            "createRuntime 0 " + daemon,
            "createContainer " + owner + " " + daemon,
            "startContainer 0 " + seen.get(0).replace("\0", ""),
            "poststart 0 " + daemon,
            "poststop 0 " + daemon);
  }

  @Override
  public void close() throws IOException {
    for (Path device : devices) {
      Files.delete(device);
    }
    for (String made : List.of("shared/events", "shared", "hook", "")) {
      Files.delete(directory.resolve(made));
    }
  }
}
