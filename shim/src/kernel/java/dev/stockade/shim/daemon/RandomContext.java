package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.Int64Value;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.SELinuxOption;
import dev.stockade.cri.v1.SecurityProfile;
import dev.stockade.cri.v1.UserNamespace;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A security context drawn at random, mostly sound, in a pod of one of five kinds.
 *
 * @param besides what the container asks beside it
 */
record RandomContext(PodKind pod, LinuxContainerSecurityContext asked, RandomContainer besides) {
  /** What the container's pod is. */
  enum PodKind {
    PLAIN,
    PRIVILEGED,
    MAPPED,
    PRIVILEGED_MAPPED,
    SHARED_PID;

    boolean privileged() {
      return this == PRIVILEGED || this == PRIVILEGED_MAPPED;
    }

    boolean mapped() {
      return this == MAPPED || this == PRIVILEGED_MAPPED;
    }
  }

  private static final String[] CAPABILITIES = {
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_ADMIN",
    "SYS_NICE",
    "SYS_TIME",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
    "SYSLOG",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE"
  };

  /** Draws one; the same numbers give the same. */
  static RandomContext draw(Random random, ContextNode node) {
    LinuxContainerSecurityContext.Builder asked = LinuxContainerSecurityContext.newBuilder();
    RandomContainer besides = RandomContainer.draw(random, node);
    PodKind pod =
        besides.sysctls().isEmpty()
            ? PodKind.values()[random.nextInt(PodKind.values().length)]
            : PodKind.PLAIN;
    asked.setPrivileged(random.nextInt(pod.privileged() ? 2 : 60) == 0);
    asked.setNoNewPrivs(random.nextBoolean());
    asked.setReadonlyRootfs(random.nextBoolean());
    user(random, asked);
    groups(random, asked);
    capabilities(random, asked);
    seccomp(random, asked, node.profile());
    modules(random, asked);
    oldProfiles(random, asked, node.profile());
    paths(random, asked);
    namespaces(random, asked, pod);
    return new RandomContext(pod, asked.build(), besides);
  }

  private static long id(Random random) {
    long[] sound = {0, 1, 1000, 4242, 65_534};
    long[] strange = {-1, 2147483647L, 2147483648L, 4294967296L, 70_000};
    return random.nextInt(30) == 0 ? strange[random.nextInt(5)] : sound[random.nextInt(5)];
  }

  private static Int64Value value(long id) {
    return Int64Value.newBuilder().setValue(id).build();
  }

  private static void user(Random random, LinuxContainerSecurityContext.Builder asked) {
    switch (random.nextInt(4)) {
      case 0, 1 -> asked.setRunAsUser(value(id(random)));
      case 2 -> {
        String[] names = {"root", "app", "nobody", "1000", "0"};
        String[] strange = {"nobody-here", "01", "+1", "root:0", "2147483648"};
        boolean wrong = random.nextInt(20) == 0;
        asked.setRunAsUsername(wrong ? strange[random.nextInt(5)] : names[random.nextInt(5)]);
      }
      default -> {}
    }
    boolean user = asked.hasRunAsUser() || !asked.getRunAsUsername().isEmpty();
    if (random.nextInt(user ? 2 : 60) == 0) {
      asked.setRunAsGroup(value(id(random)));
    }
    if (asked.hasRunAsUser() && random.nextInt(60) == 0) {
      asked.setRunAsUsername("root");
    }
  }

  private static void groups(Random random, LinuxContainerSecurityContext.Builder asked) {
    for (int i = random.nextInt(3); i > 0; i--) {
      asked.addSupplementalGroups(random.nextInt(60) == 0 ? -5 : 5000 + random.nextInt(10));
    }
    asked.setSupplementalGroupsPolicyValue(random.nextInt(80) == 0 ? 9 : random.nextInt(2));
  }

  private static String capability(Random random) {
    int kind = random.nextInt(150);
    if (kind == 0) {
      return "NET_ADMlN";
    }
    String name = kind == 1 ? "SYS_RESOURCE" : CAPABILITIES[random.nextInt(CAPABILITIES.length)];
    return switch (random.nextInt(3)) {
      case 0 -> name.toLowerCase(Locale.ROOT);
      case 1 -> "CAP_" + name;
      default -> name;
    };
  }

