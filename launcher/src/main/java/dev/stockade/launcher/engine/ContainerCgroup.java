package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.DeviceProgram;
import dev.stockade.launcher.linux.DeviceRule;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.plan.CgroupSettings;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.NumberList;
import dev.stockade.launcher.spec.OciDeviceRule;
import dev.stockade.launcher.spec.OciResources;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The cgroup a process is born into: made with limits and device program in place, or the one of a
 * container.
 */
final class ContainerCgroup implements AutoCloseable {
  private static final Duration DEATH_LIMIT = Duration.ofSeconds(10);

  private final Cgroup2 hierarchy;
  private final Cgroup cgroup;
  private final boolean made;
  private final OptionalInt deviceProgram;

  private ContainerCgroup(
      Cgroup2 hierarchy, Cgroup cgroup, boolean made, OptionalInt deviceProgram) {
    this.hierarchy = hierarchy;
    this.cgroup = cgroup;
    this.made = made;
    this.deviceProgram = deviceProgram;
  }

  static ContainerCgroup open(Cgroup2 hierarchy, String path) throws IOException {
    return new ContainerCgroup(hierarchy, hierarchy.open(path), false, OptionalInt.empty());
  }

  /**
   * One that an earlier engine made; empty device program, because its number is not known any
   * more.
   */
  static ContainerCgroup recover(Cgroup2 hierarchy, String path) throws IOException {
    return new ContainerCgroup(hierarchy, hierarchy.open(path), true, OptionalInt.empty());
  }

  /**
   * A new cgroup; when a limit or the device program cannot be set, nothing of it stays.
   *
   * @param watched controllers whose files are read, be there a limit or not
   * @param limitsMayMiss whether a limit is left out where the hierarchy lacks its controller
   */
  static ContainerCgroup make(
      Cgroup2 hierarchy,
      String path,
      @Nullable OciResources resources,
      Set<String> watched,
      boolean limitsMayMiss)
      throws IOException, LaunchFailure {
    Map<String, String> settings = settings(resources);
    if (limitsMayMiss) {
      settings.keySet().removeIf(file -> !hierarchy.controllers().contains(controller(file)));
    }
    Set<String> controllers = new TreeSet<>(watched);
    settings.keySet().forEach(file -> controllers.add(controller(file)));
    Cgroup cgroup = hierarchy.create(path, controllers);
    try {
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        cgroup.write(setting.getKey(), setting.getValue());
      }
      OptionalInt program = attach(cgroup, resources);
      return new ContainerCgroup(hierarchy, cgroup, true, program);
    } catch (IOException | RuntimeException e) {
      cgroup.close();
      Cgroup.destroy(hierarchy, path, DEATH_LIMIT);
      throw e;
    }
  }

  private static Map<String, String> settings(@Nullable OciResources resources)
      throws LaunchFailure {
    try {
      return new TreeMap<>(CgroupSettings.of(resources));
    } catch (LaunchRejection e) {
      throw new LaunchFailure(LaunchFailure.Cause.PREPARATION, String.valueOf(e.getMessage()), e);
    }
  }

  private static String controller(String file) {
    return file.substring(0, Math.max(0, file.indexOf('.')));
  }

  private static OptionalInt attach(Cgroup cgroup, @Nullable OciResources resources)
      throws IOException {
    if (resources == null || resources.devices().isEmpty()) {
      return OptionalInt.empty();
    }
    List<DeviceRule> rules = new ArrayList<>();
    resources.devices().forEach(rule -> rules.add(rule(rule)));
    try (DeviceProgram program = DeviceProgram.load(rules)) {
      program.attach(cgroup.fd(), cgroup.path());
      return OptionalInt.of(program.id());
    }
  }

  private static DeviceRule rule(OciDeviceRule rule) {
    Optional<FileKind> type =
        switch (rule.type()) {
          case "b" -> Optional.of(FileKind.BLOCK_DEVICE);
          case "c", "u" -> Optional.of(FileKind.CHARACTER_DEVICE);
          default -> Optional.empty();
        };
    boolean any = rule.access().isEmpty();
    return new DeviceRule(
        rule.allow(),
        type,
        Optional.ofNullable(rule.major()).map(Math::toIntExact),
        Optional.ofNullable(rule.minor()).map(Math::toIntExact),
        any || rule.access().contains("r"),
        any || rule.access().contains("w"),
        any || rule.access().contains("m"));
  }

  Cgroup cgroup() {
    return cgroup;
  }

  /** The program made of this launch's rules, if there are any. */
  OptionalInt deviceProgram() {
    return deviceProgram;
  }

  /**
   * What one of its files shows, words parted by one space. A cpuset that shares nothing with its
   * parent's is the parent's, whatever the file says (cgroup-v2.rst, cpuset.cpus.effective).
   */
  String limit(String file) throws IOException {
    String value = cgroup.read(file).trim().replaceAll("\\s+", " ");
    if (!file.equals("cpuset.cpus") && !file.equals("cpuset.mems")) {
      return value;
    }
    String effective = cgroup.read(file + ".effective").trim();
    Optional<NumberList> asked = NumberList.parse(value);
    boolean within =
        asked.isPresent()
            && NumberList.parse(effective).filter(asked.get()::containsAll).isPresent();
    return within ? value : value + ", in effect " + effective;
  }

  /** Whether it was made for one process and goes with it. */
  boolean made() {
    return made;
  }

  /** Has the cgroups above hand down what these files need, if they do not yet. */
  void handDown(Set<String> files) throws IOException {
    Set<String> controllers = new TreeSet<>();
    files.forEach(file -> controllers.add(controller(file)));
    hierarchy.handDown(cgroup.path(), controllers);
  }

  void kill() throws IOException {
    cgroup.kill();
  }

  /** Kills what is left in a cgroup of our making and removes it; does nothing to another's. */
  void dispose() throws IOException {
    if (made) {
      Cgroup.destroy(hierarchy, cgroup.path(), DEATH_LIMIT);
    }
  }

  @Override
  public void close() {
    cgroup.close();
  }
}
