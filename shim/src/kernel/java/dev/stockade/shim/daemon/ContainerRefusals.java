package dev.stockade.shim.daemon;

import static io.grpc.Status.Code.ALREADY_EXISTS;
import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;

import dev.stockade.cri.v1.CreateContainerRequest;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/** Containers that must be refused when they are made, by their changes to a sound one. */
final class ContainerRefusals {
  private final List<Refusal> rows = new ArrayList<>();

  private ContainerRefusals() {}

  static List<Refusal> all() {
    ContainerRefusals table = new ContainerRefusals();
    table.identity();
    table.program();
    table.logs();
    table.mounts();
    table.mountKinds();
    table.devices();
    table.resources();
    table.namespaces();
    table.whole();
    table.pod();
    return table.rows;
  }

  private void row(String what, Status.Code code, String field, String change) {
    rows.add(
        Refusal.of(
            what,
            code,
            field,
            scene -> scene.client.createAsIs(scene.pod, scene.container(change))));
  }

  private void identity() {
    row("container without a name", INVALID_ARGUMENT, "metadata.name", "metadata { name: '' }");
    row("container without an image", INVALID_ARGUMENT, "image.image", "image { image: '' }");
    row("image that is not here", NOT_FOUND, "image.image", "image { image: 'nothing:1' }");
    row("image of no form", INVALID_ARGUMENT, "image.image", "image { image: 'UPPER//case' }");
    row(
        "image for another handler",
        INVALID_ARGUMENT,
        "image.runtime_handler",
        "image { runtime_handler: 'kata' }");
    row("label without a key", INVALID_ARGUMENT, "labels", "labels { key: '' value: 'v' }");
    row("signal 200", INVALID_ARGUMENT, "stop_signal", "stop_signal: 200");
  }

  private void program() {
    row(
        "working directory that is relative",
        INVALID_ARGUMENT,
        "working_dir",
        "working_dir: 'data'");
    row(
        "working directory that climbs",
        INVALID_ARGUMENT,
        "working_dir",
        "working_dir: '/data/../../etc'");
    row("NUL in an argument", INVALID_ARGUMENT, "args[0]", "args: 'a\\0b'");
    row("variable without a name", INVALID_ARGUMENT, "envs[0].key", "envs { value: 'v' }");
    row("'=' in a name", INVALID_ARGUMENT, "envs[0].key", "envs { key: 'a=b' value: 'v' }");
    row(
        "variable that is not UTF-8",
        INVALID_ARGUMENT,
        "envs[0].value",
        "envs { key: 'K' value: '\\xff' }");
    row(
        "argument longer than the kernel takes",
        INVALID_ARGUMENT,
        "args[0]",
        "args: '" + "a".repeat(131_072) + "'");
    row(
        "plan over the size limit",
        FAILED_PRECONDITION,
        "args",
        ("args: '" + "a".repeat(100_000) + "' ").repeat(50));
    row("environment over the size limit", FAILED_PRECONDITION, "envs", variables(50));
  }

