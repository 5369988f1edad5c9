package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.shim.cli.CommandLineRun;
import dev.stockade.shim.daemon.HostCommand;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers whose SELinux level is another than that of their pod. */
@Order(ConfinedService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxLevelTest {
  private static final String LABEL = "lsm.selinux";
  private static final String FILES = "lsm.selinux-files";
  private static final String PROCESS = "system_u:system_r:container_t:s0";
  private static final String FILE = "system_u:object_r:container_file_t:s0";
  private static final String OF_POD = ":c7,c8";
  private static final String OWN = ":c1022,c1023";
  private static final String FIELD = "linux.security_context.selinux_options";

  private ConfinedService service;
  private String pod;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
    var asking = service.client().pod("levels");
    asking
        .getLinuxBuilder()
        .getSecurityContextBuilder()
        .getSelinuxOptionsBuilder()
        .setLevel("s0" + OF_POD);
    pod = service.client().run(asking);
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
    }
  }

  private String start(String level, String text) {
    ContainerConfig.Builder container = service.shell(text + "; exec sleep 3600");
    ConfinedService.options(container).setLevel(level);
    return service.start(pod, container);
  }

  private String commanded(String container, String text) {
    return service
        .client()
        .exec(container, 60, "sh", "-c", "exec 2>&1; " + text + "; true")
        .getStdout()
        .toStringUtf8();
  }

  private static String label(Path path) throws Exception {
    return HostCommand.output("stat", "--format=%C", path.toString()).strip();
  }

  @Test
  void processAndFilesHaveItAndACommandToo() throws Exception {
    String id = start("s0" + OWN, "touch /tmp/made");
    assertThat(ConfinedService.context(service.client().pid(id))).isEqualTo(PROCESS + OWN);
    assertThat(service.shown(id, LABEL, "")).isEqualTo(PROCESS + OWN);
    for (String place : new String[] {"/", "/dev", "/dev/pts"}) {
      assertThat(service.shown(id, FILES, place)).as(place).isEqualTo(FILE + OWN);
    }
    assertThat(service.receipt(id).path("verification").asText()).isEqualTo("before-exec");
    String command = "cat /proc/self/attr/current; echo; touch /tmp/too && ls /tmp";
    assertThat(commanded(id, command)).contains(PROCESS + OWN, "made", "too");
    Path root = Path.of("/proc/" + service.client().pid(id) + "/root");
    assertThat(label(root.resolve("tmp/made"))).isEqualTo(FILE + OWN);
  }

  @Test
  void whatContainersShareKeepsTheLabelOfThePod() throws Exception {
    String write = "touch /dev/shm/file && echo written";
    String id = start("s0" + OWN, "true");
    String sibling = service.start(pod, service.shell("exec sleep 3600"));
    assertThat(service.shown(sibling, LABEL, "")).isEqualTo(PROCESS + OF_POD);
    for (String container : new String[] {id, sibling}) {
      assertThat(service.shown(container, FILES, "/dev/mqueue")).isEqualTo(FILE + OF_POD);
      Path root = Path.of("/proc/" + service.client().pid(container) + "/root");
      assertThat(label(root.resolve("dev/shm"))).isEqualTo(FILE + OF_POD);
    }
    assertThat(commanded(id, write)).contains("/dev/shm/file: Permission denied");
    assertThat(commanded(sibling, write)).contains("written");
  }

  /** Its own copy, because the pod's files have the pod's label. */
  @Test
  void hostsHostnameAndResolverCanBeReadAtEveryLevel() throws Exception {
    String read = "cat /etc/hostname /etc/hosts /etc/resolv.conf";
    var request = service.client().pod("files");
    String in = service.client().run(request);
    String first = service.start(in, service.shell("exec sleep 3600"));
    ContainerConfig.Builder asking = service.shell("exec sleep 3600");
    ConfinedService.options(asking).setLevel("s0" + OWN);
    String second = service.start(in, asking);
    assertThat(commanded(second, read)).isEqualTo(commanded(first, read)).contains("localhost");
    assertThat(commanded(second, "echo '# mine' >>/etc/hosts && echo ok")).contains("ok");
    Path root = Path.of("/proc/" + service.client().pid(second) + "/root");
    for (String name : new String[] {"hosts", "hostname", "resolv.conf"}) {
      assertThat(label(root.resolve("etc").resolve(name))).as(name).isEqualTo(FILE + OWN);
    }
    assertThat(commanded(first, read)).doesNotContain("# mine");
    Path home = Path.of("/run/stockade/pods").resolve(in);
    assertThat(Files.readString(Path.of("/proc/mounts"))).contains(home + "/files.");
    service.client().removePod(in);
    assertThat(home).doesNotExist();
    assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(in);
  }

  /** Levels and types as the CRI's own conformance tests ask for them. */
  @Test
  void everyPartIsAskedForInAPodThatIsPrivilegedAndInOneThatIsNot() throws Exception {
    for (boolean privileged : new boolean[] {false, true}) {
      var request = service.client().pod("parts" + privileged);
      request.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(privileged);
      String in = service.client().run(request);
      for (boolean all : new boolean[] {false, true}) {
        ContainerConfig.Builder container = service.shell("exec sleep 3600");
        GuestDaemon.security(container).setPrivileged(privileged);
        ConfinedService.options(container).setLevel(all ? "s0:c4,c5" : "s0");
        if (all) {
          ConfinedService.options(container)
              .setUser("system_u")
              .setRole("system_r")
              .setType("svirt_lxc_net_t");
        }
        String id = service.start(in, container);
        String type = privileged && !all ? "spc_t" : "container_t";
        assertThat(service.shown(id, LABEL, ""))
            .isEqualTo("system_u:system_r:" + type + (all ? ":s0:c4,c5" : ":s0"));
        assertThat(commanded(id, "touch foo && echo touched")).contains("touched");
      }
      ContainerConfig.Builder wrong = service.shell("true");
      ConfinedService.options(wrong).setLevel("s0,c4,c5");
      StatusRuntimeException refused =
          catchThrowableOfType(
              StatusRuntimeException.class, () -> service.client().create(in, wrong));
      assertThat(refused).hasMessageContaining(FIELD + ".level");
    }
  }

  @Test
  void explainSaysWhichLevelIsTheContainersAndWhichThePods(@TempDir Path directory)
      throws Exception {
    Path manifest =
        Files.writeString(
            directory.resolve("levels.yaml"),
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: levels}
            spec:
              hostNetwork: true
              securityContext: {seLinuxOptions: {level: "s0:c7,c8"}}
              containers:
              - name: own
                image: busybox:local
                command: [sleep, "1"]
                securityContext: {seLinuxOptions: {level: "s0:c1022,c1023"}}
            """);
    CommandLineRun explained =
        CommandLineRun.of(Map.of(), "explain", "--json", manifest.toString());
    assertThat(explained.exitCode()).as(explained.err()).isZero();
    JsonNode rows = new ObjectMapper().readTree(explained.out()).at("/containers/0/constraints");
    assertThat(rows)
        .extracting(
            row -> row.path("constraint").asText(),
            row -> row.path("subject").asText(),
            row -> row.path("value").asText(),
            row -> row.path("origin").asText())
        .contains(
            tuple(LABEL, "", PROCESS + OWN, FIELD),
            tuple(FILES, "/", FILE + OWN, FIELD + ".level"),
            tuple(FILES, "/dev/mqueue", FILE + OF_POD, "pod " + FIELD));
  }
}
