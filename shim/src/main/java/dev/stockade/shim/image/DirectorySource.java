package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/** A directory on the host, whose symbolic links are not followed. */
final class DirectorySource implements ImageSource {
  private final Directory directory;
  private final String label;

  private DirectorySource(Directory directory, String label) {
    this.directory = directory;
    this.label = label;
  }

  static DirectorySource open(Path path) throws ImageException {
    try {
      return new DirectorySource(Directory.open(path, Resolution.BENEATH), path.toString());
    } catch (SyscallException e) {
      throw ImageException.unreadable("open " + path, e);
    }
  }

  @Override
  public Optional<Long> size(EntryPath name) throws ImageException {
    try (Fd file = directory.openPath(name.text())) {
      var status = file.status();
      return status.kind() == FileKind.REGULAR ? Optional.of(status.size()) : Optional.empty();
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        return Optional.empty();
      }
      if (e.is(Errno.ELOOP)) {
        throw ImageException.refused(label + ": " + name + " is or goes through a symbolic link");
      }
      throw ImageException.unreadable("look at " + name + " of " + label, e);
    }
  }

  @Override
  public InputStream open(EntryPath name) throws ImageException {
    if (size(name).isEmpty()) {
      throw ImageException.refused(label + " has no file " + name);
    }
    try {
      return new OwnedInput(directory.openRead(name.text()));
    } catch (SyscallException e) {
      throw ImageException.unreadable("open " + name + " of " + label, e);
    }
  }

  @Override
  public String describe() {
    return label;
  }

  @Override
  public void close() {
    directory.close();
  }

  /** A stream that closes its descriptor with it. */
  private static final class OwnedInput extends FilterInputStream {
    private final Fd fd;

    OwnedInput(Fd fd) {
      super(fd.input());
      this.fd = fd;
    }

    @Override
    public void close() throws IOException {
      super.close();
      fd.close();
    }
  }
}