  private static void capabilities(Random random, LinuxContainerSecurityContext.Builder asked) {
    Capability.Builder names = Capability.newBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      names.addAddCapabilities(random.nextInt(8) == 0 ? "ALL" : capability(random));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      names.addDropCapabilities(random.nextInt(4) == 0 ? "all" : capability(random));
    }
    for (int i = random.nextInt(8) - 5; i > 0; i--) {
      names.addAddAmbientCapabilities(random.nextInt(60) == 0 ? "ALL" : capability(random));
    }
    asked.setCapabilities(names);
  }

  private static void seccomp(
      Random random, LinuxContainerSecurityContext.Builder asked, String profile) {
    SecurityProfile.Builder seccomp = SecurityProfile.newBuilder();
    switch (random.nextInt(32)) {
      case 0 -> seccomp.setLocalhostRef(profile);
      case 1 -> seccomp.setProfileTypeValue(random.nextInt(4) == 0 ? 7 : 0);
      case 2 ->
          seccomp
              .setProfileType(SecurityProfile.ProfileType.Localhost)
              .setLocalhostRef(random.nextBoolean() ? "" : profile + ".missing");
      case 3, 4, 5, 6, 7 ->
          seccomp.setProfileType(SecurityProfile.ProfileType.Localhost).setLocalhostRef(profile);
      case 8, 9, 10, 11, 12 -> seccomp.setProfileType(SecurityProfile.ProfileType.Unconfined);
      case 13, 14, 15, 16, 17 -> {
        return;
      }
      default -> {}
    }
    asked.setSeccomp(seccomp);
  }

  private static void modules(Random random, LinuxContainerSecurityContext.Builder asked) {
    int kind = random.nextInt(60);
    if (kind == 0) {
      asked.setApparmor(SecurityProfile.getDefaultInstance());
    } else if (kind < 20) {
      asked.getApparmorBuilder().setProfileType(SecurityProfile.ProfileType.Unconfined);
    }
    if (random.nextInt(80) == 0) {
      asked.setSelinuxOptions(SELinuxOption.newBuilder().setLevel("s0:c1,c2"));
    }
  }

  /** Mostly as the structured fields, which a kubelet does, or in their place. */
  @SuppressWarnings("deprecation")
  private static void oldProfiles(
      Random random, LinuxContainerSecurityContext.Builder asked, String profile) {
    if (random.nextInt(3) == 0) {
      asked.setSeccompProfilePath(
          random.nextInt(12) == 0
              ? any(random, "strict", "localhost/", "unconfined", "localhost/" + profile)
              : asked.hasSeccomp()
                  ? alike(random, asked.getSeccomp())
                  : any(random, "runtime/default", "unconfined", "localhost/" + profile));
    }
    if (random.nextInt(3) == 0) {
      asked.setApparmorProfile(
          random.nextInt(12) == 0
              ? any(random, "mine", "localhost/", "runtime/default", "localhost/mine")
              : asked.hasApparmor() ? alike(random, asked.getApparmor()) : "unconfined");
    }
  }

  private static String any(Random random, String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  private static String alike(Random random, SecurityProfile profile) {
    return switch (profile.getProfileType()) {
      case RuntimeDefault -> any(random, "runtime/default", "docker/default");
      case Unconfined -> "unconfined";
      case Localhost -> "localhost/" + profile.getLocalhostRef();
      default -> "";
    };
  }

  private static List<String> some(Random random, String... sound) {
    List<String> paths = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      String[] strange = {"proc/keys", "", "/proc/../x", "/"};
      boolean wrong = random.nextInt(100) == 0;
      paths.add(wrong ? strange[random.nextInt(4)] : sound[random.nextInt(sound.length)]);
    }
    return paths;
  }

  private static void paths(Random random, LinuxContainerSecurityContext.Builder asked) {
    asked.addAllMaskedPaths(
        some(
            random,
            "/proc/keys",
            "/proc/acpi",
            "/sys/firmware",
            "/none/such",
            "/of-other",
            "/bin"));
    asked.addAllReadonlyPaths(
        some(random, "/proc/sys", "/proc/bus", "/proc/irq", "/tmp", "/of-other", "/none/other"));
  }

  private static void namespaces(
      Random random, LinuxContainerSecurityContext.Builder asked, PodKind pod) {
    boolean shared = pod == PodKind.SHARED_PID;
    NamespaceMode[] strange = {NamespaceMode.POD, NamespaceMode.NODE, NamespaceMode.TARGET};
    NamespaceMode sound =
        shared && random.nextBoolean() ? NamespaceMode.POD : NamespaceMode.CONTAINER;
    var options = asked.getNamespaceOptionsBuilder();
    options.setPid(random.nextInt(50) == 0 ? strange[random.nextInt(3)] : sound);
    options.setNetwork(random.nextInt(80) == 0 ? NamespaceMode.CONTAINER : NamespaceMode.NODE);
    options.setIpc(random.nextInt(80) == 0 ? NamespaceMode.NODE : NamespaceMode.POD);
    if (random.nextInt(80) == 0) {
      options.setUsernsOptions(UserNamespace.newBuilder().setMode(NamespaceMode.POD));
    }
  }
}
