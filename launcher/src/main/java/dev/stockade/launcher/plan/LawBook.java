package dev.stockade.launcher.plan;

import java.util.List;
import java.util.stream.Stream;

/**
 * Every law of launching: in which order steps come, and why. One table for the compiler's checks,
 * the documentation and the tests.
 */
final class LawBook {
  /** All laws, in the order of the launch. */
  static final List<Law> ALL =
      Stream.of(
              MonitorLaws.ALL,
              NamespaceLaws.ALL,
              FileSystemLaws.ALL,
              ProcessLaws.ALL,
              PrivilegeLaws.ALL,
              FilterLaws.ALL,
              ProgramLaws.ALL,
              BirthLaws.ALL)
          .flatMap(List::stream)
          .toList();

  private LawBook() {}
}
