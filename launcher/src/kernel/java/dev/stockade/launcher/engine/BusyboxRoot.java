package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An image layer made of this machine's busybox and the libraries it needs. */
final class BusyboxRoot {
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

  private BusyboxRoot() {}

  static void make(Path root) throws Exception {
    assertThat(BUSYBOX).as("Debian package busybox").isExecutable();
    for (String name : List.of("bin", "etc", "proc", "sys", "dev", "tmp", "root", "work")) {
      Files.createDirectories(root.resolve(name));
    }
    copy(BUSYBOX, root);
    Matcher libraries = LIBRARY.matcher(output("ldd", BUSYBOX.toString()));
    while (libraries.find()) {
      copy(Path.of(libraries.group(1)), root);
    }
    for (String applet : output(BUSYBOX.toString(), "--list").split("\n", -1)) {
      Path link = root.resolve("bin").resolve(applet);
      if (!applet.isEmpty() && Files.notExists(link)) {
        Files.createSymbolicLink(link, Path.of("busybox"));
      }
    }
    Files.copy(BUSYBOX.toRealPath(), root.resolve("bin/alt"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.writeString(root.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
  }

  private static void copy(Path file, Path root) throws IOException {
    Path target = root.resolve(file.toString().substring(1));
    Files.createDirectories(target.getParent());
    Files.copy(
        file.toRealPath(),
        target,
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  static String output(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    byte[] text = process.getInputStream().readAllBytes();
    process.waitFor();
    return new String(text, StandardCharsets.UTF_8);
  }
}
