package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceMode;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Every row of the receipt of a container that starts, as the documents say, in the words of {@link
 * ReceiptWords}. None is left out, also of those that no request can change.
 */
final class ReceiptModel {
  /** Of proc_pid_limits(5): what a program gets, which no field of the CRI changes. */
  private static final String[][] LIMITS = {
    {"cpu", "Max cpu time", "unlimited", "unlimited"},
    {"fsize", "Max file size", "unlimited", "unlimited"},
    {"data", "Max data size", "unlimited", "unlimited"},
    {"stack", "Max stack size", "8388608", "unlimited"},
    {"core", "Max core file size", "0", "unlimited"},
    {"rss", "Max resident set", "unlimited", "unlimited"},
    {"nproc", "Max processes", "unlimited", "unlimited"},
    {"nofile", "Max open files", "1024", "1048576"},
    {"memlock", "Max locked memory", "8388608", "8388608"},
    {"as", "Max address space", "unlimited", "unlimited"},
    {"locks", "Max file locks", "unlimited", "unlimited"},
    {"sigpending", "Max pending signals", "65536", "65536"},
    {"msgqueue", "Max msgqueue size", "819200", "819200"},
    {"nice", "Max nice priority", "0", "0"},
    {"rtprio", "Max realtime priority", "0", "0"},
    {"rttime", "Max realtime timeout", "unlimited", "unlimited"}
  };

  private final RandomContext context;
  private final LinuxContainerSecurityContext asked;
  private final boolean mapped;
  private final ContextIdentity identity;
  private final ContainerModel container;
  private final ContextNode node;
  private final Map<String, String> rows = new TreeMap<>();

  ReceiptModel(
      RandomContext context, ContextIdentity identity, ContainerModel container, ContextNode node) {
    this.context = context;
    this.asked = context.asked();
    this.mapped = context.pod().mapped();
    this.identity = identity;
    this.container = container;
    this.node = node;
  }

  /** By constraint and subject. */
  Map<String, String> rows() {
    identity();
    capabilities();
    program();
    limits();
    namespaces();
    new MountsModel(context, node, this::row).rows();
    return rows;
  }

  private void row(String constraint, String subject, String value) {
    rows.put(ReceiptWords.key(constraint, subject), value);
  }

  private void row(String constraint, String value) {
    row(constraint, "", value);
  }

  private void identity() {
    row("user.uid", fourTimes(onHost(identity.uid())));
    row("user.gid", fourTimes(onHost(identity.gid())));
    row(
        "user.groups",
        identity.groups().stream()
            .map(group -> String.valueOf(onHost(group)))
            .collect(Collectors.joining(" ")));
    row("user.umask", "0022");
    if (mapped) {
      row("user.uid-map", "0 " + ProbeNode.MAPPED + " 65536");
      row("user.gid-map", "0 " + ProbeNode.MAPPED + " 65536");
    }
  }

  private long onHost(long id) {
    return mapped ? ProbeNode.MAPPED + id : id;
  }

  /** Real, effective, saved, and that of the file system. */
  private static String fourTimes(long id) {
    return String.join(" ", Collections.nCopies(4, String.valueOf(id)));
  }

  private void capabilities() {
    row("capabilities.bounding", hex(identity.granted()));
    row("capabilities.permitted", hex(identity.permitted()));
    row("capabilities.effective", hex(identity.permitted()));
    row("capabilities.inheritable", hex(identity.ambient()));
    row("capabilities.ambient", hex(identity.ambient()));
    row("securebits", "0");
    row("no-new-privs", asked.getNoNewPrivs() ? "1" : "0");
    ContextProfile profile = ContextProfile.seccomp(context);
    boolean filtered = profile.confines() && !asked.getPrivileged();
    row("seccomp.mode", filtered ? "filter" : "disabled");
    if (filtered) {
      boolean local = profile.type() == ContextProfile.Type.LOCALHOST;
      row(
          "seccomp.program",
          "0",
          local ? "that of the file" : "the default for " + hex(identity.filtered()));
    }
  }

  private static String hex(long bits) {
    return String.format(Locale.ROOT, "%016x", bits);
  }

  private void program() {
    for (String signals : new String[] {"blocked", "ignored", "caught"}) {
      row("process.signals", signals, hex(0));
    }
    row("process.cwd", "/");
    row("process.descriptors", "0,1,2");
    row("process.executable", "/probe");
    row("process.keyring", "own");
    // The network is the host's, and so is the name.
    row("hostname", ContextNode.hostname());
  }

  private void limits() {
    Map<String, String> hard = ContextNode.hardLimits();
    for (String[] limit : LIMITS) {
      String most = hard.getOrDefault(limit[1], "");
      row("process.rlimit", limit[0], least(limit[2], most) + " " + least(limit[3], most));
    }
    row("process.oom-score-adj", String.valueOf(context.besides().resources().getOomScoreAdj()));
    row("cgroup.path", ReceiptWords.CGROUP);
    row("cgroup.devices", container.deviceRules());
    container.limits().forEach((file, value) -> row("cgroup.limit", file, value));
    context
        .besides()
        .sysctls()
        .forEach((name, value) -> row("sysctl", name.replace('.', '/'), value));
  }

  /** A daemon that may not raise a hard limit gives no more than its own. */
  private String least(String wanted, String own) {
    if (ContextIdentity.mayRaise(node.available()) || own.equals("unlimited")) {
      return wanted;
    }
    return wanted.equals("unlimited") || Long.parseLong(wanted) > Long.parseLong(own)
        ? own
        : wanted;
  }

  private void namespaces() {
    boolean shared = asked.getNamespaceOptions().getPid() == NamespaceMode.POD;
    row("namespaces.mount", ReceiptWords.OWN);
    row("namespaces.pid", shared ? ReceiptWords.OF_THE_POD : ReceiptWords.OWN);
    row("namespaces.network", ReceiptWords.OF_THE_HOST);
    row("namespaces.ipc", ReceiptWords.OF_THE_POD);
    row("namespaces.uts", ReceiptWords.OF_THE_POD);
    row("namespaces.user", mapped ? ReceiptWords.OF_THE_POD : ReceiptWords.OF_THE_HOST);
    row("namespaces.cgroup", asked.getPrivileged() ? ReceiptWords.OF_THE_HOST : ReceiptWords.OWN);
    row("namespaces.time", ReceiptWords.OF_THE_HOST);
  }
}
