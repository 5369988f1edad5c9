package dev.stockade.shim.lsm;

import java.io.IOException;
import java.util.Optional;

/** What is asked of the loaded policy. */
interface SelinuxPolicy {
  /** Whether it denies a process of a context, rather than tells of what it would deny. */
  boolean enforces(SelinuxContext context) throws IOException;

  /** The context as the kernel writes it; empty for one that the policy does not know. */
  Optional<SelinuxContext> find(SelinuxContext context) throws IOException;

  /** Whether it lets the daemon start a process in a context. */
  boolean mayStart(SelinuxContext context) throws IOException;

  /**
   * Whether it has a rule that lets a process of a context read files of another, also where
   * nothing is denied for now; it knows both.
   */
  boolean mayRead(SelinuxContext process, SelinuxContext file) throws IOException;
}