  private static String variables(int count) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < count; i++) {
      all.append("envs { key: 'K").append(i).append("' value: '");
      all.append("v".repeat(100_000)).append("' } ");
    }
    return all.toString();
  }

  private void logs() {
    row("log path that is absolute", INVALID_ARGUMENT, "log_path", "log_path: '/etc/cron.d/x'");
    row("log path that climbs", INVALID_ARGUMENT, "log_path", "log_path: '../../x.log'");
    row("log path of a directory", INVALID_ARGUMENT, "log_path", "log_path: 'x/'");
    row("log that is a link", FAILED_PRECONDITION, "log_path", "log_path: 'link.log'");
    row("log behind a link", FAILED_PRECONDITION, "log_path", "log_path: 'linked/x.log'");
    row("log that is a directory", FAILED_PRECONDITION, "log_path", "log_path: 'directory.log'");
    row("log beneath a file", FAILED_PRECONDITION, "log_path", "log_path: 'file/x.log'");
    row(
        "log in new directories, and then no program to run",
        FAILED_PRECONDITION,
        "mounts[0].host_path",
        "log_path: 'new/deep/x.log' mounts { container_path: '/m' host_path: '@/none' }");
    rows.add(
        Refusal.of(
            "log in a pod without logs",
            INVALID_ARGUMENT,
            "log_path",
            scene -> scene.client.createAsIs(scene.unlogged, scene.container(""))));
  }

  private void mounts() {
    String mount = "mounts { container_path: '%s' host_path: '%s' %s }";
    String host = "mounts[0].host_path";
    String inside = "mounts[0].container_path";
    row("source that is missing", FAILED_PRECONDITION, host, mount.formatted("/m", "@/none", ""));
    row("source that is relative", INVALID_ARGUMENT, host, mount.formatted("/m", "data", ""));
    row("source that climbs", INVALID_ARGUMENT, host, mount.formatted("/m", "/a/../b", ""));
    row("source that is a loop", FAILED_PRECONDITION, host, mount.formatted("/m", "@/loop", ""));
    row("the runtime's own", INVALID_ARGUMENT, host, mount.formatted("/m", "@/run", ""));
    row("target that is relative", INVALID_ARGUMENT, inside, mount.formatted("m", "/tmp", ""));
    row("target that climbs", INVALID_ARGUMENT, inside, mount.formatted("/m/../..", "/tmp", ""));
    row("target that is the root", INVALID_ARGUMENT, inside, mount.formatted("/", "/tmp", ""));
    row("target on procfs", INVALID_ARGUMENT, inside, mount.formatted("/proc/sys", "/tmp", ""));
    row(
        "target beneath sysfs",
        FAILED_PRECONDITION,
        inside,
        mount.formatted("/sys/fs/bpf", "/tmp", ""));
    row(
        "volume that cannot show other ids",
        FAILED_PRECONDITION,
        "mounts[0].uidMappings: volume /sys/class on sysfs",
        mount.formatted(
            "/m",
            "/sys/class",
            "uidMappings { host_id: 65536 length: 9 } gidMappings { host_id: 65536 length: 9 }"));
    row(
        "target of two mounts",
        INVALID_ARGUMENT,
        "mounts[1].container_path",
        mount.formatted("/m", "/tmp", "") + mount.formatted("/m/", "/tmp", ""));
    row(
        "more mounts than a launch can have",
        FAILED_PRECONDITION,
        "mounts",
        manyMounts(mount, 900));
    row("more mounts than are read", INVALID_ARGUMENT, "mounts", manyMounts(mount, 1001));
  }

  private static String manyMounts(String mount, int count) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < count; i++) {
      all.append(mount.formatted("/m" + i, "/tmp", ""));
    }
    return all.toString();
  }

  private void mountKinds() {
    String mount = "mounts { container_path: '/m' host_path: '/tmp' %s }";
    row(
        "propagation 5",
        INVALID_ARGUMENT,
        "mounts[0].propagation",
        mount.formatted("propagation: 5"));
    row(
        "recursive without read-only",
        INVALID_ARGUMENT,
        "mounts[0].recursive_read_only",
        mount.formatted("recursive_read_only: true"));
    row(
        "recursive with propagation",
        INVALID_ARGUMENT,
        "mounts[0].recursive_read_only",
        mount.formatted(
            "recursive_read_only: true readonly: true"
                + " propagation: PROPAGATION_HOST_TO_CONTAINER"));
    row(
        "map of users only",
        INVALID_ARGUMENT,
        "mounts[0]",
        mount.formatted("uidMappings { host_id: 1 length: 1 }"));
    row(
        "image volume of an image that is not here",
        NOT_FOUND,
        "ImageVolumeMountFailed: CreateContainer refused: mounts[0].image.image",
        "mounts { container_path: '/m' image { image: 'nothing:1' } }");
    row(
        "image volume out of the image",
        INVALID_ARGUMENT,
        "mounts[0].image_sub_path",
        "mounts { container_path: '/m' image { image: 'busybox:local' } image_sub_path: '../etc' }");
    row(
        "image volume with a source",
        INVALID_ARGUMENT,
        "mounts[0].host_path",
        mount.formatted("image { image: 'busybox:local' }"));
    row(
        "path within no image",
        INVALID_ARGUMENT,
        "mounts[0].image_sub_path",
        mount.formatted("image_sub_path: 'etc'"));
  }

  private void devices() {
    String device = "devices { container_path: '%s' host_path: '%s' permissions: '%s' }";
    String host = "devices[0].host_path";
    row("device missing", FAILED_PRECONDITION, host, device.formatted("/dev/x", "/dev/none", "r"));
    row(
        "device that is a file",
        FAILED_PRECONDITION,
        host,
        device.formatted("/dev/x", "@/plain", "r"));
    row("device that climbs", INVALID_ARGUMENT, host, device.formatted("/dev/x", "/dev/../x", "r"));
    row(
        "device access twice",
        INVALID_ARGUMENT,
        "devices[0].permissions",
        device.formatted("/dev/x", "/dev/null", "rr"));
    row(
        "device access of no kind",
        INVALID_ARGUMENT,
        "devices[0].permissions",
        device.formatted("/dev/x", "/dev/null", "rwx"));
    row(
        "device that no specification has",
        FAILED_PRECONDITION,
        "CDI_devices[0].name",
        "CDI_devices { name: 'example.com/gpu=of-no-file' }");
    row(
        "name of no device",
        INVALID_ARGUMENT,
        "CDI_devices[0].name",
        "CDI_devices { name: '/dev/null' }");
    row(
        "device that no specification has, by annotation",
        FAILED_PRECONDITION,
        "annotations[cdi.k8s.io/gpu]",
        "annotations { key: 'cdi.k8s.io/gpu' value: 'example.com/gpu=of-no-file' }");
  }

  private void resources() {
    String resources = "linux { resources { %s } }";
    String field = "linux.resources.";
    row(
        "memory limit without the controller",
        FAILED_PRECONDITION,
        field + "memory_limit_in_bytes",
        resources.formatted("memory_limit_in_bytes: 100000000"));
    row(
        "processor limits without the controllers",
        FAILED_PRECONDITION,
        field + "cpu_quota",
        resources.formatted("cpu_quota: 50000 cpu_shares: 100 cpuset_cpus: '0'"));
    row(
        "memory limit below nothing",
        INVALID_ARGUMENT,
        field + "memory_limit_in_bytes",
        resources.formatted("memory_limit_in_bytes: -7"));
    row(
        "swap below memory",
        INVALID_ARGUMENT,
        field + "memory_swap_limit_in_bytes",
        resources.formatted("memory_limit_in_bytes: 9000 memory_swap_limit_in_bytes: 8000"));
    row("1 share", INVALID_ARGUMENT, field + "cpu_shares", resources.formatted("cpu_shares: 1"));
    row(
        "period of a minute",
        INVALID_ARGUMENT,
        field + "cpu_period",
        resources.formatted("cpu_period: 60000000"));
    row(
        "list of processors",
        INVALID_ARGUMENT,
        field + "cpuset_cpus",
        resources.formatted("cpuset_cpus: '0-'"));
    row(
        "score beyond 1000",
        INVALID_ARGUMENT,
        field + "oom_score_adj",
        resources.formatted("oom_score_adj: 1001"));
    row(
        "huge pages of 3 feet",
        INVALID_ARGUMENT,
        field + "hugepage_limits[0]",
        resources.formatted("hugepage_limits { page_size: '3ft' limit: 1 }"));
    row(
        "file that would kill",
        INVALID_ARGUMENT,
        field + "unified",
        resources.formatted("unified { key: 'cgroup.kill' value: '1' }"));
    row(
        "file of another directory",
        INVALID_ARGUMENT,
        field + "unified",
        resources.formatted("unified { key: '../memory.max' value: '1' }"));
    row(
        "file of a controller that is missing",
        FAILED_PRECONDITION,
        field + "unified[io.weight]",
        resources.formatted("unified { key: 'io.weight' value: '100' }"));
  }

  private void namespaces() {
    String options = "linux { security_context { namespace_options { %s } } }";
    String field = "linux.security_context.namespace_options.";
    row("host's IPC", INVALID_ARGUMENT, field + "ipc", options.formatted("ipc: NODE"));
    row("host's processes", INVALID_ARGUMENT, field + "pid", options.formatted("pid: NODE"));
    row("PID mode 9", INVALID_ARGUMENT, field + "pid", options.formatted("pid: 9"));
    row(
        "target of no form",
        INVALID_ARGUMENT,
        field + "target_id",
        options.formatted("pid: TARGET"));
    row(
        "target that is not here",
        NOT_FOUND,
        field + "target_id",
        options.formatted("pid: TARGET target_id: '" + "a".repeat(64) + "'"));
    rows.add(
        Refusal.of(
            "target that has ended",
            FAILED_PRECONDITION,
            field + "target_id",
            scene ->
                scene.client.createAsIs(
                    scene.pod,
                    scene.container(
                        options.formatted("pid: TARGET target_id: '" + scene.ended + "'")))));
    row(
        "user namespace that the pod has not",
        INVALID_ARGUMENT,
        field + "userns_options",
        options.formatted(
            "userns_options { mode: POD uids { host_id: 65536 length: 9 }"
                + " gids { host_id: 65536 length: 9 } }"));
  }

  private void whole() {
    row("Windows container", INVALID_ARGUMENT, "windows", "windows { }");
    rows.add(
        Refusal.of(
                "three mistakes",
                INVALID_ARGUMENT,
                "log_path",
                scene ->
                    scene.client.createAsIs(
                        scene.pod,
                        scene.container(
                            "log_path: '/x' stop_signal: 99 devices { host_path: 'd' }")))
            .saying("stop_signal", "devices[0].permissions"));
    rows.add(
        Refusal.of(
            "name that is taken",
            ALREADY_EXISTS,
            "metadata",
            scene ->
                scene.client.createAsIs(
                    scene.pod, scene.container("metadata { name: 'running' } tty: true"))));
  }

  private void pod() {
    rows.add(
        Refusal.of(
            "container in no pod",
            NOT_FOUND,
            "pod sandbox",
            scene -> scene.client.createAsIs("0".repeat(64), scene.container(""))));
    rows.add(
        Refusal.of(
            "container in a pod without an id",
            INVALID_ARGUMENT,
            "pod_sandbox_id",
            scene -> scene.client.createAsIs("", scene.container(""))));
    rows.add(
        Refusal.of(
            "container in a pod that is stopped",
            FAILED_PRECONDITION,
            "not ready",
            scene -> scene.client.createAsIs(scene.stopped, scene.container(""))));
    rows.add(
        Refusal.of(
            "request without a container",
            INVALID_ARGUMENT,
            "config",
            scene ->
                scene
                    .client
                    .runtime()
                    .createContainer(
                        CreateContainerRequest.newBuilder().setPodSandboxId(scene.pod).build())));
  }
}
