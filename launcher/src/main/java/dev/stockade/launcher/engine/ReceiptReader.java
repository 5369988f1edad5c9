package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Namespace;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SeLinuxPolicy;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Claim;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Reading;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the kernel what is claimed of one process. Everything of the process itself is read
 * beneath one descriptor of its /proc directory; what cannot be read becomes a reading that says so
 * and matches nothing.
 */
final class ReceiptReader implements AutoCloseable {
  private static final int SMALL = 4096;
  private static final int MAPS = 1 << 20;
  private static final int DESCRIPTORS_MAX = 4096;
  private static final int SECBIT_KEEP_CAPS = 1 << 4;
  private static final String PROC = "/proc/PID/";

  /**
   * flush_unauthorized_files() of the kernel: a node of selinuxfs, by its own mount or a visible
   * one.
   */
  private static final Pattern SELINUX_NULL = Pattern.compile("(/sys/fs/selinux)?/null");

  private static final String HOSTNAME = "kernel/hostname";
  private static final String DOMAINNAME = "kernel/domainname";

  private final Observed observed;
  private final ProcDirectory proc;
  private final StatusFile status;
  private @Nullable MountReadings mounts;
  private @Nullable LimitsFile limits;
  private List<Claim> claims = List.of();
  private Map<String, Optional<String>> parameters = Map.of();

  /**
   * What the engine knows of the process without reading /proc.
   *
   * @param filterDigests of the installed filters from the outermost in; empty optional where they
   *     cannot be read
   * @param keyring serial of its session keyring, or a negated errno
   * @param monitorKeyring that of its monitor, which it would have inherited
   * @param environment for the search of the program
   * @param mounts the mounts the launcher made, by where the plan attaches them
   * @param image the file that was to be executed, where it is one of warden's own and not of the
   *     root
   */
  record Observed(
      Pidfd pidfd,
      Optional<List<String>> filterDigests,
      int secureBits,
      int keyring,
      int monitorKeyring,
      Optional<ContainerCgroup> cgroup,
      List<String> environment,
      Map<String, MadeMount> mounts,
      Optional<FileStatus> image) {}

  private ReceiptReader(Observed observed, ProcDirectory proc, StatusFile status) {
    this.observed = observed;
    this.proc = proc;
    this.status = status;
  }

  static ReceiptReader open(Observed observed, ProcDirectory proc) throws IOException {
    return new ReceiptReader(
        observed, proc, new StatusFile(proc.read("status", StatusFile.LENGTH_MAX)));
  }

  List<Reading> read(List<Claim> claims) throws IOException {
    this.claims = claims;
    parameters = parameters(claims);
    List<Reading> readings = new ArrayList<>(claims.size());
    for (Claim claim : claims) {
      readings.add(read(claim));
    }
    return readings;
  }

  private Reading read(Claim claim) throws IOException {
    try {
      return reading(claim);
    } catch (SyscallException e) {
      if (e.is(Errno.ESRCH)) {
        throw e;
      }
      return unreadable(claim, String.valueOf(e.getMessage()));
    } catch (IOException | IllegalArgumentException e) {
      return unreadable(claim, String.valueOf(e.getMessage()));
    }
  }

  private static Reading unreadable(Claim claim, String why) {
    return new Reading(claim.constraint(), claim.subject(), why, "", Reading.Kind.UNREADABLE);
  }

  private static Reading kernel(Claim claim, String value, String source) {
    return Reading.kernel(claim.constraint(), claim.subject(), value, source);
  }

  private Reading ofStatus(Claim claim, String name) throws IOException {
    return kernel(claim, status.value(name), PROC + "status " + name);
  }

