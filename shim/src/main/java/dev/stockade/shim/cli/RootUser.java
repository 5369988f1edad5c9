package dev.stockade.shim.cli;

import dev.stockade.launcher.linux.Linux;

/** Whoever may try what the kernel allows to the daemon. */
final class RootUser {
  private RootUser() {}

  /**
   * @throws CommandFailure to anybody else, who would be told what holds for him alone
   */
  static void require(String command) {
    if (!Linux.root()) {
      throw CommandFailure.of(
          command
              + " tries what the kernel allows to the daemon, which only root can; run it as root");
    }
  }
}
