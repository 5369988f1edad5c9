package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Device;
import dev.stockade.cri.v1.HugepageLimit;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.Mount;
import dev.stockade.cri.v1.MountPropagation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What a container asks besides its security context, drawn at random, mostly sound.
 *
 * @param sysctls of a pod of its own; where there are none it is in one of the shared pods
 */
record RandomContainer(
    List<Mount> mounts,
    List<Device> devices,
    LinuxContainerResources resources,
    Map<String, String> sysctls) {
  static final long HUGE_PAGE = 2 << 20;
  private static final int SYSCTL_PODS = 40;

  static RandomContainer draw(Random random, ContextNode node) {
    List<Mount> mounts = new ArrayList<>();
    for (int i = random.nextInt(6) - 3; i > 0; i--) {
      Mount mount = mount(random, node);
      boolean taken =
          mounts.stream().anyMatch(m -> m.getContainerPath().equals(mount.getContainerPath()));
      if (!taken || random.nextInt(4) == 0) {
        mounts.add(mount);
      }
    }
    List<Device> devices = new ArrayList<>();
    for (int i = random.nextInt(6) - 3; i > 0; i--) {
      devices.add(device(random, node));
    }
    return new RandomContainer(mounts, devices, resources(random), sysctls(random));
  }

  ContainerConfig.Builder into(ContainerConfig.Builder container) {
    container.addAllMounts(mounts).addAllDevices(devices).getLinuxBuilder().setResources(resources);
    return container;
  }

  private static Mount mount(Random random, ContextNode node) {
    String[] directories = {"/data", "/data/inner", "/srv/a/b", "/dev/shm"};
    String[] files = {"/etc/hosts", "/etc/resolv.conf", "/data-file"};
    boolean file = random.nextInt(3) == 0;
    String target = file ? files[random.nextInt(3)] : directories[random.nextInt(4)];
    String[] sources = {"volume", "volume", "link", "link", "shared"};
    String source = file ? "file" : sources[random.nextInt(5)];
    Mount.Builder mount =
        Mount.newBuilder()
            .setContainerPath(target)
            .setHostPath(node.scratch().resolve(source).toString())
            .setReadonly(random.nextBoolean());
    if (source.equals("shared")) {
      mount.setPropagationValue(random.nextInt(3));
    }
    boolean fixed = mount.getPropagation() == MountPropagation.PROPAGATION_PRIVATE;
    mount.setRecursiveReadOnly(mount.getReadonly() && fixed && random.nextBoolean());
    if (random.nextInt(20) == 0) {
      strange(random, mount, node);
    }
    boolean both = mount.getPropagation() == MountPropagation.PROPAGATION_BIDIRECTIONAL;
    if (both && mount.getContainerPath().startsWith("/data")) {
      // What is mounted beneath it appears on the host, where nothing takes it away.
      mount.setContainerPath("/srv/a/b");
    }
    return mount.build();
  }

  private static void strange(Random random, Mount.Builder mount, ContextNode node) {
    switch (random.nextInt(11)) {
      case 0 -> mount.setContainerPath("data");
      case 1 -> mount.setContainerPath("/data/../x");
      case 2 -> mount.setContainerPath("/");
      case 3 -> mount.setContainerPath("/proc/sys");
      case 4 ->
          mount
              .setContainerPath("/sys/kernel")
              .setHostPath(node.scratch().resolve("volume").toString());
      case 5 -> mount.setHostPath("volume");
      case 6, 7 -> mount.setHostPath(node.scratch().resolve("none").toString());
      case 8 ->
          mount
              .setHostPath(node.own().toString())
              .setContainerPath("/own")
              .setRecursiveReadOnly(false);
      case 9 -> mount.setReadonly(!mount.getReadonly());
      default -> mount.setPropagationValue(random.nextInt(3) == 0 ? 5 : 1 + random.nextInt(2));
    }
  }

  private static Device device(Random random, ContextNode node) {
    String[][] sound = {
      {"/dev/kmsg", ""}, {"/dev/zero", ""}, {"/dev/tty", "/dev/tty"}, {"/dev/full", "/dev/of/none"}
    };
    String[] access = {"r", "w", "m", "rw", "mr", "wm", "rwm"};
    String[] device = sound[random.nextInt(10) == 0 ? 3 : random.nextInt(3)];
    Device.Builder asked =
        Device.newBuilder()
            .setHostPath(device[0])
            .setContainerPath(device[1])
            .setPermissions(access[random.nextInt(7)]);
    if (random.nextInt(20) == 0) {
      switch (random.nextInt(5)) {
        case 0 -> asked.setPermissions(random.nextBoolean() ? "rr" : "rwx");
        case 1 -> asked.setHostPath("/dev/../dev/zero");
        case 2 -> asked.setContainerPath("dev/zero");
        case 3 -> asked.setHostPath("/dev/none");
        default -> asked.setHostPath(node.scratch().resolve("file").toString());
      }
    }
    return asked.build();
  }

  private static LinuxContainerResources resources(Random random) {
    LinuxContainerResources.Builder asked = LinuxContainerResources.newBuilder();
    if (random.nextInt(3) == 0) {
      asked.setOomScoreAdj(random.nextInt(1001));
    }
    if (random.nextInt(5) == 0) {
      asked.addHugepageLimits(
          HugepageLimit.newBuilder()
              .setPageSize("2MB")
              .setLimit(random.nextInt(3) == 0 ? 0 : HUGE_PAGE * random.nextInt(9)));
    }
    switch (random.nextInt(240)) {
      case 0 -> asked.setOomScoreAdj(1001);
      case 1, 2 -> asked.setOomScoreAdj(-1 - random.nextInt(999));
      case 3 -> asked.setMemoryLimitInBytes(64 << 20);
      case 4 -> asked.setMemoryLimitInBytes(-7);
      case 5 -> asked.setCpuQuota(50_000);
      case 6 -> asked.setCpuShares(1);
      case 7 -> asked.putUnified("pids.max", "64");
      case 8 -> asked.putUnified("cgroup.kill", "1");
      default -> {}
    }
    return asked.build();
  }

  private static Map<String, String> sysctls(Random random) {
    Map<String, String> sysctls = new TreeMap<>();
    if (random.nextInt(SYSCTL_PODS) == 0) {
      String[][] sound = {
        {"kernel.shm_rmid_forced", "1"}, {"kernel.msgmax", "4096"}, {"fs.mqueue.msg_max", "12"}
      };
      String[][] strange = {
        {"vm.swappiness", "1"},
        {"kernel.hostname", "x"},
        {"net.ipv4.tcp_syncookies", "1"},
        {"kernel.shmmax", "1\n2"},
        {"kernel.shmmax", "many"}
      };
      for (int i = 1 + random.nextInt(2); i > 0; i--) {
        String[] sysctl =
            random.nextInt(4) == 0 ? strange[random.nextInt(5)] : sound[random.nextInt(3)];
        sysctls.put(sysctl[0], sysctl[1]);
      }
    }
    return sysctls;
  }
}