  private Reading reading(Claim claim) throws IOException {
    return switch (claim.constraint()) {
      case USER_UID -> ofStatus(claim, "Uid");
      case USER_GID -> ofStatus(claim, "Gid");
      case USER_GROUPS -> kernel(claim, status.sorted("Groups"), PROC + "status Groups");
      case USER_UMASK -> ofStatus(claim, "Umask");
      case USER_UID_MAP -> kernel(claim, idMap("uid_map"), PROC + "uid_map");
      case USER_GID_MAP -> kernel(claim, idMap("gid_map"), PROC + "gid_map");
      case CAPABILITIES_BOUNDING -> ofStatus(claim, "CapBnd");
      case CAPABILITIES_PERMITTED -> ofStatus(claim, "CapPrm");
      case CAPABILITIES_EFFECTIVE -> ofStatus(claim, "CapEff");
      case CAPABILITIES_INHERITABLE -> ofStatus(claim, "CapInh");
      case CAPABILITIES_AMBIENT -> ofStatus(claim, "CapAmb");
      case NO_NEW_PRIVS -> ofStatus(claim, "NoNewPrivs");
      case SECUREBITS -> secureBits(claim);
      case SECCOMP_MODE -> kernel(claim, seccompMode(), PROC + "status Seccomp");
      case SECCOMP_PROGRAM -> filter(claim);
      case LSM_APPARMOR -> appArmor(claim);
      case LSM_SELINUX -> kernel(claim, label("attr/current"), PROC + "attr/current");
      case LSM_SELINUX_MODE -> seLinuxMode(claim);
      case LSM_SELINUX_FILES -> mount(claim);
      case PROCESS_SIGNALS, PROCESS_RLIMIT, PROCESS_OOM_SCORE_ADJ, PROCESS_CWD -> process(claim);
      case PROCESS_DESCRIPTORS, PROCESS_EXECUTABLE, PROCESS_KEYRING -> process(claim);
      case CGROUP_PATH, CGROUP_LIMIT, CGROUP_DEVICES -> cgroup(claim);
      case SYSCTL, HOSTNAME, DOMAINNAME -> parameter(claim);
      case TIME_OFFSET -> timeOffset(claim);
      case MOUNTS_ROOT, MOUNTS_SOURCE, MOUNTS_MOUNT, MOUNTS_TREE, MOUNTS_OTHERS -> mount(claim);
      case MOUNTS_PROPAGATION, MOUNTS_MASKED, MOUNTS_READ_ONLY -> mount(claim);
      case MOUNTS_OPTIONS, DEVICES_NODE -> mount(claim);
      default -> namespace(claim);
    };
  }

  private String idMap(String file) throws IOException {
    return proc.read(file, MAPS)
        .lines()
        .map(line -> line.trim().replaceAll("\\s+", " "))
        .collect(Collectors.joining(", "));
  }

  private Reading secureBits(Claim claim) {
    String bits = Integer.toHexString(observed.secureBits() & ~SECBIT_KEEP_CAPS);
    return new Reading(
        claim.constraint(),
        claim.subject(),
        bits,
        "prctl(PR_GET_SECUREBITS) by the process",
        Reading.Kind.SELF_REPORTED);
  }

  private String seccompMode() throws IOException {
    return switch (status.value("Seccomp")) {
      case "0" -> "disabled";
      case "1" -> "strict";
      default -> "filter";
    };
  }

  private Reading filter(Claim claim) throws IOException {
    if (observed.filterDigests().isEmpty()) {
      return new Reading(
          claim.constraint(),
          claim.subject(),
          status.value("Seccomp_filters"),
          PROC + "status Seccomp_filters",
          Reading.Kind.COUNT_ONLY);
    }
    List<String> digests = observed.filterDigests().get();
    int index = Integer.parseInt(claim.subject());
    String value = index < digests.size() ? digests.get(index) : "no filter " + index;
    return kernel(claim, value, "PTRACE_SECCOMP_GET_FILTER");
  }

  private Reading appArmor(Claim claim) throws IOException {
    try {
      return kernel(claim, label("attr/apparmor/current"), PROC + "attr/apparmor/current");
    } catch (SyscallException e) {
      return kernel(claim, label("attr/current"), PROC + "attr/current");
    }
  }

  /** Of the context that the process has, which need not be the one asked for. */
  private Reading seLinuxMode(Claim claim) throws IOException {
    boolean enforced = SeLinuxPolicy.enforces(label("attr/current"));
    return kernel(claim, enforced ? "enforcing" : "permissive", "selinuxfs");
  }

  private String label(String file) throws IOException {
    return proc.read(file, SMALL).replaceAll("[\n\\x00]+$", "");
  }

  private Reading namespace(Claim claim) throws IOException {
    for (NamespaceKind kind : NamespaceKind.values()) {
      if (claim.constraint().label().equals("namespaces." + kind.ociName())) {
        String link = proc.readLink("ns/" + kind.procName());
        return kernel(claim, link.replaceAll("[^0-9]", ""), PROC + "ns/" + kind.procName());
      }
    }
    throw new IOException("no way is known to read " + claim.constraint());
  }

  private Reading timeOffset(Claim claim) throws IOException {
    for (String line : proc.read("timens_offsets", SMALL).split("\n", -1)) {
      String[] words = line.trim().split("\\s+", -1);
      if (words.length == 3 && words[0].equals(claim.subject())) {
        return kernel(claim, words[1] + " " + words[2], PROC + "timens_offsets");
      }
    }
    throw new IOException("timens_offsets has no " + claim.subject());
  }

  private MountReadings mounts() throws IOException {
    if (mounts == null) {
      mounts = MountReadings.of(proc, claims, observed.mounts());
    }
    return mounts;
  }

  private Reading mount(Claim claim) throws IOException {
    String value = mounts().value(claim);
    return kernel(claim, value, PROC + "mountinfo, statx beneath " + PROC + "root");
  }

