package dev.stockade.shim.lsm;

import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.Response;
import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.Problems;
import dev.stockade.shim.intent.SelinuxIntent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * SELinux on this node: which contexts pods and containers get. None that the loaded policy does
 * not know, or does not let the daemon start, leaves here. Safe for use by many threads.
 */
public final class Selinux {
  private static final Path DIRECTORY = Path.of("/etc/selinux");

  private final SelinuxPolicy policy;
  private final Optional<ContainerContexts> contexts;
  private final String obstacle;
  private final CategoryPairs pairs;
  private final PrivilegedType privilegedType;
  private final boolean mayBePermissive;

  Selinux(
      SelinuxPolicy policy,
      Optional<ContainerContexts> contexts,
      String obstacle,
      CategoryPairs pairs,
      Optional<String> privilegedType,
      boolean mayBePermissive) {
    this.policy = policy;
    this.contexts = contexts;
    this.obstacle = obstacle;
    this.pairs = pairs;
    this.privilegedType = new PrivilegedType(policy, privilegedType);
    this.mayBePermissive = mayBePermissive;
  }

  /**
   * That of a node whose kernel has SELinux. Where its policy has nothing for containers, every pod
   * is refused with what is missing.
   *
   * @param own the daemon's context
   * @param categories from how many, c0 and those after it, pods get their pairs
   * @param privilegedType of privileged containers that ask for none; empty for one that the policy
   *     does not confine
   * @param mayBePermissive whether pods run where SELinux denies nothing; otherwise they are
   *     refused
   */
  public static Selinux of(
      String own, int categories, Optional<String> privilegedType, boolean mayBePermissive) {
    CategoryPairs pairs = new CategoryPairs(categories);
    SelinuxPolicy loaded = new LoadedPolicy(own);
    Optional<ContainerContexts> contexts = Optional.empty();
    String obstacle = "";
    try {
      contexts = Optional.of(ContainerContexts.read(DIRECTORY));
    } catch (IOException e) {
      obstacle = String.valueOf(e.getMessage());
    }
    return new Selinux(loaded, contexts, obstacle, pairs, privilegedType, mayBePermissive);
  }

  /**
   * As {@link #of}, for a look from another process than the daemon.
   *
   * @param serve the warden that serves, if one does
   */
  public static Selinux preview(Config config, OptionalInt serve) throws IOException {
    return of(
        DaemonContext.of(serve),
        config.selinux().categories(),
        config.privileged().selinuxType(),
        config.degradation().seLinuxMode() == Response.REPORT);
  }

  /**
   * Whether a container is kept from files by their labels: not one of a type for privileged
   * containers, unless categories keep that from files.
   */
  public boolean confines(SelinuxLabels labels) throws IOException {
    SelinuxContext process = parsed(labels.process());
    return !privilegedType.has(process) || keptByCategories(process);
  }

  /** Why containers are not confined now, if they are not. */
  public Optional<Obstacle> obstacle() {
    if (contexts.isEmpty()) {
      return Optional.of(unknown());
    }
    SelinuxContext process = contexts.get().process();
    try {
      return policy.enforces(process) ? Optional.empty() : Optional.of(permissive(process));
    } catch (IOException e) {
      return Optional.of(
          new Obstacle("the policy cannot be asked: " + e.getMessage(), "mount selinuxfs"));
    }
  }

  /** Why every pod that asks for nothing is refused now, if it is. */
  public Optional<Obstacle> refusal() throws IOException {
    Optional<Obstacle> obstacle = obstacle();
    if (contexts.isEmpty() || (obstacle.isPresent() && !mayBePermissive)) {
      return obstacle;
    }
    SelinuxContext process = contexts.get().process();
    return policy.mayStart(process)
        ? Optional.empty()
        : Optional.of(
            new Obstacle(
                ContextChoice.unstartable(process),
                "load the policy module of packaging/selinux, and restorecon the daemon's files"));
  }

  /** Of a context that denies nothing. */
  static Obstacle permissive(SelinuxContext context) {
    return new Obstacle(
        "SELinux is permissive on this node or for " + context.type() + ": it denies nothing",
        "enforce it (setenforce 1, semanage permissive -d " + context.type() + ")");
  }

  private Obstacle unknown() {
    return new Obstacle(
        "SELinux is enabled, and its policy has no context for containers: " + obstacle,
        "install your distribution's policy with container_t, or boot with selinux=0");
  }

