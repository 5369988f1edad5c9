package dev.stockade.shim.image;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Entry;
import dev.stockade.launcher.linux.FileKind;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SyscallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A tree of every kind of file outside the store, in which nothing may ever change. */
final class Canary {
  private static final List<String> ATTRIBUTES =
      List.of(
          "user.canary",
          "trusted.canary",
          "security.capability",
          "security.selinux",
          "security.ima",
          "trusted.overlay.opaque",
          "trusted.overlay.redirect",
          "trusted.overlay.metacopy",
          "user.overlay.opaque",
          "system.posix_acl_access",
          "system.posix_acl_default");
  private static final Instant LONG_AGO = Instant.ofEpochSecond(1_000_000_000L, 5);

  private Canary() {}

  /** Fills an empty directory. */
  static void fill(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("below/deep"));
    Files.writeString(directory.resolve("secret"), "unchanged");
    Files.writeString(directory.resolve("below/deep/file"), "unchanged too");
    Files.createLink(directory.resolve("second-name"), directory.resolve("secret"));
    Files.createSymbolicLink(directory.resolve("link"), Path.of("secret"));
    try (Directory held = Directory.open(directory, Resolution.BENEATH)) {
      node(held, "fifo", FileKind.FIFO, 0, 0);
      node(held, "null", FileKind.CHARACTER_DEVICE, 1, 3);
      node(held, "disk", FileKind.BLOCK_DEVICE, 7, 255);
      try (Entry secret = held.entry("secret")) {
        secret.owner(1234, 4321);
        secret.mode(04750);
        secret.setAttribute("user.canary", "sings".getBytes(StandardCharsets.UTF_8));
        secret.setAttribute("trusted.canary", "sings".getBytes(StandardCharsets.UTF_8));
        secret.times(LONG_AGO, LONG_AGO);
      }
    }
  }

  private static void node(Directory held, String name, FileKind kind, int major, int minor)
      throws SyscallException {
    try (Entry entry = held.entry(name)) {
      entry.makeNode(kind, 0640, major, minor);
    }
  }

  /** Everything at and below these paths: content, kind, mode, owner, links, times, attributes. */
  static Map<String, String> picture(Path... roots) throws IOException {
    return picture("unix:mode,uid,gid,size,lastModifiedTime,ctime,nlink,rdev,ino", roots);
  }

  /** As {@link #picture}, but for what changes where names come and go. */
  static Map<String, String> contents(Path root) throws IOException {
    return picture("unix:mode,uid,gid,rdev", root);
  }

  private static Map<String, String> picture(String status, Path... roots) throws IOException {
    Map<String, String> picture = new TreeMap<>();
    for (Path root : roots) {
      try (Stream<Path> paths = Files.walk(root)) {
        for (Path path : paths.toList()) {
          picture.put(path.toString(), facts(path, status));
        }
      }
    }
    return picture;
  }

  private static String facts(Path path, String status) throws IOException {
    StringBuilder facts = new StringBuilder();
    facts.append(new TreeMap<>(Files.readAttributes(path, status, LinkOption.NOFOLLOW_LINKS)));
    if (Files.isSymbolicLink(path)) {
      facts.append(" -> ").append(Files.readSymbolicLink(path));
    } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      facts.append(' ').append(Digest.sha256(Files.readAllBytes(path)));
    }
    try (Directory parent =
            Directory.open(Objects.requireNonNull(path.getParent()), Resolution.BENEATH);
        Entry entry = parent.entry(path.getFileName().toString())) {
      for (String name : ATTRIBUTES) {
        entry
            .attribute(name)
            .ifPresent(
                value ->
                    facts
                        .append(' ')
                        .append(name)
                        .append('=')
                        .append(HexFormat.of().formatHex(value)));
      }
    }
    return facts.toString();
  }
}
