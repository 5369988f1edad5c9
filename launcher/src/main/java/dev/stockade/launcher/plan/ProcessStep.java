package dev.stockade.launcher.plan;

/** What belongs to the joined or created namespaces and to the process, but is no privilege. */
public sealed interface ProcessStep extends Step {
  /** sethostname(2). */
  record Hostname(String name) implements ProcessStep {}

  /** setdomainname(2). */
  record Domainname(String name) implements ProcessStep {}

  /**
   * Writes a kernel parameter.
   *
   * @param proc a private procfs
   * @param path beneath {@code sys/}, with slashes
   */
  record Sysctl(Slot proc, String path, String value) implements ProcessStep {}

  /**
   * prlimit(2).
   *
   * @param resource RLIMIT_* number
   * @param soft unsigned; all bits = RLIM_INFINITY
   * @param hard likewise
   */
  record Rlimit(long resource, long soft, long hard, Tolerance tolerance) implements ProcessStep {}

  /** umask(2). */
  record Umask(long mask) implements ProcessStep {}

  /**
   * A new pseudoterminal becomes standard input, output and error.
   *
   * @param devpts the instance it is made in
   * @param console a path its peer is bound on, or empty
   * @param owner the uid the peer is given to
   */
  record Terminal(Slot devpts, long rows, long columns, String console, long owner)
      implements ProcessStep {}

  /** Standard input becomes the controlling terminal of the session. */
  record TakeTerminal() implements ProcessStep {}

  /** dup2(2) to 0, 1 and 2. */
  record Stdio(Slot stdin, Slot stdout, Slot stderr) implements ProcessStep {}

  /**
   * A security module's attribute of the process, written through a private procfs.
   *
   * @param name the file beneath {@code thread-self/attr/}
   */
  record LsmAttribute(Slot proc, String name, String value) implements ProcessStep {}

  /**
   * chdir(2), checked to be reachable from the root.
   *
   * @param last 0 = EACCES leaves it to the later one; 1 = nothing is done if the earlier one
   *     arrived
   */
  record Chdir(String path, long last) implements ProcessStep {}
}
