package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.shim.daemon.BindingLimits;
import dev.stockade.shim.daemon.CriClient;
import dev.stockade.shim.daemon.HostCommand;
import dev.stockade.shim.daemon.LimitedPod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The installed service enforces every constraint at once, and says so: seen from outside, by the
 * receipt, and by what the container's program can do. And its limits bind.
 */
@Order(InstalledService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class EveryConstraintTest implements BindingLimits {
  private static final Path CGROUPS = InstalledService.UNIT.cgroup();

  /** What {@link EveryConstraint#ATTEMPTS} comes to: an errno says which constraint it was. */
  private static final String OUTCOMES =
      """
      volume: done
      root: Read-only file system
      read-only-path: Read-only file system
      read-only-tree: Read-only file system
      hidden: done
      of hidden:\s
      owner: Operation not permitted
      port: done
      filter: Operation not supported
      label: Permission denied
      device-read: done
      device-write: Operation not permitted
      oom-score: Permission denied
      set-user-ID: uid=1000 1000 1000
      net/ipv4/tcp_keepalive_time: 300
      kernel/msgmax: 16384
      kernel/shm_rmid_forced: 1
      fs/mqueue/msg_max: 20
      end""";

  private InstalledService service;
  private CriClient client;
  private EveryConstraint every;
  private AuditLog audit;
  private String pod;
  private String container;
  private LimitedPod limited;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = InstalledService.start(directory);
    client = service.client();
    every = new EveryConstraint(directory);
    audit = AuditLog.fromNow();
    pod = client.run(every.pod(client));
    container = client.create(pod, every.container(client));
    client.start(container);
    String other = client.run(client.pod("limits"));
    limited = new LimitedPod(client, other, directory, CGROUPS.resolve(other));
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
    }
    if (every != null) {
      every.remove();
    }
  }

  @Override
  public LimitedPod limited() {
    return limited;
  }

  private long process() throws IOException {
    return client.pid(container);
  }

  private static Map<String, String> status(Stream<String> lines) {
    return lines
        .map(line -> line.split(":\\s*", 2))
        .collect(Collectors.toMap(line -> line[0], line -> line[1].strip().replace('\t', ' ')));
  }

  /**
   * The identity of a process and what it may do, as proc_pid_status(5) has it.
   *
   * @param first the id of the container's root, as the reader numbers it
   */
  private static void requireConfined(Map<String, String> status, int first) {
    String ambient = "0000000000000400";
    assertThat(status)
        .contains(
            entry("Uid", fourTimes(first + 1000)),
            entry("Gid", fourTimes(first + 3000)),
            entry("Groups", "%d %d %d".formatted(first + 3000, first + 4000, first + 5000)),
            entry("CapBnd", "0000000000000401"),
            entry("CapPrm", ambient),
            entry("CapEff", ambient),
            entry("CapInh", ambient),
            entry("CapAmb", ambient),
            entry("NoNewPrivs", "1"),
            entry("Seccomp", "2"),
            entry("Seccomp_filters", "1"),
            entry("Cpus_allowed_list", "" + EveryConstraint.LAST_PROCESSOR),
            entry("Mems_allowed_list", "0"));
  }

  private static String fourTimes(int id) {
    return String.join(" ", Collections.nCopies(4, "" + id));
  }

  @Test
  void fromOutsideTheKernelShowsIt() throws Exception {
    Path proc = Path.of("/proc/" + process());
    requireConfined(
        status(Files.readAllLines(proc.resolve("status")).stream()), EveryConstraint.FIRST_ID);
    assertThat(Confinement.label(process())).isEqualTo(every.confinement.label());
    assertThat(proc.resolve("uid_map")).content().containsPattern("^ *0 +100000 +65536\n$");
    assertThat(proc.resolve("oom_score_adj")).hasContent("-500\n");
    assertThat(Files.readString(proc.resolve("cgroup")))
        .isEqualTo("0::/system.slice/stockade.service/" + pod + "/" + container + "\n");
    assertThat(Files.readAllLines(proc.resolve("mountinfo")))
        .anyMatch(line -> line.matches(".* / / ro,.* - overlay .*"))
        .anyMatch(line -> line.matches(".* /tree/inner ro,.* - tmpfs .*"));
    String enter = "nsenter --ipc --net --target=" + process() + " cat /proc/sys/";
    for (Map.Entry<String, String> sysctl : EveryConstraint.SYSCTLS.entrySet()) {
      String file = sysctl.getKey().replace('.', '/');
      assertThat(HostCommand.output((enter + file).split(" ", -1)).strip())
          .as(file)
          .isEqualTo(sysctl.getValue());
    }
  }

  /** None is missing, and none is less than asked. */
  @Test
  void theReceiptHasEveryConstraintAsAsked() throws Exception {
    JsonNode receipt = client.receipt(container);
    assertThat(receipt.path("verification").asText()).isEqualTo("before-exec");
    Map<String, String> asked = new TreeMap<>();
    Map<String, String> kernel = new TreeMap<>();
    Set<String> constraints = new TreeSet<>();
    for (JsonNode row : receipt.path("rows")) {
      assertThat(row.path("outcome").asText()).as(row.toString()).matches("ok(, self-reported)?");
      String constraint = row.path("constraint").asText();
      String key = (constraint + " " + row.path("subject").asText()).strip();
      constraints.add(constraint);
      asked.put(key, row.path("asked").asText());
      kernel.put(key, row.path("kernel").asText());
    }
    String other = every.confinement.constraint().equals("lsm.selinux") ? "apparmor" : "selinux.*";
    assertThat(constraints)
        .as("those that no request can have, or of the other security module")
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(Constraint.values())
                .map(Constraint::label)
                .filter(label -> !label.matches("time\\.offset|domainname|lsm\\." + other))
                .toList());
    assertThat(asked).containsAllEntriesOf(expected());
    assertThat(kernel).containsAllEntriesOf(expected());
    assertThat(kernel.getOrDefault("cgroup.devices", ""))
        .endsWith(", allow c " + every.device + " r");
    new LimitedPod(client, pod, Path.of("/"), CGROUPS.resolve(pod))
        .requireLimits(container, EveryConstraint.LIMITS);
  }

  private Map<String, String> expected() {
    Map<String, String> expected = new TreeMap<>();
    expected.put("user.uid", fourTimes(EveryConstraint.FIRST_ID + 1000));
    expected.put("user.gid", fourTimes(EveryConstraint.FIRST_ID + 3000));
    expected.put("user.groups", "103000 104000 105000");
    expected.put("user.uid-map", "0 100000 65536");
    expected.put("user.gid-map", "0 100000 65536");
    expected.put("capabilities.bounding", "0000000000000401");
    for (String set : new String[] {"permitted", "effective", "inheritable", "ambient"}) {
      expected.put("capabilities." + set, "0000000000000400");
    }
    expected.put("no-new-privs", "1");
    expected.put("seccomp.mode", "filter");
    expected.put(every.confinement.constraint(), every.confinement.label());
    expected.put("mounts.root", "ro");
    expected.put("mounts.masked /work/hidden", "masked");
    expected.put("mounts.read-only /work/fixed", "ro");
    expected.put("devices.node " + EveryConstraint.DEVICE, "c " + every.device);
    expected.put("hostname", "every");
    expected.put("process.oom-score-adj", "-500");
    EveryConstraint.SYSCTLS.forEach(
        (name, value) -> expected.put("sysctl " + name.replace('.', '/'), value));
    return expected;
  }

  @Test
  void fromWithinWhatIsDeniedFailsForItsReason() throws Exception {
    for (int i = 0; i < 600 && !service.output(container).endsWith("end"); i++) {
      Thread.sleep(100);
    }
    assertThat(service.output(container)).isEqualTo(OUTCOMES);
    audit.await(every.confinement.denial());
  }

  @Test
  void aCommandIsUnderTheSameConstraints() {
    assertThat(within("sh", "-c", EveryConstraint.ATTEMPTS, "sh", "81").strip())
        .isEqualTo(OUTCOMES);
    requireConfined(status(within("cat", "/proc/self/status").lines()), 0);
    assertThat(within("cat", "/proc/self/attr/current").replace("\0", "").strip())
        .isEqualTo(every.confinement.label());
    assertThat(within("cat", "/proc/self/cgroup", "/proc/self/oom_score_adj"))
        .isEqualTo("0::/\n-500\n");
  }

  private String within(String... command) {
    var said = client.exec(container, 60, command);
    assertThat(said.getStderr().toStringUtf8()).isEmpty();
    assertThat(said.getExitCode()).isZero();
    return said.getStdout().toStringUtf8();
  }
}
