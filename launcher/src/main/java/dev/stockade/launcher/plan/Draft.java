package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A plan in the making: sections that stages add steps to, and its descriptors. */
final class Draft {
  /** Of procfs and sysfs wherever they are mounted. */
  static final long KERNEL_FS_ATTRIBUTES =
      MountAttributes.NOSUID | MountAttributes.NODEV | MountAttributes.NOEXEC;

  final LaunchRequest request;
  final Problems problems = new Problems();
  final Namespaces namespaces = new Namespaces();
  private final Map<Section, List<Step>> sections = new EnumMap<>(Section.class);
  private final List<FdSource> supplied = new ArrayList<>();
  private int made;
  private long cloneFlags;
  private @Nullable Slot cgroup;
  private @Nullable Slot pidNamespace;

  Draft(LaunchRequest request) {
    this.request = request;
    for (Section section : Section.values()) {
      sections.put(section, new ArrayList<>());
    }
  }

  LaunchKind kind() {
    return request.kind();
  }

  boolean mayDegrade(Constraint constraint) {
    return request.mayDegrade().contains(constraint);
  }

  /** Layers are to show mapped ids. */
  void requireMappedLayers(String field) {
    request
        .facts()
        .idmapObstacle()
        .ifPresent(
            obstacle ->
                problems.add(
                    field,
                    "layers are to show mapped ids, and " + obstacle,
                    "use the host's user namespace, or keep layers on ext4, xfs, btrfs or tmpfs"));
  }

  void add(Section section, Step step) {
    List<Step> steps = sections.get(section);
    if (steps != null) {
      steps.add(step);
    }
  }

  /** A slot that the engine fills; equal sources share one. */
  Slot supply(FdSource source) {
    int known = supplied.indexOf(source);
    return known < 0 ? supplyAnew(source) : new Slot(known);
  }

  /** A slot of its own, because a mount can be attached in one place only. */
  Slot supplyAnew(FdSource source) {
    supplied.add(source);
    return new Slot(supplied.size() - 1);
  }

  /** A slot that a step fills. Its number is provisional until {@link #assemble}. */
  Slot make() {
    made++;
    return new Slot(-made);
  }

  void cloneWith(long flags) {
    cloneFlags |= flags;
  }

  void placeIn(Slot directory) {
    cgroup = directory;
  }

  void bearInto(Slot namespace) {
    pidNamespace = namespace;
  }

  /** The PID namespace of others that the program is born into. */
  Optional<Slot> pidNamespace() {
    return Optional.ofNullable(pidNamespace);
  }

  /** The procfs that nothing of the container can reach, for writes to the kernel. */
  Slot privateProc() {
    return supply(new FdSource.PrivateProc());
  }

  int slots() {
    return supplied.size() + made;
  }

  /** The plan. */
  LaunchPlan assemble() {
    add(Section.CLONE, new MonitorStep.Clone(cloneFlags, Optional.ofNullable(cgroup)));
    List<Step> monitor = new ArrayList<>();
    List<Step> child = new ArrayList<>();
    sections.forEach(
        (section, steps) -> (section.isMonitor() ? monitor : child).addAll(numbered(steps)));
    return new LaunchPlan(monitor, child, supplied, slots());
  }

  private List<Step> numbered(List<Step> steps) {
    return steps.stream().map(this::numbered).toList();
  }

  private Step numbered(Step step) {
    StepCatalogue.Entry entry = StepCatalogue.entry(step.getClass());
    Object[] components = entry.components(step).stream().map(this::numbered).toArray();
    return entry.make(components);
  }

  private Object numbered(Object component) {
    if (component instanceof Slot slot && slot.index() < 0) {
      return new Slot(supplied.size() - slot.index() - 1);
    }
    return component;
  }
}
