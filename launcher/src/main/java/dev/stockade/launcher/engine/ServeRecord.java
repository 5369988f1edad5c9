package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/** Which process serves in a run directory, as it has written there itself. */
public final class ServeRecord {
  static final String FILE = "serve.pid";
  private static final String COMMAND = "warden:serve\n";
  private static final int LONGEST = 32;

  private ServeRecord() {}

  /** The serve of a run directory, without a word to it; empty where none runs. */
  public static OptionalInt running(Path runDirectory) throws IOException {
    if (!Files.isDirectory(runDirectory)) {
      return OptionalInt.empty();
    }
    try (Directory run = Directory.open(runDirectory, Resolution.BENEATH)) {
      OptionalInt pid = read(run);
      return pid.isPresent() && isServe(pid.getAsInt()) ? pid : OptionalInt.empty();
    }
  }

  /** Empty where there is no record, or one that holds no pid. */
  static OptionalInt read(Directory run) throws IOException {
    Optional<String> text =
        run.readIfPresent(FILE, LONGEST)
            .map(bytes -> new String(bytes, StandardCharsets.US_ASCII).trim());
    try {
      return text.isPresent() ? OptionalInt.of(Integer.parseInt(text.get())) : OptionalInt.empty();
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  /** Whether a process is one and not another that took over its number. */
  static boolean isServe(int pid) throws IOException {
    try (ProcDirectory proc = ProcDirectory.open(pid)) {
      return proc.read("comm", LONGEST).equals(COMMAND);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ESRCH)) {
        return false;
      }
      throw e;
    }
  }
}
