package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.CapabilitySet;
import dev.stockade.launcher.caps.SecureBits;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.DefaultProfile;
import dev.stockade.launcher.spec.OciConsoleSize;
import dev.stockade.launcher.spec.OciDevice;
import dev.stockade.launcher.spec.OciMemory;
import dev.stockade.launcher.spec.OciNamespace;
import dev.stockade.launcher.spec.OciResources;
import dev.stockade.launcher.spec.OciRlimit;
import dev.stockade.launcher.spec.OciTimeOffset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import org.jspecify.annotations.Nullable;

/** Random requests that can be launched: every choice a pod has, made by chance. */
final class Requests {
  private static final List<String> JOINABLE = List.of("network", "ipc", "uts", "cgroup", "time");

  private final Random random;

  private Requests(Random random) {
    this.random = random;
  }

  static Arbitrary<SpecDraft> any() {
    return Arbitraries.randomValue(Requests::draft);
  }

  static SpecDraft draft(Random random) {
    return new Requests(random).draft();
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  private <T extends @Nullable Object> T one(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  private SpecDraft draft() {
    return switch (random.nextInt(10)) {
      case 0 -> pod();
      case 1 -> confined(SpecDraft.podInit(), true);
      case 2, 3 -> exec();
      default -> container();
    };
  }

  private SpecDraft pod() {
    SpecDraft draft = SpecDraft.pod();
    draft.namespaces.clear();
    List.of("network", "ipc", "uts").stream()
        .filter(type -> chance(2))
        .forEach(type -> draft.namespaces.add(new OciNamespace(type, "")));
    boolean uts = draft.namespaces.stream().anyMatch(n -> n.type().equals("uts"));
    draft.hostname = uts && chance(2) ? "pod-" + random.nextInt(100) : "";
    if (chance(3)) {
      draft.userNamespace("");
    }
    sysctls(draft);
    return draft;
  }

  private SpecDraft exec() {
    SpecDraft draft = SpecDraft.exec();
    JOINABLE.stream().filter(type -> chance(4)).forEach(type -> draft.namespace(type, null));
    if (chance(3)) {
      draft.userNamespace("/proc/4711/ns/user");
    } else if (chance(4)) {
      draft.namespace("pid", null);
    }
    draft.io = new IoMode(chance(3), chance(2), IoMode.Output.DISCARD);
    if (!draft.io.terminal() && chance(2)) {
      draft.io = IoMode.CAPTURED;
    }
    return process(confined(draft, false));
  }

  private SpecDraft container() {
    SpecDraft draft = SpecDraft.container();
    draft.io =
        new IoMode(chance(4), chance(3), one(List.of(IoMode.Output.LOG, IoMode.Output.DISCARD)));
    if (draft.io.terminal() && chance(2)) {
      draft.consoleSize = new OciConsoleSize(random.nextInt(200), random.nextInt(200));
    }
    for (String type : JOINABLE) {
      if (chance(3)) {
        draft.namespace(type, one(Arrays.asList("", null, "/run/ns/" + type)));
      }
    }
    if (chance(3)) {
      draft.userNamespace(one(List.of("", "/run/ns/user")));
      if (draft.namespaces.stream().noneMatch(n -> n.type().equals("network"))) {
        draft.unmount("/sys").unmount("/sys/fs/cgroup");
      }
      if (draft.namespaces.stream().noneMatch(n -> n.type().equals("ipc"))) {
        draft.unmount("/dev/mqueue");
      }
    }
    boolean newUser = draft.namespaces.contains(new OciNamespace("user", ""));
    draft.namespace(
        "pid",
        one(
            draft.uidMappings.isEmpty()
                ? Arrays.asList("", null, "/run/ns/pid")
                : newUser ? List.of("") : List.of("", "/run/ns/pid")));
    if (draft.namespaces.contains(new OciNamespace("time", "")) && chance(2)) {
      draft.timeOffsets =
          Map.of("boottime", new OciTimeOffset(random.nextInt(1000) - 500, random.nextInt(1000)));
    }
    if (draft.namespaces.contains(new OciNamespace("uts", "")) && chance(2)) {
      draft.hostname = "h" + random.nextInt(1000);
    }
    sysctls(draft);
    volumes(draft);
    return process(confined(draft, false));
  }

  private void sysctls(SpecDraft draft) {
    Set<String> types = Set.copyOf(draft.namespaces.stream().map(OciNamespace::type).toList());
    if (types.contains("network") && chance(2)) {
      draft.sysctl.put("net.ipv4.ip_local_port_range", "1024\t" + (2000 + random.nextInt(60_000)));
    }
    if (types.contains("ipc") && chance(2)) {
      draft.sysctl.put("kernel.sem", random.nextInt(100) + " 32000 32 128");
    }
  }

  private void volumes(SpecDraft draft) {
    int count = random.nextInt(5);
    for (int i = 0; i < count; i++) {
      List<String> options =
          new ArrayList<>(List.of("rbind", one(List.of("rprivate", "rslave", "rshared"))));
      List<String> more =
          new ArrayList<>(
              List.of(
                  "ro",
                  "rro",
                  "nosuid",
                  "nodev",
                  "noexec",
                  "noatime",
                  "rnosuid",
                  "relatime",
                  "ridmap"));
      more.removeIf(o -> o.equals("ridmap") && draft.uidMappings.isEmpty());
      Collections.shuffle(more, random);
      options.addAll(more.subList(0, random.nextInt(4)));
      draft.bind(
          "/v" + i + "/data",
          "/srv/v" + i,
          one(List.of(FileKind.values())),
          options.toArray(String[]::new));
    }
    if (chance(3)) {
      draft.mount("/cache", "tmpfs", "size=" + random.nextInt(1000) + "m", "mode=1777");
    }
    if (chance(3)) {
      draft.devices.add(
          new OciDevice(
              "/dev/d/" + random.nextInt(9),
              one(List.of("c", "b", "p", "u")),
              random.nextInt(4096),
              random.nextInt(1 << 20),
              0600,
              0L,
              5L));
    }
    if (chance(4)) {
      draft.root = new RootFs.Directory(Path.of("/srv/root"));
    }
    draft.cwd = one(List.of("", "/", "/app", "/app/./x//y/", "/v0/data"));
    draft.readOnlyRoot = chance(2);
    draft.masked = draft.masked.subList(0, random.nextInt(draft.masked.size() + 1));
    draft.readOnly = draft.readOnly.subList(0, random.nextInt(draft.readOnly.size() + 1));
    draft.rootfsPropagation = one(List.of("", "rslave", "rshared"));
  }

  private SpecDraft confined(SpecDraft draft, boolean init) {
    draft.traced = chance(2);
    draft.appArmor = chance(3);
    draft.seLinux = chance(3);
    draft.apparmor = draft.appArmor && chance(2) ? "profile-" + random.nextInt(9) : "";
    draft.selinux = draft.seLinux ? "u:r:t:s0:c" + random.nextInt(9) : "";
    draft.mountLabel = draft.seLinux && !init ? "u:r:f:s0" : "";
    draft.oomScoreAdj = random.nextInt(2001) - 1000;
    draft.controllers = chance(2) ? Set.of("memory") : Set.of("hugetlb");
    if (draft.controllers.contains("memory") && chance(2)) {
      draft.resources =
          new OciResources(
              List.of(),
              new OciMemory((long) random.nextInt(1 << 30), null, null),
              null,
              null,
              List.of(),
              Map.of());
    }
    if (init && chance(2)) {
      draft.userNamespace("/run/ns/user");
    }
    if (chance(3)) {
      draft.mayDegrade.addAll(
          List.of(
              Constraint.PROCESS_OOM_SCORE_ADJ,
              Constraint.PROCESS_RLIMIT,
              Constraint.PROCESS_KEYRING));
    }
    return draft;
  }

  private SpecDraft process(SpecDraft draft) {
    draft.user(
        one(List.of(0L, 1L, 1000L, 65_535L)),
        one(List.of(0L, 1000L)),
        one(List.of(0L, 5L, 3000L)),
        65_000L);
    draft.umask = one(Arrays.asList(null, 0, 0077));
    draft.noNewPrivileges = chance(2);
    CapabilitySet bounding = new CapabilitySet(random.nextLong() & CapabilitySet.upTo(40).mask());
    CapabilitySet ambient =
        chance(2) ? CapabilitySet.NONE : bounding.and(new CapabilitySet(random.nextLong()));
    draft.capabilities =
        chance(8) ? null : SpecDraft.capabilities(bounding.ociNames(), ambient.ociNames());
    draft.seccomp =
        one(
            Arrays.asList(
                null, DefaultProfile.forCapabilities(Set.of(), Arch.X86_64), SpecDraft.allowAll()));
    draft.secureBits =
        ambient.isEmpty() && chance(4)
            ? one(List.of(SecureBits.NO_CAP_AMBIENT_RAISE, SecureBits.NO_SETUID_FIXUP))
            : 0;
    if (chance(2)) {
      draft.rlimits =
          List.of(
              new OciRlimit("RLIMIT_NOFILE", 1 + random.nextInt(1000), 1),
              new OciRlimit("RLIMIT_CORE", -1, 0));
    }
    draft.args =
        one(
            List.of(
                List.of("sh", "-c", "ünï\ncode"), List.of("/bin/true"), List.of("./relative", "")));
    draft.env =
        List.of("PATH=/bin", "A=", "SECRET=s3cr3t-value", "ü=" + "x".repeat(random.nextInt(1000)));
    return draft;
  }
}
