package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options of one mount, as mount(8) and the OCI runtime specification write them, taken apart.
 * The only parser of mount options.
 */
final class MountOptions {
  /** What an option does to the attributes of a mount. */
  private record Effect(long set, long clear, boolean recursive) {}

  private static final Map<String, Effect> EFFECTS =
      Map.ofEntries(
          effect("ro", MountAttributes.RDONLY, 0),
          effect("rw", 0, MountAttributes.RDONLY),
          effect("nosuid", MountAttributes.NOSUID, 0),
          effect("suid", 0, MountAttributes.NOSUID),
          effect("nodev", MountAttributes.NODEV, 0),
          effect("dev", 0, MountAttributes.NODEV),
          effect("noexec", MountAttributes.NOEXEC, 0),
          effect("exec", 0, MountAttributes.NOEXEC),
          effect("noatime", MountAttributes.NOATIME, MountAttributes.ATIME),
          effect("relatime", 0, MountAttributes.ATIME),
          effect("strictatime", MountAttributes.STRICTATIME, MountAttributes.ATIME),
          effect("nodiratime", MountAttributes.NODIRATIME, 0),
          effect("diratime", 0, MountAttributes.NODIRATIME),
          effect("nosymfollow", MountAttributes.NOSYMFOLLOW, 0),
          effect("symfollow", 0, MountAttributes.NOSYMFOLLOW));

  private static final Map<String, Propagation> PROPAGATIONS =
      Map.of(
          "private", Propagation.PRIVATE,
          "rprivate", Propagation.PRIVATE,
          "slave", Propagation.SLAVE,
          "rslave", Propagation.SLAVE,
          "shared", Propagation.SHARED,
          "rshared", Propagation.SHARED);

  private final List<String> data = new ArrayList<>();
  private MountAttributes attributes = MountAttributes.NONE;
  private MountAttributes recursiveAttributes = MountAttributes.NONE;
  private Optional<Propagation> propagation = Optional.empty();
  private boolean recursivePropagation = true;
  private boolean bind;
  private boolean recursiveBind;
  private boolean idmap;
  private boolean recursiveIdmap;

  private MountOptions() {}

  private static Map.Entry<String, Effect> effect(String name, long set, long clear) {
    return Map.entry(name, new Effect(set, clear, false));
  }

  /** Takes options apart; what is none of mount(8)'s own stays in {@link #data()}. */
  static MountOptions parse(String field, List<String> options, Problems problems) {
    MountOptions parsed = new MountOptions();
    for (int i = 0; i < options.size(); i++) {
      String option = options.get(i);
      String at = field + ".options[" + i + "]";
      if (problems.text(at, option) && !parsed.takes(option)) {
        parsed.data.add(option);
      }
    }
    return parsed;
  }

  private boolean takes(String option) {
    Propagation asked = PROPAGATIONS.get(option);
    if (asked != null) {
      propagation = Optional.of(asked);
      recursivePropagation = option.startsWith("r");
      return true;
    }
    Optional<Effect> effect = effectOf(option);
    if (effect.isPresent()) {
      apply(effect.get());
      return true;
    }
    return takesBind(option);
  }

  private static Optional<Effect> effectOf(String option) {
    Effect plain = EFFECTS.get(option);
    if (plain != null) {
      return Optional.of(plain);
    }
    Effect recursive = option.startsWith("r") ? EFFECTS.get(option.substring(1)) : null;
    return Optional.ofNullable(recursive).map(e -> new Effect(e.set(), e.clear(), true));
  }

  private void apply(Effect effect) {
    if (effect.recursive()) {
      recursiveAttributes = join(recursiveAttributes, effect);
    } else {
      attributes = join(attributes, effect);
    }
  }

  /**
   * A later option overrides an earlier one on the same bits. Nothing is cleared that the source of
   * a bind has: {@code rw} takes back an earlier {@code ro}, and does not open up what the host's
   * administrator closed.
   */
  private static MountAttributes join(MountAttributes earlier, Effect later) {
    long set = (earlier.set() & ~(later.set() | later.clear())) | later.set();
    // mount_setattr(2) changes the access time only if the whole of its mask is cleared.
    return new MountAttributes(set, earlier.clear() | (later.clear() & MountAttributes.ATIME));
  }

  private boolean takesBind(String option) {
    switch (option) {
      case "bind" -> bind = true;
      case "rbind" -> {
        bind = true;
        recursiveBind = true;
      }
      case "idmap" -> idmap = true;
      case "ridmap" -> {
        idmap = true;
        recursiveIdmap = true;
      }
      case "defaults" -> {}
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Options for the file system itself, {@code key} or {@code key=value}. */
  List<String> data() {
    return data;
  }

  MountAttributes attributes() {
    return attributes;
  }

  MountAttributes recursiveAttributes() {
    return recursiveAttributes;
  }

  /** Private unless asked otherwise. */
  Propagation propagation() {
    return propagation.orElse(Propagation.PRIVATE);
  }

  /** The propagation as ATTACH takes it. */
  long propagationFlags() {
    return propagation().flag() | (recursivePropagation ? MountFlags.REC : 0);
  }

  boolean bind() {
    return bind;
  }

  boolean recursiveBind() {
    return recursiveBind;
  }

  boolean idmap() {
    return idmap;
  }

  boolean recursiveIdmap() {
    return recursiveIdmap;
  }
}
