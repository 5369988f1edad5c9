package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.shim.cli.CommandLineRun;
import dev.stockade.shim.cli.Foretold;
import dev.stockade.shim.daemon.Machine;
import dev.stockade.shim.daemon.Wait;
import dev.stockade.vm.GuestDaemon.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the default profile must let a container do, and who may do what to it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class AppArmorWorkloadTest {
  private static final String NETWORK =
      """
      {"cniVersion": "1.0.0", "name": "guest", "plugins": [
        {"type": "bridge", "bridge": "pods0", "isGateway": true,
         "ipam": {"type": "host-local", "dataDir": "%s/ipam",
                  "ranges": [[{"subnet": "10.88.78.0/24"}]]}}]}
      """;

  /** The process whose command line is {@code sleep} and a number, in shell. */
  private static final String FIND =
      "find_sleep() { for p in /proc/[0-9]*; do"
          + " [ \"$(tr '\\0' ' ' <$p/cmdline)\" != \"sleep $1 \" ] || echo ${p#/proc/}; done; }; ";

  private GuestDaemon daemon;
  private Path directory;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    Policy.require();
    directory = temporary;
    Files.writeString(
        Files.createDirectory(directory.resolve("net.d")).resolve("10-guest.conflist"),
        NETWORK.formatted(directory));
    daemon = GuestDaemon.start(directory);
  }

  @AfterAll
  void end() throws Exception {
    if (daemon != null) {
      daemon.close();
    }
  }

  private String pod(String name) {
    return daemon.client.run(daemon.client.pod(name));
  }

  @Test
  void aShellAndAPackageManagerWork() throws Exception {
    String work =
        """
        set -e
        mkdir -p /usr/share/thing /var/lib/thing
        echo data >/usr/share/thing/new
        mv /usr/share/thing/new /usr/share/thing/file
        ln /usr/share/thing/file /usr/share/thing/hard
        ln -s file /usr/share/thing/soft
        chmod 4755 /usr/share/thing/file
        chown 7:7 /usr/share/thing/file
        cp /bin/busybox /usr/share/thing/sh
        /usr/share/thing/sh -c 'echo started'
        mkfifo /tmp/fifo; (echo through >/tmp/fifo &); cat /tmp/fifo
        (exec 3>/tmp/gone; rm /tmp/gone; echo deleted >&3)
        ulimit -S -n 100
        kill -0 $$; sleep 100 & kill $!; wait $! || true
        cat /proc/self/status >/dev/null; ls -lR /sys/class >/dev/null
        rm -r /usr/share/thing /var/lib/thing
        echo done
        """;
    Outcome outcome = daemon.run(pod("packages"), daemon.shell(work));
    assertThat(outcome.output()).startsWith("started\nthrough\n").endsWith("done");
    assertThat(outcome.status().getExitCode()).isZero();
  }

  @Test
  void aPodsParametersHoldAndItsNetworkIsThere() throws Exception {
    var asked =
        daemon.client.pod(
            "ping",
            NamespaceOption.newBuilder()
                .setNetwork(NamespaceMode.POD)
                .setPid(NamespaceMode.CONTAINER));
    asked.getLinuxBuilder().putSysctls("net.ipv4.ping_group_range", "0 2147483647");
    ContainerConfig.Builder pinger =
        daemon.shell(
            "cat /proc/self/attr/apparmor/current /proc/sys/net/ipv4/ping_group_range;"
                + " ping -c 1 -w 20 127.0.0.1 | grep received");
    Outcome outcome = daemon.run(daemon.client.run(asked), pinger);
    assertThat(outcome.output())
        .contains("(enforce)", "0\t2147483647", "1 packets transmitted, 1 packets received");
  }

  /** As explained; and its check can fail: the same without the profile. */
  @Test
  void theExampleOfAppArmorHolds() throws Exception {
    String text = Files.readString(Path.of("../examples/apparmor.yaml"));
    String weaker = text.replace("type: RuntimeDefault", "type: Unconfined");
    CommandLineRun explained = example("explain", text);
    CommandLineRun run = example("run", text);
    assertThat(explained.exitCode()).as(explained.out() + explained.err()).isZero();
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    Foretold.assertThatTheReceiptShows(explained, run);
    assertThat(example("run", weaker).exitCode()).isEqualTo(1);
  }

  private CommandLineRun example(String command, String text) throws Exception {
    Path manifest = Files.writeString(directory.resolve("example.yaml"), text);
    List<String> words =
        new ArrayList<>(
            List.of(
                "--socket=" + directory.resolve("run/cri.sock"),
                "--config=" + directory.resolve("config.toml"),
                command,
                "--json",
                "--pod-dir=" + directory.resolve("pods")));
    words.addAll(
        command.equals("run")
            ? List.of("--rm", "--receipt", "--file=" + manifest)
            : List.of(manifest.toString()));
    Map<String, String> environment = Map.of("STOCKADE_WARDEN", Machine.warden().toString());
    return CommandLineRun.of(environment, words.toArray(String[]::new));
  }

  @Test
  void aConfinedProgramIsToldToStop() throws Exception {
    ContainerConfig.Builder patient =
        daemon.shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done");
    String id = daemon.start(pod("stop"), patient);
    Wait.until("output: ready", () -> daemon.output(id).contains("ready"));
    daemon.client.stop(id, 60);
    assertThat(daemon.client.awaitEnd(id).getExitCode()).isEqualTo(7);
    assertThat(daemon.output(id)).isEqualTo("ready\nbye");
  }

  @Test
  void neighboursUnderTheSameProfileReachEachOtherAndNobodyElse() throws Exception {
    String shared = daemon.sharedPod("neighbours");
    ContainerConfig.Builder free = daemon.shell("exec sleep 6001");
    GuestDaemon.security(free).getApparmorBuilder().setProfileType(ProfileType.Unconfined);
    ContainerConfig.Builder confined = daemon.shell("exec sleep 6002");
    for (ContainerConfig.Builder sleeper : new ContainerConfig.Builder[] {free, confined}) {
      GuestDaemon.security(sleeper).getNamespaceOptionsBuilder().setPid(NamespaceMode.POD);
      daemon.start(shared, sleeper);
    }
    AuditLog audit = AuditLog.fromNow();
    ContainerConfig.Builder asker =
        daemon.shell(
            FIND
                + "for n in 6001 6002; do p=$(find_sleep $n);"
                + " cat /proc/$p/environ >/dev/null 2>&1 && echo read $n;"
                + " kill -0 $p 2>/dev/null && echo signal $n; done; true");
    GuestDaemon.security(asker).getNamespaceOptionsBuilder().setPid(NamespaceMode.POD);
    assertThat(daemon.run(shared, asker).output()).isEqualTo("read 6002\nsignal 6002");
    audit.await("apparmor=\"DENIED\"", "operation=\"signal\"", "peer=\"unconfined\"");
    audit.await("apparmor=\"DENIED\"", "operation=\"ptrace\"", "peer=\"unconfined\"");
    ContainerConfig.Builder outsider =
        daemon.shell(FIND + "kill $(find_sleep 6002) && echo signalled");
    GuestDaemon.security(outsider).getApparmorBuilder().setProfileType(ProfileType.Unconfined);
    GuestDaemon.security(outsider).getNamespaceOptionsBuilder().setPid(NamespaceMode.POD);
    assertThat(daemon.run(shared, outsider).output()).isEqualTo("signalled");
  }
}
