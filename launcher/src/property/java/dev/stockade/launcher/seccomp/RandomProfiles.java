package dev.stockade.launcher.seccomp;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Profiles of every shape the compiler takes, the same for the same seed. */
final class RandomProfiles {
  private static final List<Action> ACTIONS = List.of(Action.values());
  private static final List<Comparison> COMPARISONS = List.of(Comparison.values());
  private static final long[] INTERESTING = {
    0,
    1,
    2,
    9,
    38,
    40,
    255,
    0x7fffffffL,
    0x80000000L,
    0xffffffffL,
    0x100000000L,
    0x100000001L,
    0x1ffffffffL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -2,
    -1
  };

  private final Random random;
  private final Arch nativeArch;
  private final List<String> names;

  RandomProfiles(long seed, Arch nativeArch) {
    this.random = new Random(seed);
    this.nativeArch = nativeArch;
    this.names = new ArrayList<>();
    nativeArch.family().forEach(a -> names.addAll(SyscallTable.of(a).numbers().keySet()));
    names.addAll(List.of("socketcall", "ipc", "socket", "semop", "semop", "socket", "connect"));
  }

  Profile next() {
    List<ProfileArch> archs = new ArrayList<>();
    for (Arch arch : nativeArch.family()) {
      if (random.nextInt(4) > 0) {
        archs.add(ProfileArch.of(arch));
      }
    }
    if (random.nextInt(8) == 0) {
      archs.add(ProfileArch.S390X);
    }
    Action fallback = random.nextBoolean() ? Action.ERRNO : action();
    int count = 1 + random.nextInt(random.nextInt(6) == 0 ? 60 : 12);
    // Half of the profiles have one action besides the default, as allow lists and deny lists do.
    List<Action> actions = random.nextBoolean() ? ACTIONS : List.of(action());
    List<String> pool = pool(count);
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rules.add(rule(actions, pool));
    }
    boolean listens =
        fallback == Action.NOTIFY || rules.stream().anyMatch(r -> r.action() == Action.NOTIFY);
    return new Profile(
        fallback, errno(fallback), archs, List.of(), listens ? "/run/listener" : null, null, rules);
  }

  /** Fewer names than rules use, so that rules meet. */
  private List<String> pool(int count) {
    List<String> pool = new ArrayList<>();
    for (int i = 0; i < count * 4; i++) {
      pool.add(names.get(random.nextInt(names.size())));
    }
    return pool;
  }

  private Rule rule(List<Action> actions, List<String> pool) {
    Action action = actions.get(random.nextInt(actions.size()));
    List<String> chosen = new ArrayList<>();
    int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 40 : 3);
    for (int i = 0; i < count; i++) {
      chosen.add(pool.get(random.nextInt(pool.size())));
    }
    List<Condition> args = new ArrayList<>();
    int conditions =
        random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(random.nextInt(3) == 0 ? 4 : 2);
    for (int i = 0; i < conditions; i++) {
      args.add(condition());
    }
    return new Rule(chosen, action, errno(action), args);
  }

  private Condition condition() {
    Comparison op = COMPARISONS.get(random.nextInt(COMPARISONS.size()));
    int index = random.nextInt(random.nextBoolean() ? 2 : 6);
    return new Condition(index, value(), value(), op);
  }

  private long value() {
    return switch (random.nextInt(4)) {
      case 0 -> INTERESTING[random.nextInt(INTERESTING.length)];
      case 1 -> random.nextInt(64);
      case 2 -> 1L << random.nextInt(64);
      default -> random.nextLong() >>> random.nextInt(64);
    };
  }

  private Action action() {
    return ACTIONS.get(random.nextInt(ACTIONS.size()));
  }

  private @Nullable Integer errno(Action action) {
    if (!action.takesErrno() || random.nextBoolean()) {
      return null;
    }
    return random.nextInt(3) == 0 ? 4094 : random.nextInt(200);
  }
}
