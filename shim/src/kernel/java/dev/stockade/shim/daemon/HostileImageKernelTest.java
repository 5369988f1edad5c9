package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.IDMapping;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.UserNamespace;
import dev.stockade.launcher.spec.HookStage;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import io.grpc.StatusRuntimeException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that were made to break a launcher; the CVE numbers name whose launcher it was. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class HostileImageKernelTest {
  private static final Path CORE_PATTERN = Path.of("/proc/sys/kernel/core_pattern");
  private static final List<String> USERS = List.of("1", "01", "+1", "1:", ":1", " 1");

  private HostileNode node;
  private String pod;
  private String corePattern;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    HostileImage images = new HostileImage();
    String outside = HostileNode.escapeTo(directory.resolve("outside"));
    for (String place : List.of("proc", "sys", "dev", "etc")) {
      images.layer(place + "-out", new TarBuilder().symlink(place, outside));
      images.layer(place + "-in", new TarBuilder().mode(0755).directory("t").symlink(place, "/t"));
    }
    images.layer("dev", hostileDev());
    images.layer("etc-files", hostileEtc(outside));
    images.layer("workdirs", workingDirectories());
    for (int i = 0; i < USERS.size(); i++) {
      images.config("user" + i, ",'User':'" + USERS.get(i) + "'");
    }
    images.config(
        "volumes",
        ",'Volumes':{'/proc':{},'/sys':{},'/dev':{},'/../../etc':{},'/proc/self/fd':{}}");
    images.config("declared", ",'Volumes':{'/data':{},'/../../deep/./er/':{},'/':{}}");
    images.add(
        "declared-out", ",'Volumes':{'/out/inside':{}}", new TarBuilder().symlink("out", "/"));
    images.add(
        "declared-deep",
        ",'User':'1000','Volumes':{'/home/app/data/deep':{},'/var/data':{}}",
        new TarBuilder()
            .mode(0755)
            .directory("var")
            .owner(1000, 1000)
            .directory("home/app")
            .file("home/app/file", "x"));
    images.config("declared-file", ",'Volumes':{'/bin/busybox/data':{}}");
    images.config("workdir", ",'WorkingDir':'/proc/self/fd/7'");
    images.config(
        "labels",
        ",'Labels':{'io.kubernetes.container.name':'x','stockade.log':'binary:///bin/sh'}");
    images.add("hooks", hooks(directory.resolve("outside")), hookFiles());
    images.layer("script", new TarBuilder().mode(0755).file("script", "#!/proc/self/exe\n"));
    images.layer(
        "root",
        new TarBuilder()
            .mode(0755)
            .pax("SCHILY.xattr.user.note", LayoutBuilder.utf8("of the image"))
            .pax("SCHILY.xattr.user.overlay.opaque", LayoutBuilder.utf8("y"))
            .pax("SCHILY.xattr.trusted.overlay.opaque", LayoutBuilder.utf8("y"))
            .directory("./"));
    node = HostileNode.start(directory, images);
    pod = node.pod("victim");
  }

  /** Of every stage, wherever somebody may look for some; each would leave a file outside. */
  private static String hooks(Path outside) {
    StringBuilder hooks = new StringBuilder("{");
    for (HookStage stage : HookStage.values()) {
      String one = "%s'%s':[{'path':'/bin/touch','args':['touch','%s/%s']}]";
      hooks.append(one.formatted(hooks.length() > 1 ? "," : "", stage, outside, stage));
    }
    String label = hooks.append('}').toString().replace("'", "\\\"");
    return ",'hooks':"
        + hooks
        + ",'Labels':{'hooks':\""
        + label
        + "\",'run.oci.hooks':\""
        + label
        + "\",'cdi.k8s.io/x':'a.b/c=0'}";
  }

  private static TarBuilder hookFiles() {
    String spec = "{\"cdiVersion\":\"0.5.0\",\"kind\":\"a.b/c\",\"devices\":[{\"name\":\"0\"}]}";
    return new TarBuilder()
        .mode(0644)
        .file("etc/cdi/v.json", spec)
        .file("etc/containers/oci/hooks.d/x.json", "{}")
        .file("config.json", "{}");
  }

  private static TarBuilder hostileDev() {
    TarBuilder tar = new TarBuilder();
    for (String name :
        List.of("null", "zero", "console", "ptmx", "pts/0", "pts/1", "pts/ptmx", "stdin", "fd")) {
      tar.symlink("dev/" + name, CORE_PATTERN.toString());
    }
    return tar;
  }

  private static TarBuilder hostileEtc(String outside) {
    TarBuilder tar = new TarBuilder();
    for (String name : List.of("hosts", "hostname", "resolv.conf", "mtab", "localtime")) {
      tar.symlink("etc/" + name, outside + "/" + name);
    }
    return tar;
  }

  private static TarBuilder workingDirectories() {
    TarBuilder tar = new TarBuilder();
    for (int fd = 0; fd <= 64; fd++) {
      tar.symlink("work" + fd, "/proc/self/fd/" + fd);
    }
    return tar;
  }

  @AfterAll
  void end() throws Exception {
    if (node != null) {
      node.end();
    }
  }

  @BeforeEach
  void look() throws Exception {
    corePattern = Files.readString(CORE_PATTERN);
  }

  /** A launcher that was led astray made or changed something of the host. */
  @AfterEach
  void theHostIsAsItWas() throws Exception {
    if (node != null) {
      assertThat(node.outside).isEmptyDirectory();
      assertThat(Files.readString(CORE_PATTERN)).isEqualTo(corePattern);
    }
  }

  private static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder container) {
    return container.getLinuxBuilder().getSecurityContextBuilder();
  }

  /** CVE-2019-16884, CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2026-41579. */
  @ParameterizedTest
  @ValueSource(strings = {"proc-out", "proc-in", "sys-out", "sys-in", "dev-out", "dev-in"})
  void aSystemDirectoryThatIsALinkIsNotMountedOn(String image) {
    String place = image.substring(0, image.indexOf('-'));
    assertThat(node.refusal(pod, node.hostile(image, "true")))
        .contains("ELOOP")
        .contains("target=" + place + ",");
  }

  /** CVE-2024-5154, CVE-2025-24965, CVE-2019-18837: what is written for the image lands in it. */
  @ParameterizedTest
  @ValueSource(strings = {"etc-out", "etc-in", "etc-files"})
  void filesOfThePodStayInTheContainer(String image) throws Exception {
    HostileNode.Outcome outcome =
        node.run(
            pod,
            node.hostile(image, "sh", "-c", "cat /etc/hostname; grep -c localhost /etc/hosts"));
    assertThat(outcome.output()).contains(Files.readString(Path.of("/etc/hostname")).trim());
    assertThat(outcome.status().getExitCode()).isZero();
  }

  /** CVE-2025-31133: masks are the runtime's own null device, whatever lies at /dev/null. */
  @Test
  void masksAreNotTheImagesOwn() throws Exception {
    ContainerConfig.Builder container =
        node.hostile(
            "dev",
            "sh",
            "-c",
            "stat -c '%F %t:%T' /proc/keys /proc/kallsyms; echo pwned > /proc/keys; wc -c <"
                + " /proc/keys; ls -A /sys/firmware | wc -l");
    security(container)
        .addAllMaskedPaths(
            List.of("/proc/kallsyms", "/proc/keys", "/sys/firmware", "/proc/timer_list"));
    assertThat(node.run(pod, container).output())
        .isEqualTo("character special file 1:3\ncharacter special file 1:3\n0\n0\n");
  }

  /** CVE-2025-52565: the terminal of the container is the peer of its master. */
  @Test
  void theConsoleIsNotFoundByItsPath() throws Exception {
    ContainerConfig.Builder container =
        node.hostile(
                "dev", "sh", "-c", "tty; stat -c '%F %t' /dev/console; echo pwned > /dev/console")
            .setTty(true);
    assertThat(node.run(pod, container).output().replace("\r", ""))
        .isEqualTo("/dev/pts/0\ncharacter special file 88\npwned\n");
  }

  /** A root that is marked to hide what is below hides nothing: programs are there. */
  @Test
  void theRootHasTheAttributesThatAnImageMayGive() throws Exception {
    String container = node.start(pod, node.hostile("root", "sleep", "1000"));
    UserDefinedFileAttributeView root =
        Files.getFileAttributeView(
            Path.of("/proc/" + node.client.pid(container) + "/root"),
            UserDefinedFileAttributeView.class);
    assertThat(root.list()).containsExactlyInAnyOrder("note", "overlay.opaque");
    ByteBuffer note = ByteBuffer.allocate(root.size("note"));
    root.read("note", note);
    assertThat(note.array()).asString().isEqualTo("of the image");
    node.client.remove(container);
  }

  /** As the two above, with a prepared /dev that is a volume of the attacker's. */
  @Test
  void aPreparedDevIsHarmless() throws Exception {
    Path dev = Files.createDirectories(node.directory.resolve("dev"));
    Files.createDirectories(dev.resolve("pts"));
    for (String name : List.of("null", "zero", "console", "ptmx", "shm", "mqueue", "pts/0")) {
      if (Files.notExists(dev.resolve(name), java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(dev.resolve(name), CORE_PATTERN);
      }
    }
    ContainerConfig.Builder container =
        node.container("sh", "-c", "stat -c '%F %t:%T' /proc/keys; echo pwned > /proc/keys")
            .addMounts(Mount.newBuilder().setContainerPath("/dev").setHostPath(dev.toString()));
    security(container).addMaskedPaths("/proc/keys");
    assertThat(node.run(pod, container).output()).isEqualTo("character special file 1:3\n");
    assertThat(node.refusal(pod, container.setTty(true))).contains("process.terminal");
  }

  /** CVE-2024-21626: no descriptor of the launcher is a working directory. */
  @Test
  void aDescriptorIsNoWorkingDirectory() {
    assertThat(node.refusal(pod, node.hostile("workdir", "true"))).contains("process.cwd");
    for (int fd = 3; fd <= 64; fd++) {
      ContainerConfig.Builder asked = node.container("true").setWorkingDir("/proc/self/fd/" + fd);
      assertThat(node.refusal(pod, asked)).contains("process.cwd");
    }
    for (int fd : IntStream.rangeClosed(0, 64).toArray()) {
      ContainerConfig.Builder linked = node.hostile("workdirs", "true").setWorkingDir("/work" + fd);
      assertThat(node.refusal(pod, linked)).containsAnyOf("ELOOP", "ENOENT");
    }
  }

  /** The same for a command, in a container that exchanges its working directory once it runs. */
  @Test
  void aDescriptorIsNoWorkingDirectoryOfACommand() throws Exception {
    ContainerConfig.Builder container =
        node.container("sh", "-c", "cd /; while :; do sleep 1; done").setWorkingDir("/swap");
    String id = node.start(pod, container);
    assertThat(node.client.exec(id, 10, "pwd").getStdout().toStringUtf8()).isEqualTo("/swap\n");
    int root = node.client.pid(id);
    Path swap = Path.of("/proc/" + root + "/root/swap");
    Files.delete(swap);
    for (int fd = 0; fd <= 64; fd++) {
      Files.createSymbolicLink(swap, Path.of("/proc/self/fd/" + fd));
      assertThat(refusedCommand(id)).containsAnyOf("ELOOP", "ENOENT");
      Files.delete(swap);
    }
    node.client.remove(id);
  }

  private String refusedCommand(String id) {
    try {
      ExecSyncResponse response = node.client.exec(id, 10, "pwd");
      throw new AssertionError("it ran in " + response.getStdout().toStringUtf8());
    } catch (StatusRuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** CVE-2019-5736: the launcher's own image is no program of a container. */
  @Test
  void theLauncherIsNotAnEntrypoint() throws Exception {
    assertThat(node.refusal(pod, node.container("/proc/self/exe"))).contains("process.executable");
    assertThat(node.refusal(pod, node.hostile("script", "/script"))).contains("process.executable");
    for (int fd = 3; fd <= 64; fd++) {
      ContainerConfig.Builder beneath = node.container("/proc/self/fd/" + fd + "/bin/sh");
      assertThat(node.refusal(pod, beneath)).containsAnyOf("ENOENT", "ENOTDIR", "EACCES");
    }
  }

  /** CVE-2019-5736: it is not overwritten while commands run it again and again. */
  @Test
  void theLauncherIsNotOverwritten() throws Exception {
    String binary = digest(Machine.warden());
    String image = digest(Path.of("/proc/" + node.serve() + "/exe"));
    assertThat(image).isEqualTo(binary);
    String id = node.start(pod, node.container("/attacker", "overwrite", "4"));
    while (node.client.status(id).getFinishedAt() == 0) {
      for (String program : List.of("/proc/self/exe", "/proc/1/exe", "true")) {
        try {
          node.client.exec(id, 10, program);
        } catch (StatusRuntimeException e) {
          // Refused, or the container has ended: what counts is what was written.
        }
      }
    }
    assertThat(node.output(id)).contains("written 0\n");
    node.client.remove(id);
    assertThat(digest(Machine.warden())).isEqualTo(binary);
    assertThat(digest(Path.of("/proc/" + node.serve() + "/exe"))).isEqualTo(binary);
    assertThat(node.run(pod, node.container("echo", "well")).output()).isEqualTo("well\n");
  }

  private static String digest(Path file) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(sha256.digest(Files.readAllBytes(file)));
  }

  /** CVE-2026-30892: who begins like a number is that number, or nobody; a command is the same. */
  @Test
  void usersOfAnImageAreReadToTheirEnd() throws Exception {
    String id = node.start(pod, node.hostile("user0", "sh", "-c", "id -u; sleep 600"));
    Wait.until("its output", () -> !node.output(id).isEmpty());
    assertThat(node.client.exec(id, 10, "id", "-u").getStdout().toStringUtf8()).isEqualTo("1\n");
    node.client.stop(id, 0);
    assertThat(node.output(id)).isEqualTo("1\n");
    node.client.remove(id);
    for (int i = 1; i < USERS.size(); i++) {
      assertThat(node.refusal(pod, node.hostile("user" + i, "id"))).contains("INVALID_ARGUMENT");
    }
  }

  /** CVE-2026-30892, CVE-2024-40635, CVE-2026-46680: the same for what a request names. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "01",
        "00",
        "+1",
        "1:",
        ":1",
        " 1",
        "1e1",
        "2147483648",
        "4294967295",
        "4294967296",
        "18446744073709551616"
      })
  void usersOfARequestAreReadToTheirEnd(String user) {
    ContainerConfig.Builder container = node.container("id");
    security(container).setRunAsUsername(user);
    assertThat(node.refusal(pod, container)).contains("INVALID_ARGUMENT");
  }

  /** CVE-2022-23648: an image cannot ask for mounts. */
  @Test
  void volumesOfAnImageMountNothing() throws Exception {
    String mounts = "cut -d' ' -f5 /proc/self/mountinfo; stat -f -c %t /proc; ls -d /etc/passwd";
    String plain = node.run(pod, node.container("sh", "-c", mounts)).output();
    assertThat(node.run(pod, node.hostile("volumes", "sh", "-c", mounts)).output())
        .isEqualTo(plain)
        .contains("\n9fa0\n");
  }

  /** CVE-2022-23648: what it declares are directories of the container's own. */
  @Test
  void volumesOfAnImageAreItsOwnDirectories() throws Exception {
    String show = "stat -c '%n %u %a' /data /deep/er; ls -A /data; touch /data/mine && echo ok";
    assertThat(node.run(pod, node.hostile("declared", "sh", "-c", show)).output())
        .isEqualTo("/data 0 755\n/deep/er 0 755\nok\n");
    assertThat(node.run(pod, node.hostile("declared-out", "ls", "/inside")).status().getExitCode())
        .isZero();
    assertThat(node.refusal(pod, node.hostile("declared-file", "true")))
        .contains("declares the volume", "/bin/busybox/data");
  }

  /** What is above them is the image's, and stays whose it was. */
  @Test
  void volumesOfAnImageTakeNothingFromItsUsers() throws Exception {
    IDMapping map =
        IDMapping.newBuilder().setHostId(700_000).setContainerId(0).setLength(65536).build();
    NamespaceOption.Builder namespaces =
        NamespaceOption.newBuilder()
            .setNetwork(NamespaceMode.NODE)
            .setPid(NamespaceMode.CONTAINER)
            .setUsernsOptions(
                UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(map).addGids(map));
    String mapped = node.client.run(node.client.pod("mapped", namespaces));
    String owners =
        "stat -c '%n %u:%g %a' /home/app /home/app/file /home/app/data/deep /var /var/data";
    String app = owners + "; touch /home/app/mine && echo ok";
    String root = "touch /var/mine /var/data/mine /home/app/data/deep/mine && echo ok";
    String expected =
        """
        /home/app 1000:1000 755
        /home/app/file 1000:1000 755
        /home/app/data/deep 0:0 755
        /var 0:0 755
        /var/data 0:0 755
        ok
        """;
    for (String each : List.of(pod, mapped)) {
      assertThat(node.run(each, node.hostile("declared-deep", "sh", "-c", app)).output())
          .isEqualTo(expected);
      ContainerConfig.Builder asRoot = node.hostile("declared-deep", "sh", "-c", root);
      security(asRoot).setRunAsUser(Int64Value.newBuilder());
      assertThat(node.run(each, asRoot).output()).isEqualTo("ok\n");
    }
    String id = node.client.create(mapped, node.hostile("declared-deep", "true"));
    Path upper = NodeConfig.paths(node.config).containerRecords().resolve(id).resolve("upper");
    assertThat(Files.getAttribute(upper.resolve("home/app"), "unix:uid")).isEqualTo(701_000);
    assertThat(Files.getAttribute(upper.resolve("var"), "unix:gid")).isEqualTo(700_000);
    assertThat(Files.getAttribute(upper.resolve("var/data"), "unix:uid")).isEqualTo(700_000);
    node.client.remove(id);
    node.client.removePod(mapped);
  }

  /** CVE-2026-53488: what an image says of itself is not what a request says of the container. */
  @Test
  void hooksOfAnImageAreNotRun() throws Exception {
    String id = node.start(pod, node.hostile("hooks", "true"));
    node.client.awaitEnd(id);
    JsonNode spec = CriClient.info(node.client.verbose(id).getInfoMap()).path("runtimeSpec");
    assertThat(spec.has("process")).isTrue();
    assertThat(spec.has("hooks")).isFalse();
    node.client.remove(id);
  }

  @Test
  void labelsOfAnImageAreNotTheContainers() throws Exception {
    HostileNode.Outcome outcome = node.run(pod, node.hostile("labels", "echo", "logged"));
    assertThat(outcome.status().getLabelsMap()).isEmpty();
    assertThat(outcome.status().getAnnotationsMap()).isEmpty();
    assertThat(outcome.output()).isEqualTo("logged\n");
  }
}
