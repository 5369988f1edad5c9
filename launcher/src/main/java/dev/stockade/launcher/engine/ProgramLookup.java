package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Environment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether a file is the program that a name leads to in a root, or the interpreter that program
 * names, execve(2).
 */
final class ProgramLookup {
  private static final int SCRIPT_DEPTH = 5;
  private static final int FIRST_LINE = 256;

  private final Directory root;
  private final String workingDirectory;
  private final String searchPath;

  ProgramLookup(Directory root, String workingDirectory, List<String> environment) {
    this.root = root;
    this.workingDirectory = workingDirectory;
    this.searchPath = Environment.path(environment).orElse("");
  }

  boolean leadsTo(String name, FileStatus executed) throws IOException {
    for (String candidate : candidates(name)) {
      if (reaches(candidate, executed, 0)) {
        return true;
      }
    }
    return false;
  }

  private List<String> candidates(String name) {
    List<String> paths = new ArrayList<>();
    if (name.indexOf('/') >= 0) {
      paths.add(absolute(name));
    } else {
      for (String directory : searchPath.split(":", -1)) {
        paths.add(absolute((directory.isEmpty() ? "." : directory) + "/" + name));
      }
    }
    return paths;
  }

  private String absolute(String path) {
    return path.startsWith("/") ? path : workingDirectory + "/" + path;
  }

  private boolean reaches(String path, FileStatus executed, int depth) throws IOException {
    try (Fd held = root.openPath(path)) {
      if (held.status().sameInode(executed)) {
        return true;
      }
    } catch (SyscallException e) {
      return false;
    }
    Optional<String> interpreter = depth < SCRIPT_DEPTH ? interpreter(path) : Optional.empty();
    return interpreter.isPresent() && reaches(absolute(interpreter.get()), executed, depth + 1);
  }

  /** The program after {@code #!}; the kernel looks at the first 256 bytes. */
  private Optional<String> interpreter(String path) throws IOException {
    byte[] start = new byte[FIRST_LINE];
    int length;
    try (Fd script = root.openRead(path);
        InputStream input = script.input()) {
      length = Math.max(0, input.read(start));
    } catch (SyscallException e) {
      return Optional.empty();
    }
    String text = new String(start, 0, length, StandardCharsets.ISO_8859_1);
    if (!text.startsWith("#!")) {
      return Optional.empty();
    }
    String line = text.substring(2).split("\n", 2)[0].trim();
    String program = line.split("[ \t]", 2)[0];
    return program.isEmpty() ? Optional.empty() : Optional.of(program);
  }
}