  private Reading process(Claim claim) throws IOException {
    return switch (claim.constraint()) {
      case PROCESS_SIGNALS -> ofStatus(claim, signalField(claim.subject()));
      case PROCESS_RLIMIT -> rlimit(claim);
      case PROCESS_OOM_SCORE_ADJ ->
          kernel(claim, proc.read("oom_score_adj", SMALL).trim(), PROC + "oom_score_adj");
      case PROCESS_CWD -> kernel(claim, proc.readLink("cwd"), PROC + "cwd");
      case PROCESS_DESCRIPTORS -> kernel(claim, descriptors(), PROC + "fd");
      case PROCESS_KEYRING -> keyring(claim);
      default -> executable(claim);
    };
  }

  private static String signalField(String subject) {
    return switch (subject) {
      case "blocked" -> "SigBlk";
      case "ignored" -> "SigIgn";
      default -> "SigCgt";
    };
  }

  private Reading rlimit(Claim claim) throws IOException {
    if (limits == null) {
      limits = new LimitsFile(proc.read("limits", LimitsFile.LENGTH_MAX));
    }
    String value =
        limits
            .limit(claim.subject())
            .orElseThrow(() -> new IOException("this kernel does not show " + claim.subject()));
    return kernel(claim, value, PROC + "limits");
  }

  private String descriptors() throws IOException {
    List<String> numbers = new ArrayList<>();
    for (int number : proc.descriptors(DESCRIPTORS_MAX).stream().sorted().toList()) {
      boolean replaced = SELINUX_NULL.matcher(proc.readLink("fd/" + number)).matches();
      numbers.add(replaced ? number + " replaced" : String.valueOf(number));
    }
    return String.join(",", numbers);
  }

  private Reading keyring(Claim claim) {
    int serial = observed.keyring();
    String value = serial == observed.monitorKeyring() ? "inherited" : "own";
    return new Reading(
        claim.constraint(),
        claim.subject(),
        serial > 0 ? value : "none, " + Errno.of(-serial),
        "keyctl(KEYCTL_GET_KEYRING_ID) by the process and its monitor",
        Reading.Kind.SELF_REPORTED);
  }

  private Reading executable(Claim claim) throws IOException {
    FileStatus executed =
        proc.statusOf("exe").orElseThrow(() -> new IOException("it has no executable"));
    if (observed.image().isPresent()) {
      boolean own = observed.image().get().sameInode(executed);
      return kernel(claim, own ? claim.expected() : proc.readLink("exe"), PROC + "exe");
    }
    ProgramLookup lookup =
        new ProgramLookup(mounts().root(), proc.readLink("cwd"), observed.environment());
    boolean asked = lookup.leadsTo(claim.expected(), executed);
    return kernel(claim, asked ? claim.expected() : proc.readLink("exe"), PROC + "exe");
  }

  private Reading cgroup(Claim claim) throws IOException {
    if (claim.constraint() == Constraint.CGROUP_PATH) {
      return kernel(claim, Cgroup2.pathOf(proc.read("cgroup", MAPS)), PROC + "cgroup");
    }
    ContainerCgroup cgroup =
        observed.cgroup().orElseThrow(() -> new IOException("it has no cgroup of its own"));
    if (claim.constraint() == Constraint.CGROUP_LIMIT) {
      return kernel(claim, cgroup.limit(claim.subject()), claim.subject());
    }
    List<Integer> attached = cgroup.cgroup().devicePrograms();
    boolean ours =
        cgroup.deviceProgram().isPresent()
            && attached.equals(List.of(cgroup.deviceProgram().getAsInt()));
    return kernel(claim, ours ? claim.expected() : "programs " + attached, "BPF_PROG_QUERY");
  }

  private Map<String, Optional<String>> parameters(List<Claim> claims) throws IOException {
    List<String> paths =
        claims.stream().map(ReceiptReader::parameterPath).filter(p -> !p.isEmpty()).toList();
    if (paths.isEmpty()) {
      return Map.of();
    }
    List<Optional<String>> values = Namespace.parameters(observed.pidfd(), paths);
    Map<String, Optional<String>> read = new java.util.HashMap<>();
    for (int i = 0; i < paths.size(); i++) {
      read.put(paths.get(i), values.get(i));
    }
    return read;
  }

  private static String parameterPath(Claim claim) {
    return switch (claim.constraint()) {
      case SYSCTL -> claim.subject();
      case HOSTNAME -> HOSTNAME;
      case DOMAINNAME -> DOMAINNAME;
      default -> "";
    };
  }

  private Reading parameter(Claim claim) {
    String path = parameterPath(claim);
    Optional<String> value = parameters.getOrDefault(path, Optional.empty());
    if (value.isEmpty()) {
      return unreadable(claim, "there is no /proc/sys/" + path);
    }
    String words =
        Arrays.stream(value.get().trim().split("\\s+", -1)).collect(Collectors.joining(" "));
    return kernel(claim, words, "/proc/sys/" + path + " in the process's namespaces");
  }

  @Override
  public void close() {
    if (mounts != null) {
      mounts.close();
    }
  }
}
