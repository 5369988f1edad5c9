package dev.stockade.launcher.seccomp;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A call of 32-bit x86 that stands for many, chosen by its first argument while their arguments lie
 * behind a pointer no filter can follow: socketcall(2) and ipc(2). A rule for one of the many has
 * to reach it here as well, or it could be walked around.
 *
 * @param name the multiplexing call
 * @param selectorMask the bits of the first argument that choose: ipc keeps an interface version in
 *     the upper half
 * @param selectors the value that chooses each call (linux/net.h, linux/ipc.h)
 */
record Multiplexer(String name, long selectorMask, Map<String, Integer> selectors) {
  private static final List<String> SOCKET_CALLS =
      List.of(
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
          "sendmmsg");
  private static final List<Multiplexer> OF_X86 =
      List.of(
          new Multiplexer("socketcall", 0xffff_ffffL, numbered(1, SOCKET_CALLS)),
          new Multiplexer("ipc", 0xffffL, ipcCalls()));

  /** The multiplexers of an ABI. The other four have none. */
  static List<Multiplexer> of(Arch arch) {
    return arch == Arch.X86 ? OF_X86 : List.of();
  }

  static Optional<Multiplexer> named(Arch arch, String name) {
    return of(arch).stream().filter(m -> m.name.equals(name)).findFirst();
  }

  /** The condition that holds when the multiplexer is called for one of its calls. */
  Condition selects(int selector) {
    return new Condition(0, selectorMask, selector, Comparison.MASKED_EQ);
  }

  private static Map<String, Integer> ipcCalls() {
    Map<String, Integer> calls = new LinkedHashMap<>();
    calls.putAll(numbered(1, List.of("semop", "semget", "semctl", "semtimedop")));
    calls.putAll(numbered(11, List.of("msgsnd", "msgrcv", "msgget", "msgctl")));
    calls.putAll(numbered(21, List.of("shmat", "shmdt", "shmget", "shmctl")));
    return calls;
  }

  private static Map<String, Integer> numbered(int first, List<String> names) {
    Map<String, Integer> numbered = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      numbered.put(names.get(i), first + i);
    }
    return numbered;
  }
}
