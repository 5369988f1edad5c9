package dev.stockade.shim.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The users and groups of an image, from its /etc/passwd and /etc/group. Lines that are not exactly
 * as passwd(5) and group(5) say, or have ids out of range, do not count; of two entries for one
 * name or number the first does.
 */
public final class UserDatabase {
  /** Larger files are refused (CVE-2026-47262, CVE-2025-4437); Debian's own has 1 KiB. */
  static final int LARGEST_FILE = 1 << 20;

  /** NGROUPS_MAX of Linux, limits.h. */
  private static final int MOST_GROUPS = 65536;

  private static final int LONGEST_HOME = 4095;

  private final List<User> users;
  private final List<Group> groups;

  private record User(String name, long uid, long gid, String home) {}

  private record Group(String name, long gid, List<String> members) {}

  private UserDatabase(List<User> users, List<Group> groups) {
    this.users = users;
    this.groups = groups;
  }

  /** Reads the contents of the two files. */
  static UserDatabase parse(byte[] passwd, byte[] group) {
    List<User> users = new ArrayList<>();
    lines(passwd).forEach(line -> user(line).ifPresent(users::add));
    List<Group> groups = new ArrayList<>();
    lines(group).forEach(line -> group(line).ifPresent(groups::add));
    return new UserDatabase(users, groups);
  }

  private static Stream<String[]> lines(byte[] content) {
    return new String(content, StandardCharsets.UTF_8).lines().map(line -> line.split(":", -1));
  }

  private static Optional<User> user(String[] fields) {
    if (fields.length != 7 || !isName(fields[0])) {
      return Optional.empty();
    }
    Optional<Long> uid = id(fields[2]);
    Optional<Long> gid = id(fields[3]);
    if (uid.isEmpty() || gid.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new User(fields[0], uid.get(), gid.get(), home(fields[5])));
  }

  private static Optional<Group> group(String[] fields) {
    if (fields.length != 4 || !isName(fields[0])) {
      return Optional.empty();
    }
    List<String> members = Stream.of(fields[3].split(",")).filter(m -> !m.isEmpty()).toList();
    return id(fields[2]).map(gid -> new Group(fields[0], gid, members));
  }

  private static boolean isName(String text) {
    return part(text).filter(UserSpec.Name.class::isInstance).isPresent();
  }

  private static Optional<Long> id(String text) {
    return part(text).filter(UserSpec.Id.class::isInstance).map(p -> ((UserSpec.Id) p).value());
  }

  private static Optional<UserSpec.Part> part(String text) {
    try {
      return Optional.of(UserSpec.parseUser(text));
    } catch (ImageException e) {
      return Optional.empty();
    }
  }

  /**
   * The home goes into an environment variable, so it is a plain absolute path or it is nothing.
   */
  private static String home(String text) {
    boolean plain =
        text.startsWith("/")
            && text.length() <= LONGEST_HOME
            && text.chars().noneMatch(c -> Character.isISOControl(c) || c == '\ufffd');
    return plain ? text : "/";
  }

  /**
   * Who the process will be. A number need not be in the image; a name that is not is {@link
   * ImageException.Kind#MALFORMED}.
   */
  public ImageUser resolve(UserSpec spec) throws ImageException {
    Optional<User> known = find(spec.user());
    long uid;
    if (spec.user() instanceof UserSpec.Id number) {
      uid = number.value();
    } else {
      uid =
          known
              .orElseThrow(
                  () ->
                      ImageException.malformed(
                          "no user " + spec.user() + " in the image's /etc/passwd"))
              .uid();
    }
    long gid = spec.group().isPresent() ? gid(spec.group().get()) : known.map(User::gid).orElse(0L);
    Optional<String> name = known.map(User::name);
    return new ImageUser(
        uid,
        gid,
        name,
        name.isPresent() ? memberships(name.get(), gid) : List.of(),
        known.map(User::home).orElse("/"));
  }

  private Optional<User> find(UserSpec.Part user) {
    if (user instanceof UserSpec.Id number) {
      return users.stream().filter(u -> u.uid() == number.value()).findFirst();
    }
    return users.stream().filter(u -> u.name().equals(user.toString())).findFirst();
  }

  private long gid(UserSpec.Part group) throws ImageException {
    if (group instanceof UserSpec.Id number) {
      return number.value();
    }
    return groups.stream()
        .filter(g -> g.name().equals(group.toString()))
        .findFirst()
        .orElseThrow(
            () -> ImageException.malformed("no group " + group + " in the image's /etc/group"))
        .gid();
  }

  private List<Long> memberships(String name, long primary) throws ImageException {
    List<Long> gids =
        groups.stream()
            .filter(g -> g.members().contains(name) && g.gid() != primary)
            .map(Group::gid)
            .distinct()
            .sorted()
            .limit(MOST_GROUPS)
            .toList();
    if (gids.size() == MOST_GROUPS) {
      throw ImageException.refused(
          "user " + name + " is in " + MOST_GROUPS + " groups or more of the image's /etc/group");
    }
    return gids;
  }
}
