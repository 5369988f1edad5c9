package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cri.v1.CDIDevice;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.shim.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Devices of the Container Device Interface: what their files say is so in the container. */
@Timeout(120)
final class CdiKernelTest {
  /** The kernel's log: a device whose writing needs no privilege. */
  private static final String LOG_NODE =
      "'deviceNodes':[{'path':'/dev/of-cdi','hostPath':'@/kmsg','permissions':'%s'}]";

  private static final String OPEN =
      "if : > /dev/of-cdi; then echo opened; fi; stat -c '%a %u %g' /dev/of-cdi";

  private Path directory;
  private Config config;
  private Daemon daemon;
  private CriClient client;
  private String pod;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    config =
        Machine.config(
            directory,
            "[cdi]",
            "spec_dirs = [\"%1$s/etc\", \"%1$s/run-cdi\"]".formatted(directory));
    for (String name : new String[] {"etc", "run-cdi", "data"}) {
      Files.createDirectory(directory.resolve(name));
    }
    Files.writeString(directory.resolve("data/file"), "of the host\n");
    Process mknod =
        new ProcessBuilder("mknod", "-m", "640", directory + "/kmsg", "c", "1", "11").start();
    assertThat(mknod.waitFor()).isZero();
    Machine.importBusybox(directory, config);
    open();
    pod = client.run(client.pod("pod"));
  }

  private void open() throws Exception {
    daemon = Daemon.start(config, Machine.warden(), "test");
    client = new CriClient(config.socket(), directory.resolve("logs"));
  }

  @AfterEach
  void end() throws IOException {
    if (client != null) {
      client.removeEverything();
      client.close();
      daemon.close();
      assertThat(Machine.leftovers(config)).isEmpty();
    }
  }

  /** A file of the kind {@code a.b/c} with one device. */
  private Path spec(String file, String device, String common, String edits) throws IOException {
    String text =
        ("{'cdiVersion':'0.7.0','kind':'a.b/c','containerEdits':{%s},"
                + "'devices':[{'name':'%s','containerEdits':{%s}}]}")
            .formatted(common, device, edits)
            .replace('\'', '"')
            .replace("@", directory.toString());
    Path path = directory.resolve(file);
    Files.writeString(path, text);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    return path;
  }

  private ContainerConfig.Builder container(String name, String script, String... devices) {
    ContainerConfig.Builder container = client.container(name, "sh", "-c", script);
    for (String device : devices) {
      container.addCDIDevices(CDIDevice.newBuilder().setName(device));
    }
    return container;
  }

  private String run(ContainerConfig.Builder container) throws Exception {
    String id = client.create(pod, container);
    client.start(id);
    client.awaitEnd(id);
    return id;
  }

  private String log(String name) throws IOException {
    return log("pod", name);
  }

  private String log(String of, String name) throws IOException {
    return Files.readString(directory.resolve("logs").resolve(of).resolve(name + ".log"));
  }

  @Test
  void itsDevicesVariablesMountsAndGroupsAreInTheContainerAndTheReceipt() throws Exception {
    spec(
        "etc/v.json",
        "0",
        "'env':['FROM=cdi','LATER=no']",
        LOG_NODE.formatted("w")
            + ",'env':['LATER=yes'],'additionalGids':[4321],'mounts':[{'hostPath':'@/data',"
            + "'containerPath':'/data','options':['ro','nosuid','nodev','noexec','rbind']}]");
    String script =
        "echo $FROM $LATER; id -G; cat /data/file; echo > /data/new; grep ' /data ' "
            + "/proc/self/mountinfo; ";
    String id = run(container("all", script + OPEN, "a.b/c=0"));
    assertThat(log("all"))
        .contains("cdi yes", "4321", "of the host", "Read-only file system", "opened", "640 0 0")
        .contains("ro,nosuid,nodev,noexec");
    assertThat(client.status(id).getUser().getLinux().getSupplementalGroupsList()).contains(4321L);
    String receipt = client.verbose(id).getInfoOrThrow("receipt");
    assertThat(receipt)
        .contains("allow c 1:11 w", "4321", directory + "/data", "nodev,noexec,nosuid,ro");
    assertThat(client.verbose(id).getInfoMap().toString()).contains("FROM=cdi", "/dev/of-cdi");
  }

  @Test
  void aDeviceIsNotOpenedOtherwiseThanItsFileAllows() throws Exception {
    spec("etc/v.json", "0", "", LOG_NODE.formatted("r"));
    String id = run(container("read", OPEN, "a.b/c=0"));
    assertThat(log("read")).contains("Operation not permitted").doesNotContain("opened");
    assertThat(client.verbose(id).getInfoOrThrow("receipt")).contains("allow c 1:11 r");
    run(container("without", "mknod /dev/of-cdi c 1 11; " + OPEN));
    assertThat(log("without")).contains("Operation not permitted").doesNotContain("opened");
  }

  /** The same one by field and annotation is one; other annotations are data. */
  @Test
  void annotationsNameDevicesToo() throws Exception {
    spec("etc/v.json", "0", "", "'env':['ZERO=0']");
    spec("run-cdi/w.json", "1", "", "'env':['ONE=1']");
    spec("run-cdi/x.json", "2", "", "'env':['TWO=2']");
    ContainerConfig.Builder container = container("by-annotation", "env", "a.b/c=0");
    container.putAnnotations("cdi.k8s.io/vendor", "a.b/c=1, a.b/c=0");
    container.putAnnotations("other.io/cdi.k8s.io", "a.b/c=2");
    run(container);
    assertThat(log("by-annotation")).contains("ZERO=0", "ONE=1").doesNotContain("TWO");
  }

  /** The file counts when the container is made; later it may change or go. */
  @Test
  void aNewDaemonStartsWhatWasMadeWithTheFileOfThen() throws Exception {
    Path spec = spec("etc/v.json", "0", "", "'env':['KEPT=yes']," + LOG_NODE.formatted("w"));
    String id = client.create(pod, container("kept", "echo $KEPT; " + OPEN, "a.b/c=0"));
    client.close();
    daemon.close();
    Files.delete(spec);
    open();
    client.start(id);
    client.awaitEnd(id);
    assertThat(log("kept")).contains("yes", "opened");
    refused("a.b/c=0", "CDI_devices[0].name: the device a.b/c=0 is in no specification");
  }

  private void refused(String device, String... reasons) {
    ContainerConfig.Builder container = container("refused", "true", device);
    for (String reason : reasons) {
      assertThatThrownBy(() -> client.create(pod, container)).hasMessageContaining(reason);
    }
  }

  /** Where two directories have a device the later one counts, even if its file is of no use. */
  @Test
  void theLaterDirectoryCounts() throws Exception {
    spec("etc/v.json", "0", "", "'env':['FROM=etc']");
    spec("run-cdi/v.json", "0", "", "'env':['FROM=run']");
    run(container("priority", "env", "a.b/c=0"));
    assertThat(log("priority")).contains("FROM=run").doesNotContain("FROM=etc");
    Path again = spec("run-cdi/again.json", "0", "", "");
    refused("a.b/c=0", "is in several files: " + again, "remove all but one");
    Files.delete(again);
    spec("run-cdi/v.json", "0", "", "'unknown':1");
    refused("a.b/c=0", "cannot be had: " + directory + "/run-cdi/v.json", "unknown key 'unknown'");
    spec("run-cdi/v.json", "1", "", "'unknown':1");
    run(container("others", "env", "a.b/c=0"));
    assertThat(log("others")).contains("FROM=etc");
    refused("a.b/c=2", "is in no specification", "not used: " + directory + "/run-cdi/v.json");
  }

  @Test
  void filesThatOthersThanRootCanWriteAreNotRead() throws Exception {
    Path spec = spec("etc/v.json", "0", "", "");
    Files.setPosixFilePermissions(spec, PosixFilePermissions.fromString("rw-rw-r--"));
    refused("a.b/c=0", spec + ": can be written by others than root");
    Files.setPosixFilePermissions(spec, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setAttribute(spec, "unix:uid", 1000);
    refused("a.b/c=0", spec + ": belongs to uid 1000");
    Files.delete(spec);
    Files.createSymbolicLink(spec, spec("outside.json", "0", "", ""));
    refused("a.b/c=0", spec.toString());
    Files.delete(spec);
    assertThat(new ProcessBuilder("mkfifo", spec.toString()).start().waitFor()).isZero();
    refused("a.b/c=0", spec + ": ");
    Files.delete(spec);
    spec("etc/v.json", "0", "", "");
    Files.setPosixFilePermissions(
        directory.resolve("etc"), PosixFilePermissions.fromString("rwxrwxrwx"));
    refused("a.b/c=0", directory + "/etc: can be written by others than root");
  }

  @Test
  void whatAFileAsksForIsCheckedLikeARequest() throws Exception {
    String mount = "'mounts':[{'hostPath':'%s','containerPath':'%s'}]";
    String[][] rows = {
      {mount.formatted("@/data", "/proc/self"), "would cover the container's procfs"},
      {mount.formatted("@/data", "/sys/fs/bpf"), "mounts.beneath_sys"},
      {mount.formatted("@/data", "/"), "is the root of the container"},
      {mount.formatted("@/run", "/m"), "mounts[0]).host_path"},
      {mount.formatted("@/none", "/m"), "mounts[0]).host_path: cannot be reached"},
      {"'deviceNodes':[{'path':'/dev/none-such'}]", "/dev/none-such is missing"},
      {"'deviceNodes':[{'path':'/dev/x','hostPath':'@/data'}]", "is no device"},
      {
        "'deviceNodes':[{'path':'/dev/null','type':'b','major':8,'minor':0}]",
        "/dev/null is c 1:3 on the host, not b 8:0"
      },
      {
        "'hooks':[{'hookName':'poststop','path':'/no/such'}]", "hooks[0]).path: /no/such is missing"
      },
    };
    for (String[] row : rows) {
      spec("etc/v.json", "0", "", row[0]);
      refused("a.b/c=0", "CDI_devices[0].name (" + directory + "/etc/v.json (device 0)", row[1]);
    }
  }

  /** The node is the host's own: whom it belongs to is what the map of ids says. */
  @Test
  void inAUserNamespaceADeviceIsItsOwnersThere() throws Exception {
    Path node = directory.resolve("kmsg");
    String edit = "'deviceNodes':[{'path':'@/kmsg','permissions':'%s'}]";
    String open = "stat -c '%%a %%u %%g' %1$s; if : > %1$s; then echo opened; fi".formatted(node);
    String mapped = client.run(client.pod("mapped", ProbeNode.userNamespace()));
    spec("etc/v.json", "0", "", edit.formatted("w"));
    runAs(mapped, "host", open, 0);
    assertThat(log("mapped", "host")).contains("640 65534 65534", "Permission denied");
    Files.setAttribute(node, "unix:uid", ProbeNode.MAPPED + 1000);
    Files.setAttribute(node, "unix:gid", ProbeNode.MAPPED + 50);
    String id = runAs(mapped, "owner", open, 1000);
    assertThat(log("mapped", "owner")).contains("640 1000 50", "opened");
    assertThat(client.verbose(id).getInfoOrThrow("receipt")).contains("allow c 1:11 w");
    runAs(mapped, "other", open, 1001);
    assertThat(log("mapped", "other"))
        .contains("640 1000 50", "Permission denied")
        .doesNotContain("opened");
    spec("etc/v.json", "0", "", edit.formatted("r"));
    runAs(mapped, "read", open, 1000);
    assertThat(log("mapped", "read")).contains("Operation not permitted").doesNotContain("opened");
    spec("etc/v.json", "0", "", LOG_NODE.formatted("w"));
    ContainerConfig.Builder elsewhere = container("elsewhere", "true", "a.b/c=0");
    assertThatThrownBy(() -> client.create(mapped, mapped(elsewhere, 0)))
        .hasMessageContaining("deviceNodes[0]): cannot be had in a user namespace");
  }

  private String runAs(String pod, String name, String script, long user) throws Exception {
    String id = client.create(pod, mapped(container(name, script, "a.b/c=0"), user));
    client.start(id);
    client.awaitEnd(id);
    return id;
  }

  private static ContainerConfig.Builder mapped(ContainerConfig.Builder container, long user) {
    ProbeNode.as(user, container)
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(ProbeNode.userNamespace());
    return container;
  }

  @Test
  void whatTwoMakeAtOnePlaceIsRefused() throws Exception {
    spec("etc/v.json", "0", "", LOG_NODE.formatted("w"));
    spec("etc/w.json", "1", "", LOG_NODE.formatted("r"));
    ContainerConfig.Builder both = container("both", "true", "a.b/c=0", "a.b/c=1");
    assertThatThrownBy(() -> client.create(pod, both))
        .hasMessageContaining("/dev/of-cdi is made by another device too");
    ContainerConfig.Builder byPath = container("by-path", "true", "a.b/c=0");
    byPath.addDevicesBuilder().setHostPath("/dev/zero").setContainerPath("/dev/of-cdi");
    byPath.getDevicesBuilder(0).setPermissions("r");
    assertThatThrownBy(() -> client.create(pod, byPath))
        .hasMessageContaining("devices: /dev/of-cdi is made by a device of CDI_devices too");
  }
}