  /**
   * The contexts of a new pod. Its categories are no other pod's until {@link #release}, unless one
   * asks for them.
   */
  public SelinuxLabels claim(Optional<SelinuxIntent> asked) throws IOException, IntentRejection {
    ContainerContexts known = known("RunPodSandbox");
    if (asked.map(SelinuxIntent::level).filter(level -> !level.isEmpty()).isPresent()) {
      SelinuxLabels labels = checked("RunPodSandbox", asked, known.process(), known.file());
      hold(labels);
      return labels;
    }
    String pair = pair();
    try {
      String level = known.process().level() + ":" + pair;
      return checked(
          "RunPodSandbox", asked, known.process().withLevel(level), known.file().withLevel(level));
    } catch (IOException | IntentRejection | RuntimeException e) {
      pairs.release(pair);
      throw e;
    }
  }

  /**
   * Keeps the categories of a pod or container that is there from pods that ask for none, until
   * {@link #release}. Several may hold the same.
   */
  public void hold(SelinuxLabels labels) {
    pairs.hold(categories(labels));
  }

  /** The pod or container is gone: its categories may be another's. */
  public void release(SelinuxLabels labels) {
    pairs.release(categories(labels));
  }

  /**
   * The contexts of a container: its pod's, but for what it asks itself. What it shares with its
   * pod keeps the pod's, so that a level of its own keeps it from the pod's message queues and
   * shared memory.
   *
   * @param privileged whether nothing is to confine it, unless it asks for a type
   */
  public SelinuxLabels container(
      SelinuxLabels pod, Optional<SelinuxIntent> asked, boolean privileged)
      throws IOException, IntentRejection {
    SelinuxContext process = parsed(pod.process());
    return checked(
        "CreateContainer",
        asked,
        privileged ? privileged(process.level(), asked) : process,
        parsed(pod.file()));
  }

  private ContainerContexts known(String what) throws IntentRejection {
    if (contexts.isEmpty()) {
      Problems problems = new Problems();
      problems.unenforceable(ContextChoice.FIELD, unknown().reason(), unknown().remedy());
      problems.refuse(what);
    }
    return contexts.orElseThrow();
  }

  private String pair() throws IntentRejection {
    Optional<String> pair = pairs.claim();
    if (pair.isEmpty()) {
      Problems problems = new Problems();
      problems.unenforceable(
          ContextChoice.FIELD + ".level",
          "every pair of the " + pairs.categories() + " SELinux categories belongs to a pod",
          "remove pods, raise selinux.categories of the configuration, or ask for a level");
      problems.refuse("RunPodSandbox");
    }
    return pair.orElseThrow();
  }

  /**
   * With the pod's categories only where it could not read the pod's files without: what it makes
   * on the host is not one pod's alone.
   */
  private SelinuxContext privileged(String level, Optional<SelinuxIntent> asked)
      throws IOException, IntentRejection {
    SelinuxContext process = known("CreateContainer").process();
    String type = asked.map(SelinuxIntent::type).orElse("");
    SelinuxContext wanted = type.isEmpty() ? privilegedType.of(process) : process.withType(type);
    return keptByCategories(wanted) ? wanted.withLevel(level) : wanted;
  }

  /** Whether the policy keeps this type from files of categories that it has not. */
  private boolean keptByCategories(SelinuxContext process) throws IOException {
    ContainerContexts known = contexts.orElseThrow();
    SelinuxContext without = process.withLevel(known.process().level());
    SelinuxContext file = known.file().withLevel(known.file().level() + ":c0,c1");
    return policy.find(without).isPresent() && !policy.mayRead(without, file);
  }

  private SelinuxLabels checked(
      String what, Optional<SelinuxIntent> asked, SelinuxContext process, SelinuxContext file)
      throws IOException, IntentRejection {
    Problems problems = new Problems();
    SelinuxLabels labels =
        new ContextChoice(policy, mayBePermissive, problems, asked).over(process, file);
    problems.refuse(what);
    return labels;
  }

  /** What a level has behind its sensitivity: {@code c1,c2} of {@code s0:c1,c2}. */
  private static String categories(SelinuxLabels labels) {
    String level = parsed(labels.file()).level();
    return level.substring(level.indexOf(':') + 1);
  }

  private static SelinuxContext parsed(String context) {
    return SelinuxContext.parse(context)
        .orElseThrow(() -> new IllegalStateException(context + " is no context"));
  }
}
