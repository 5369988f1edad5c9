package dev.stockade.launcher.seccomp;

import dev.stockade.launcher.seccomp.oracle.Libseccomp;
import dev.stockade.launcher.seccomp.oracle.OracleFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where our verdict is not held against libseccomp's, and why. Each is decided from the profile,
 * the call and libseccomp's table of names; none looks at a verdict.
 */
enum KnownDifference {
  /**
   * A call newer than the profile gets ENOSYS. libseccomp leaves that to its callers: runc patches
   * its programs likewise.
   */
  NEWER_THAN_PROFILE,
  /**
   * The installed libseccomp's table lacks the number, or one of the names the profile uses for it.
   */
  NOT_IN_ITS_TABLE,
  /**
   * socketcall and ipc of 32-bit x86 under rules with conditions. libseccomp replaces a condition
   * on argument 0 by the selector and compares the others with the multiplexer's own arguments,
   * which are pointers; so "socket, if not AF_ALG" becomes every socketcall(SYS_SOCKET). We give
   * hidden calls their strictest verdict. The version in the upper half of ipc's first argument,
   * which the kernel drops, does not make a difference to us.
   */
  MULTIPLEXED_CONDITIONS,
  /**
   * Several rules hold and want different things. We take the strictest, libseccomp what its tree
   * meets first.
   */
  CONTRADICTION,
  /**
   * Two or more sets of conditions for a call, not all of them equalities. libseccomp merges them
   * into one tree of 32-bit comparisons and shares nodes that are not the same test: of "arg1 >=
   * 0x472b68ee5" and "arg1 == 0x18c07" it lets 101382 through (2.5.4 and 2.6.1). Our verdicts there
   * are held against the reference instead.
   */
  MERGED_CONDITIONS;

  private static final Map<List<Object>, Boolean> IN_TABLE = new ConcurrentHashMap<>();
  private static final Map<Integer, Set<String>> MULTIPLEXERS =
      Map.of(
          102,
          Set.of(
              "socketcall",
              "socket",
              "bind",
              "connect",
              "listen",
              "accept",
              "getsockname",
              "getpeername",
              "socketpair",
              "send",
              "recv",
              "sendto",
              "recvfrom",
              "shutdown",
              "setsockopt",
              "getsockopt",
              "sendmsg",
              "recvmsg",
              "accept4",
              "recvmmsg",
              "sendmmsg"),
          117,
          Set.of(
              "ipc",
              "semop",
              "semget",
              "semctl",
              "semtimedop",
              "msgsnd",
              "msgrcv",
              "msgget",
              "msgctl",
              "shmat",
              "shmdt",
              "shmget",
              "shmctl"));

  /** The difference that applies to a call, if any. */
  static Optional<KnownDifference> of(
      Libseccomp library, Profile profile, ReferencePolicy reference, SeccompData call) {
    Optional<Arch> known = reference.arch(call).filter(reference::lists);
    if (known.isEmpty()) {
      return Optional.empty();
    }
    Arch arch = known.get();
    int number = call.number();
    if (reference.isNewer(arch, number)) {
      return Optional.of(NEWER_THAN_PROFILE);
    }
    if (!isInTable(library, arch, number)) {
      return Optional.of(NOT_IN_ITS_TABLE);
    }
    if (arch == Arch.X86
        && MULTIPLEXERS.containsKey(number)
        && isMultiplexedWithConditions(profile, call)) {
      return Optional.of(MULTIPLEXED_CONDITIONS);
    }
    if (reference.matching(arch, call).stream().distinct().count() > 1) {
      return Optional.of(CONTRADICTION);
    }
    boolean merged = isMerged(reference.clauses(arch, number));
    return merged ? Optional.of(MERGED_CONDITIONS) : Optional.empty();
  }

  private static boolean isInTable(Libseccomp library, Arch arch, int number) {
    return IN_TABLE.computeIfAbsent(List.of(arch, number), key -> resolves(library, arch, number));
  }

  private static boolean resolves(Libseccomp library, Arch arch, int number) {
    for (String name : SyscallTable.of(arch).namesOf(number)) {
      int theirs = library.seccomp_syscall_resolve_name_arch(OracleFilter.token(arch), name);
      boolean pseudo =
          arch == Arch.X86
              && MULTIPLEXERS.values().stream().anyMatch(names -> names.contains(name));
      if (theirs != number && !pseudo) {
        return false;
      }
    }
    return true;
  }

  private static boolean isMultiplexedWithConditions(Profile profile, SeccompData call) {
    Set<String> names = MULTIPLEXERS.getOrDefault(call.number(), Set.of());
    boolean version = call.number() == 117 && (call.args().get(0) & 0xffff_0000L) != 0;
    return version
        || profile.syscalls().stream()
            .anyMatch(
                rule -> !rule.args().isEmpty() && rule.names().stream().anyMatch(names::contains));
  }

  private static boolean isMerged(List<List<Condition>> clauses) {
    List<Condition> all = new ArrayList<>();
    clauses.forEach(all::addAll);
    return clauses.size() > 1
        && !all.stream().allMatch(c -> c.op() == Comparison.EQ)
        && !all.stream().allMatch(c -> c.op() == Comparison.MASKED_EQ);
  }
}
