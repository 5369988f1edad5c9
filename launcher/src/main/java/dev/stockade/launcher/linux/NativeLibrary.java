package dev.stockade.launcher.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Puts jffi's shared library into a private 0700 directory before jffi looks for it, and removes it
 * once it is mapped. Because jffi by itself writes it to the shared temporary directory with a mode
 * open to others and loads it from there.
 */
final class NativeLibrary {
  private static final String BOOT_PATH = "jffi.boot.library.path";
  private static final String FILE = "libjffi-1.2.so";

  private static @Nullable Path base;
  private static @Nullable Path extracted;

  private NativeLibrary() {}

  /** Where to extract; without this call the JVM's temporary directory is used. */
  static synchronized void base(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var permissions = Files.getPosixFilePermissions(directory);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(directory + " can be written by others; give it mode 0700");
    }
    base = directory;
  }

  static synchronized void prepare() {
    if (System.getProperty(BOOT_PATH) != null) {
      return;
    }
    String platform =
        Architecture.current() == Architecture.X86_64 ? "x86_64-Linux" : "aarch64-Linux";
    String resource = "/jni/" + platform + "/" + FILE;
    try (InputStream library = com.kenai.jffi.Platform.class.getResourceAsStream(resource)) {
      if (library == null) {
        throw new IllegalStateException(
            resource + " is not on the class path: the jar is incomplete");
      }
      var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
      Path directory =
          base == null
              ? Files.createTempDirectory("stockade-native", mode)
              : Files.createTempDirectory(base, "native", mode);
      Files.copy(library, directory.resolve(FILE));
      extracted = directory;
      System.setProperty(BOOT_PATH, directory.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("extract " + FILE + ": " + e.getMessage(), e);
    }
  }

  /** The library is mapped; its file is of no more use. */
  static synchronized void discard() {
    if (extracted == null) {
      return;
    }
    try {
      Files.deleteIfExists(extracted.resolve(FILE));
      Files.deleteIfExists(extracted);
    } catch (IOException e) {
      throw new UncheckedIOException("remove " + extracted + ": " + e.getMessage(), e);
    }
    extracted = null;
  }
}
