package dev.stockade.launcher.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.Receipt.Outcome;
import dev.stockade.launcher.seccomp.ProfileDocument;
import dev.stockade.launcher.seccomp.ProfileReader;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciResources;
import dev.stockade.launcher.spec.OciRlimit;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What is asked for is in effect: as the receipt says, and as the workload sees it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ContainerKernelTest {
  private static final Set<Outcome> GOOD = Set.of(Outcome.MATCH, Outcome.SELF_REPORTED);

  private Bench bench;

  @BeforeAll
  void open(@TempDir Path temporary) throws Exception {
    bench = Bench.open(temporary);
  }

  @AfterAll
  void close() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  @AfterEach
  void nothingStays() throws Exception {
    assertThat(bench.leftCgroups()).isEmpty();
  }

  private Receipt run(ContainerSpec spec, int code) throws Exception {
    try (RunningProcess process = bench.launch(spec)) {
      Receipt receipt = process.receipt().orElseThrow();
      assertThat(receipt.verification()).isEqualTo(Receipt.Verification.BEFORE_EXEC);
      assertThat(receipt.rows()).allSatisfy(row -> assertThat(GOOD).contains(row.outcome()));
      assertThat(Bench.exit(process).code()).as(bench.log(spec.id)).isEqualTo(code);
      return receipt;
    }
  }

  private static Receipt.Row row(Receipt receipt, Constraint constraint) {
    return receipt.rows().stream()
        .filter(row -> row.constraint() == constraint)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anOrdinaryUserHasWhatWasAskedForAndNoMore() throws Exception {
    ContainerSpec spec =
        bench.container(
            "sh",
            "-c",
            "id -u; id -g; id -G; umask; pwd; ulimit -n; hostname;"
                + " grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status;"
                + " cat /proc/self/oom_score_adj; (> /x) 2>&1; ls /sys/firmware /proc/version");
    spec.uid = 1000;
    spec.gid = 2000;
    spec.groups = List.of(7L, 3000L);
    spec.umask = 027;
    spec.cwd = "/work";
    spec.ambient = List.of("CAP_CHOWN");
    spec.readOnlyRoot = true;
    spec.rlimits = List.of(new OciRlimit("RLIMIT_NOFILE", 200, 100));
    Receipt receipt = run(spec, 0);
    assertThat(bench.output(spec.id))
        .startsWith("1000\n2000\n")
        .contains("0027\n/work\n100\npod-host\n")
        .contains("CapBnd:\t00000000000020e3")
        .contains("CapEff:\t0000000000000001")
        .contains("NoNewPrivs:\t1")
        .contains("Seccomp:\t2")
        .contains("\n500\n")
        .contains("Read-only file system");
    assertThat(row(receipt, Constraint.USER_GROUPS).kernel()).isEqualTo("7 2000 3000");
    assertThat(receipt.rows().size()).isGreaterThan(50);
  }

  @Test
  void aUserNamespaceMapsRootToSomeoneElse() throws Exception {
    ContainerSpec spec =
        bench
            .container("sh", "-c", "id -u; cat /proc/self/uid_map; touch /made; chown 5 /made")
            .userNamespace();
    Receipt receipt = run(spec, 0);
    assertThat(bench.output(spec.id)).startsWith("0\n").contains("200000");
    assertThat(row(receipt, Constraint.USER_UID).kernel()).startsWith("200000 ");
    Path made = bench.containerDirectory(spec.id).resolve("upper/made");
    assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(200_005);
  }

  @Test
  void bindsShowTheirSourceReadOnlyOrNot() throws Exception {
    Path source = Files.createDirectories(bench.directory.resolve("volume"));
    Files.writeString(source.resolve("file"), "of the host\n");
    ContainerSpec spec =
        bench
            .container("sh", "-c", "cat /ro/file; echo more > /rw/fresh; echo x > /ro/no")
            .bind("/ro", source, "rbind", "rprivate", "rro", "nosuid", "nodev", "noexec")
            .bind("/rw", source, "rbind", "rprivate");
    run(spec, 1);
    assertThat(bench.output(spec.id)).contains("of the host").contains("Read-only file system");
    assertThat(Files.readString(source.resolve("fresh"))).isEqualTo("more\n");
  }

  /** What a source is was found out before the launch. */
  @Test
  void noLinkOfASourceIsFollowed() throws Exception {
    Path real = Files.createDirectories(bench.directory.resolve("real/inner"));
    Path link = Files.createSymbolicLink(bench.directory.resolve("link"), real.getParent());
    for (Path source : List.of(link, link.resolve("inner"))) {
      ContainerSpec spec = bench.container("true").bind("/volume", source, "rbind", "rprivate");
      assertThatThrownBy(() -> bench.launch(spec))
          .isInstanceOf(LaunchFailure.class)
          .hasMessageContaining(source.toString())
          .hasMessageContaining("ELOOP");
    }
  }

  @Test
  void aMappedVolumeIsWrittenWithTheHostsIds() throws Exception {
    Path source = Files.createDirectories(bench.directory.resolve("mapped"));
    ContainerSpec spec =
        bench
            .container("touch", "/data/made")
            .userNamespace()
            .bind("/data", source, "rbind", "rprivate", "ridmap");
    Receipt receipt = run(spec, 0);
    assertThat(Files.getAttribute(source.resolve("made"), "unix:uid")).isEqualTo(0);
    assertThat(row(receipt, Constraint.MOUNTS_TREE).asked()).isEqualTo("idmapped");
  }

  @Test
  void oneSourceCanBeBoundTwice() throws Exception {
    Path source = Files.createDirectories(bench.directory.resolve("twice"));
    Files.writeString(source.resolve("file"), "seen\n");
    ContainerSpec spec =
        bench
            .container("cat", "/a/file", "/b/file")
            .bind("/a", source, "rbind", "rprivate")
            .bind("/b", source, "rbind", "rprivate");
    run(spec, 0);
    assertThat(bench.output(spec.id)).isEqualTo("seen\nseen\n");
  }

  @Test
  void aSourceIsKnownAgainUnderAReadOnlyPath() throws Exception {
    Path outer = bench.directory.resolve("covered");
    Path inner = Files.createDirectories(outer.resolve("inner"));
    ContainerSpec spec =
        bench
            .container("sh", "-c", "touch /outer/x || touch /outer/inner/x")
            .bind("/outer", outer, "rbind", "rprivate")
            .bind("/outer/inner", inner, "rbind", "rprivate");
    spec.readOnly = List.of("/proc/sys", "/outer");
    Receipt receipt = run(spec, 1);
    assertThat(receipt.rows())
        .filteredOn(
            row -> row.constraint() == Constraint.MOUNTS_SOURCE && !row.subject().equals("/"))
        .extracting(Receipt.Row::kernel)
        .containsExactly(outer.toString(), inner.toString());
  }

  @Test
  void whatLiesUnderMasksAndReadOnlyCopiesIsAccountedFor() throws Exception {
    Path source = Files.createDirectories(bench.directory.resolve("layers/inner"));
    ContainerSpec spec =
        bench
            .container("true")
            .bind("/work", bench.directory.resolve("layers"), "rbind", "rprivate")
            .bind("/work/inner", source, "rbind", "rprivate")
            .mount("/tmp/hidden/deep", "tmpfs");
    spec.masked = List.of("/proc/kcore", "/tmp/hidden", "/work/inner");
    spec.readOnly = List.of("/proc", "/proc/sys", "/work", "/sys", "/dev");
    Receipt receipt = run(spec, 0);
    assertThat(row(receipt, Constraint.MOUNTS_OTHERS).kernel()).isEqualTo("none");
  }

  @Test
  void ofSeveralValuesOfAVariableTheLastCounts() throws Exception {
    ContainerSpec spec = bench.container("env");
    spec.environment = List.of("PATH=/nowhere", "A=1", "B=2", "A=3", "PATH=/bin");
    run(spec, 0);
    assertThat(bench.output(spec.id)).isEqualTo("B=2\nA=3\nPATH=/bin\n");
  }

  @Test
  void aScriptRunsUnderItsInterpreter() throws Exception {
    Path script = bench.layer.resolve("script");
    Files.writeString(script, "#!/bin/sh\necho I am $0; exit 5\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    ContainerSpec spec = bench.container("/script");
    Receipt receipt = run(spec, 5);
    assertThat(bench.output(spec.id)).isEqualTo("I am /script\n");
    assertThat(row(receipt, Constraint.PROCESS_EXECUTABLE).kernel()).isEqualTo("/script");
  }

  /** The filter is in force at the exec, which must not be by execveat(2) therefore. */
  @Test
  void aProfileWithoutExecveatTakesProgramsAndScripts() throws Exception {
    Path script = bench.layer.resolve("shebang");
    Files.writeString(script, "#!/bin/sh\nexit 6\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String program : List.of("/shebang", "/bin/false", "false")) {
      ContainerSpec spec = bench.container(program);
      String json = requireNonNull(spec.seccomp).toJson();
      assertThat(json).contains("\"execveat\",");
      spec.seccomp =
          ProfileReader.read(json.replace("\"execveat\",", "").getBytes(StandardCharsets.UTF_8))
              .resolve(new ProfileDocument.Subject(bench.launcher.facts().arch(), Set.of(), ""));
      run(spec, program.equals("/shebang") ? 6 : 1);
    }
  }

  @Test
  void aSetUserIdProgramGainsOnlyWithoutNoNewPrivileges() throws Exception {
    Path program = bench.layer.resolve("suid/busybox");
    if (Files.notExists(program)) {
      Files.createDirectories(program.getParent());
      Files.copy(bench.layer.resolve("bin/busybox"), program);
      bench.setMode(program, 04755);
    }
    for (boolean noNewPrivileges : List.of(true, false)) {
      ContainerSpec spec = bench.container("/suid/busybox", "cat", "/proc/self/status");
      spec.uid = 1000;
      spec.gid = 1000;
      spec.noNewPrivileges = noNewPrivileges;
      Receipt receipt = run(spec, 0);
      String uids = noNewPrivileges ? "1000 1000 1000 1000" : "1000 0 0 0";
      assertThat(row(receipt, Constraint.USER_UID).kernel()).isEqualTo(uids);
    }
  }

  @Test
  void withoutNoNewPrivilegesTheFilterIsStillThere() throws Exception {
    ContainerSpec spec = bench.container("sh", "-c", "grep Seccomp: /proc/self/status");
    spec.noNewPrivileges = false;
    spec.uid = 1000;
    Receipt receipt = run(spec, 0);
    assertThat(row(receipt, Constraint.NO_NEW_PRIVS).kernel()).isEqualTo("0");
    assertThat(row(receipt, Constraint.SECCOMP_PROGRAM).kernel()).startsWith("sha256:");
    assertThat(bench.output(spec.id)).isEqualTo("Seccomp:\t2\n");
  }

  @Test
  void deviceRulesAndLimitsAreInTheCgroup() throws Exception {
    Assumptions.assumeTrue(
        bench.hierarchy.controllers().contains("hugetlb"),
        "the cgroup2 hierarchy has no hugetlb controller, the only one a limit is tried with");
    ContainerSpec spec =
        bench.container("sh", "-c", "head -c 1 /dev/zero; head -c 1 /dev/urandom | wc -c");
    spec.resources =
        new OciResources(
            List.of(
                new OciDeviceRule(false, "a", null, null, "rwm"),
                new OciDeviceRule(true, "c", null, null, "m"),
                new OciDeviceRule(true, "c", 1L, 9L, "r"),
                new OciDeviceRule(true, "c", 1L, 3L, "rw")),
            null,
            null,
            null,
            List.of(),
            Map.of("hugetlb.2MB.max", "4194304"));
    Receipt receipt = run(spec, 0);
    assertThat(bench.output(spec.id)).contains("Operation not permitted");
    assertThat(row(receipt, Constraint.CGROUP_LIMIT).kernel()).isEqualTo("4194304");
    assertThat(row(receipt, Constraint.CGROUP_DEVICES).kernel()).startsWith("deny a *:* rwm");
  }

  @Test
  void aTerminalIsTheContainersOwn() throws Exception {
    ContainerSpec spec = bench.container("sh", "-c", "tty; stty size; ls -l /dev/console");
    spec.io = new IoMode(true, true, IoMode.Output.LOG);
    Receipt receipt = run(spec, 0);
    assertThat(bench.output(spec.id)).contains("/dev/pts/0");
    assertThat(receipt.rows()).extracting(Receipt.Row::subject).contains("/dev/console");
  }

  @Test
  void sysctlsOfItsNamespacesAreReadBackThere() throws Exception {
    ContainerSpec spec =
        bench.container("cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/shm_rmid_forced");
    spec.sysctl.put("net.ipv4.ip_forward", "1");
    spec.sysctl.put("kernel.shm_rmid_forced", "1");
    String host = Files.readString(Path.of("/proc/sys/kernel/shm_rmid_forced"));
    run(spec, 0);
    assertThat(bench.output(spec.id)).isEqualTo("1\n1\n");
    assertThat(Files.readString(Path.of("/proc/sys/kernel/shm_rmid_forced"))).isEqualTo(host);
  }
}
