package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.CDIDevice;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Mount;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A node with one device, whose hooks write down what they find. */
final class HookScene {
  static final String DEVICE = "a.b/c=0";

  /** The container's own program: says that it runs, and what a hook may have made for it. */
  private static final String PROGRAM = "echo program >> /shared/events; cat /etc/made; sleep 1000";

  /** Its words: what to call the stage, then what to do besides. */
  private static final String HOOK =
      """
      #!/bin/sh
      stage=$1
      shift
      cat > @/state.$stage
      pid=$(sed -n 's/.*"pid" : \\([0-9]*\\).*/\\1/p' @/state.$stage)
      {
        echo "name $0, in $(pwd), $(env | grep -c '^CONTAINER=') $ONLY"
        for kind in mnt net uts ipc cgroup pid user; do
          at=$(readlink /proc/self/ns/$kind)
          test "$at" = "$(readlink /proc/%/ns/$kind)" && echo "$kind of the host"
          test "$at" = "$(readlink /proc/$pid/ns/$kind)" && echo "$kind of the container"
        done
        cat /proc/$pid/status rootfs/etc/of-container
        cat config.json
      } > @/seen.$stage 2>&1
      echo $stage >> @/shared/events
      eval "$*"
      """;

  final Path directory;
  final Config config;

  HookScene(Path directory) throws Exception {
    this.directory = directory;
    config = Machine.config(directory, "[cdi]", "spec_dirs = [\"%s/cdi\"]".formatted(directory));
    Files.createDirectory(directory.resolve("cdi"));
    Files.writeString(Files.createDirectory(directory.resolve("shared")).resolve("events"), "");
    program("hook", HOOK);
    Machine.importBusybox(directory, config);
  }

  Path program(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    String self = "/proc/" + ProcessHandle.current().pid();
    Files.writeString(file, text.replace("@", directory.toString()).replace("/proc/%", self));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  /** Of the script above, with one line of shell to be run in the end. */
  static String hook(String stage, String last) {
    return hook(stage, last, "'timeout':30");
  }

  static String hook(String stage, String last, String more) {
    return "{'hookName':'%s','path':'@/hook','args':['hook','%s','%s'],'env':['ONLY=this'],%s}"
        .formatted(stage, stage, last, more);
  }

  /** Of the image's shell, which finds by its own name that it is one. */
  static String within(String script, String more) {
    return "{'hookName':'startContainer','path':'/bin/busybox','args':['sh','-c','%s'],'env':['ONLY=this'],%s}"
        .formatted(script, more);
  }

  /** The device has these hooks from now on. */
  void device(String... hooks) throws IOException {
    String text =
        ("{'cdiVersion':'0.7.0','kind':'a.b/c','devices':"
                + "[{'name':'0','containerEdits':{'hooks':[%s]}}]}")
            .formatted(String.join(",", hooks))
            .replace('\'', '"')
            .replace("@", directory.toString());
    Path path = directory.resolve("cdi/v.json");
    Files.writeString(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
  }

  ContainerConfig.Builder container(CriClient client, String name) {
    ContainerConfig.Builder container = client.container(name, "sh", "-c", PROGRAM);
    container
        .addEnvsBuilder()
        .setKey("CONTAINER")
        .setValue(ByteString.copyFromUtf8("secret of it"));
    return container
        .addCDIDevices(CDIDevice.newBuilder().setName(DEVICE))
        .addMounts(
            Mount.newBuilder()
                .setHostPath(directory.resolve("shared").toString())
                .setContainerPath("/shared"));
  }

  /** Waits until the container's program has told that it runs. */
  void awaitProgram() throws Exception {
    Wait.until("the program", () -> events().contains("program"));
  }

  /** What has run, in its order. */
  List<String> events() throws IOException {
    return Files.readAllLines(directory.resolve("shared/events"));
  }

  JsonNode state(String stage) throws IOException {
    return new ObjectMapper().readTree(directory.resolve("state." + stage).toFile());
  }

  String seen(String stage) throws IOException {
    return Files.readString(directory.resolve("seen." + stage));
  }

  /** It has ended, and whoever was to notice has. */
  static void assertGone(String pid) throws Exception {
    Wait.until("the end of " + pid, () -> !Files.exists(Path.of("/proc", pid)));
  }

  /** Nothing is left of a start that failed but the record of it. */
  void assertNothingRuns(String container) throws IOException {
    assertThat(config.runDir().resolve("containers").resolve(container)).doesNotExist();
    assertNoCgroup(container);
    assertThat(config.root().resolve("containers").resolve(container).resolve("bundle/rootfs"))
        .doesNotExist();
  }

  /** Neither of the container nor of a hook. */
  void assertNoCgroup(String container) throws IOException {
    List<Path> cgroups = new ArrayList<>();
    try (Stream<Path> all = Files.walk(Machine.cgroup(config))) {
      all.filter(Files::isDirectory).forEach(cgroups::add);
    }
    assertThat(cgroups)
        .noneMatch(path -> path.toString().contains(container))
        .noneMatch(path -> path.resolveSibling("").endsWith("helpers"));
  }
}
