package dev.stockade.shim.lsm;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SeLinuxPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/** The SELinux context that launches begin in, as a process finds it that is not the daemon. */
final class DaemonContext {
  private static final Path PROGRAMS = Path.of("/usr/bin");
  private static final String PROGRAM = "stockade";
  private static final String LABEL = "security.selinux";
  private static final int INIT = 1;
  private static final int LONGEST = 4096;

  private DaemonContext() {}

  /**
   * That of the warden which serves; or else the one that the installed service would be started
   * in; or else, where none is installed, this process's own.
   */
  static String of(OptionalInt serve) throws IOException {
    if (serve.isPresent()) {
      return context(serve.getAsInt());
    }
    Optional<String> program = label();
    return program.isPresent()
        ? SeLinuxPolicy.transition(context(INIT), program.get())
        : context(Linux.pid());
  }

  private static String context(int pid) throws IOException {
    try (ProcDirectory process = ProcDirectory.open(pid)) {
      return ended(process.read("attr/current", LONGEST));
    }
  }

  private static Optional<String> label() throws IOException {
    try (Directory programs = Directory.open(PROGRAMS, Resolution.BENEATH)) {
      if (programs.status(PROGRAM).isEmpty()) {
        return Optional.empty();
      }
      try (Entry program = programs.entry(PROGRAM)) {
        return program
            .attribute(LABEL)
            .map(label -> ended(new String(label, StandardCharsets.UTF_8)));
      }
    }
  }

  private static String ended(String context) {
    return context.replace("\0", "").strip();
  }
}
