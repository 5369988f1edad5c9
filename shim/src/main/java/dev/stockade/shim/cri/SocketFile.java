package dev.stockade.shim.cri;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The name of the socket. It is bound under another name in a directory nobody else can enter,
 * given its mode there, and only then moved to its place: there is no moment at which others could
 * open it, and a stale one is replaced in the same step.
 */
final class SocketFile {
  private static final String MODE = "rw-------";
  private static final String PRIVATE = "rwx------";

  private final Path path;
  private final Path birthplace;

  SocketFile(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IOException("the socket " + path + " has no directory");
    }
    this.path = path.toAbsolutePath();
    this.birthplace = parent.resolve(".new-" + path.getFileName());
  }

  /** Where to bind. */
  Path bindAt() throws IOException {
    if (answers()) {
      throw new IOException(
          "another daemon answers at " + path + "; stop it or choose another socket");
    }
    Path parent = birthplace.getParent();
    if (parent != null) {
      Files.createDirectories(
          parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
    }
    if (Files.exists(birthplace, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(birthplace.resolve("s"));
      Files.delete(birthplace);
    }
    Files.createDirectory(
        birthplace, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(PRIVATE)));
    return birthplace.resolve("s");
  }

  /** Gives the bound socket its mode and its name. */
  void publish() throws IOException {
    Path bound = birthplace.resolve("s");
    Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString(MODE));
    Files.move(bound, path, StandardCopyOption.ATOMIC_MOVE);
    Files.delete(birthplace);
  }

  /** Takes the name away when the daemon ends. */
  void remove() throws IOException {
    Files.deleteIfExists(path);
  }

  private boolean answers() {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      return false;
    }
  }
}
