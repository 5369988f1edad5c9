package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A profile as a file has it. In the Docker dialect, which moby and containers-common write, rules
 * and architectures depend on the container and the node, so it says something only for one {@link
 * Subject}.
 */
public final class ProfileDocument {
  /** How a file is to be read. */
  public enum Dialect {
    /** {@code linux.seccomp} of the OCI runtime specification. */
    OCI,
    /** With any field of its own, such as {@code includes} or {@code archMap}. */
    DOCKER
  }

  /**
   * What the conditions of a profile are about.
   *
   * @param arch the one the kernel is built for
   * @param bounding the bounding set of the container, names as {@code CAP_CHOWN}
   * @param kernelRelease as uname(2) has it
   */
  public record Subject(Arch arch, Set<String> bounding, String kernelRelease) {}

  /** An architecture and those that come with it. */
  record ArchEntry(ProfileArch architecture, List<ProfileArch> subArchitectures) {}

  private final Dialect dialect;
  private final Profile everything;
  private final List<RuleGuard> guards;
  private final List<ArchEntry> archMap;

  /**
   * A document.
   *
   * @param everything with each rule, whatever it depends on
   * @param guards of each rule, in the same order
   */
  ProfileDocument(
      Dialect dialect, Profile everything, List<RuleGuard> guards, List<ArchEntry> archMap) {
    this.dialect = dialect;
    this.everything = everything;
    this.guards = List.copyOf(guards);
    this.archMap = List.copyOf(archMap);
  }

  /** The profile with every rule, whatever it depends on. */
  Profile everything() {
    return everything;
  }

  public Dialect dialect() {
    return dialect;
  }

  /**
   * The profile of one container.
   *
   * @throws ProfileException if what is left cannot be enforced, with all reasons
   */
  public Profile resolve(Subject subject) throws ProfileException {
    if (dialect == Dialect.OCI) {
      return everything;
    }
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < guards.size(); i++) {
      if (guards.get(i).lets(subject)) {
        rules.add(everything.syscalls().get(i));
      }
    }
    Profile resolved =
        new Profile(
            everything.defaultAction(),
            everything.defaultErrnoRet(),
            architectures(subject.arch()),
            everything.flags(),
            everything.listenerPath(),
            everything.listenerMetadata(),
            rules);
    List<String> problems = ProfileReview.of(resolved).problems();
    if (!problems.isEmpty()) {
      throw new ProfileException(problems);
    }
    return resolved;
  }

  private List<ProfileArch> architectures(Arch nativeArch) {
    List<ProfileArch> listed = new ArrayList<>(everything.architectures());
    for (ArchEntry entry : archMap) {
      if (entry.architecture() == ProfileArch.of(nativeArch)) {
        listed.add(entry.architecture());
        listed.addAll(entry.subArchitectures());
      }
    }
    return listed;
  }
}
