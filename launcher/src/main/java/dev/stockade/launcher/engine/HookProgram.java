package dev.stockade.launcher.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether nobody but root decides what a hook's path executes: the file, and every directory on the
 * way to it, as it is written and as links lead, belongs to root and is for root alone to write.
 */
public final class HookProgram {
  private static final int OTHERS_WRITE = 022;
  private static final int STICKY = 01000;
  private static final int EXECUTE = 0111;

  private HookProgram() {}

  /** Why it is not to be run; empty when it may. */
  public static Optional<String> objection(Path path) {
    try {
      Path unused = resolve(path);
      return Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.of(e.getMessage() + " is missing");
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * The file that the path leads to.
   *
   * @throws IOException if it is not to be run, with the reason
   */
  static Path resolve(Path path) throws IOException {
    Path file = path.toRealPath();
    List<Path> directories = new ArrayList<>();
    for (Path at : List.of(path, file)) {
      for (Path above = at.getParent(); above != null; above = above.getParent()) {
        directories.add(above);
      }
    }
    for (Path directory : directories) {
      requireRoots(directory, STICKY);
    }
    Map<String, Object> found = requireRoots(file, 0);
    if (!Files.isRegularFile(file) || (mode(found) & EXECUTE) == 0) {
      throw new IOException(file + " is no program: no regular file that can be executed");
    }
    return file;
  }

  private static int mode(Map<String, Object> found) {
    return found.get("mode") instanceof Integer mode ? mode : 0;
  }

  /**
   * @param unless a bit of the mode with which it does not matter that others can write
   */
  private static Map<String, Object> requireRoots(Path path, int unless) throws IOException {
    Map<String, Object> found = Files.readAttributes(path, "unix:uid,mode");
    if (!Integer.valueOf(0).equals(found.get("uid"))) {
      throw new IOException(path + " belongs to uid " + found.get("uid") + ", not to root");
    }
    if ((mode(found) & OTHERS_WRITE) != 0 && (mode(found) & unless) == 0) {
      throw new IOException(path + " can be written by others than root; run chmod go-w " + path);
    }
    return found;
  }
}
