package dev.stockade.vm;

import dev.stockade.cri.v1.Mount;
import dev.stockade.shim.daemon.HostCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A directory of the host that SELinux lets containers of every pod use. */
final class LabelledDirectory {
  private final Path path;

  private LabelledDirectory(Path path) {
    this.path = path;
  }

  /** With copies of these files. */
  static LabelledDirectory with(Path... files) throws Exception {
    Path path = Files.createTempDirectory(Path.of("/var/lib"), "selinux-test");
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
    for (Path file : files) {
      Files.copy(file, path.resolve(file.getFileName()));
    }
    HostCommand.output("chcon", "-R", "system_u:object_r:container_file_t:s0", path.toString());
    return new LabelledDirectory(path);
  }

  Path path() {
    return path;
  }

  Mount at(String containerPath) {
    return Mount.newBuilder().setContainerPath(containerPath).setHostPath(path.toString()).build();
  }

  void remove() throws Exception {
    HostCommand.output("rm", "-r", path.toString());
  }
}
