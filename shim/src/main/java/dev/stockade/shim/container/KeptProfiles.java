package dev.stockade.shim.container;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Listing;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.seccomp.ProfileReader;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.node.NodePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The seccomp profiles that containers of one pod have from the node, kept with the pod's record
 * until it is removed. A container that is made again, which is one of the same name in the same
 * pod, has the bytes that it had first, whatever has become since of the file, of the earlier
 * containers and of the daemon. Another path is another profile. What is kept is never forgotten,
 * not even where the first container was not made after all: another one may have it by then.
 *
 * <p>Bytes are in files named by their SHA-256; a further file for each container and path names
 * the bytes. Only {@link #find} may be called by two threads at a time.
 */
final class KeptProfiles {
  /** Containers with each of their paths, of one pod. */
  private static final int MOST = 4096;

  /** All bytes of one pod. */
  static final long MOST_BYTES = 16L * ProfileReader.MAX_BYTES;

  private static final String PLACE = "seccomp";
  private static final String NAME = "of-";
  private static final int DIGITS = 64;
  private static final Duration REMOVAL = Duration.ofSeconds(10);

  private final Path place;
  private final int most;

  KeptProfiles(NodePaths paths, String podId) {
    this(paths.podRecords().resolve(podId), MOST);
  }

  /**
   * With a bound of its own.
   *
   * @param home the directory of the pod's record
   */
  KeptProfiles(Path home, int most) {
    this.place = home.resolve(PLACE);
    this.most = most;
  }

  /** What a container of this name has had from this path; empty if it is the first. */
  Optional<byte[]> find(String container, Path file) throws IOException {
    if (!Files.isDirectory(place)) {
      return Optional.empty();
    }
    try (Directory kept = Directory.open(place, Resolution.BENEATH)) {
      Optional<String> digest = digest(kept, name(container, file.toString()));
      return digest.isEmpty() ? Optional.empty() : Optional.of(bytes(kept, digest.get()));
    }
  }

  /** Keeps what a container is made with, or finds that it is kept. */
  void keep(String container, SeccompFile profile, byte[] bytes) throws IOException, CallFailure {
    String digest = Digest.sha256(bytes).hex();
    String name = name(container, profile.file());
    try (Directory kept = Directory.openPrivate(place)) {
      Optional<String> before = digest(kept, name);
      if (before.isPresent()) {
        requireSame(profile, before.get(), digest);
        return;
      }
      boolean anew = kept.status(digest).isEmpty();
      requireRoom(kept, anew ? bytes.length : 0);
      if (anew) {
        kept.writeAtomically(digest, bytes, 0600);
      }
      try {
        kept.writeAtomically(name, digest.getBytes(StandardCharsets.US_ASCII), 0600);
      } catch (IOException e) {
        if (anew) {
          kept.removeTree(digest, REMOVAL);
        }
        throw e;
      }
    }
  }

  /** Of fixed length and without slashes, whatever container and path are called. */
  private static String name(String container, String file) {
    String both = container + '\0' + file;
    return NAME + Digest.sha256(both.getBytes(StandardCharsets.UTF_8)).hex();
  }

  private static Optional<String> digest(Directory kept, String name) throws IOException {
    return kept.readIfPresent(name, DIGITS)
        .map(bytes -> new String(bytes, StandardCharsets.US_ASCII));
  }

  private static byte[] bytes(Directory kept, String digest) throws IOException {
    return kept.readIfPresent(digest, ProfileReader.MAX_BYTES)
        .filter(bytes -> Digest.sha256(bytes).hex().equals(digest))
        .orElseThrow(
            () ->
                new IOException(
                    "the profile that "
                        + kept
                        + " has of an earlier container is damaged; run the pod anew"));
  }

  /** Two attempts at the same time may have read the file on either side of a change. */
  private static void requireSame(SeccompFile profile, String before, String digest)
      throws CallFailure {
    if (!before.equals(digest)) {
      throw new CallFailure(
          Kind.WRONG_STATE,
          "CreateContainer refused: "
              + SeccompFile.FIELD
              + ": "
              + profile.file()
              + " has changed while two attempts of this container were made; try again");
    }
  }

  private void requireRoom(Directory kept, int more) throws IOException, CallFailure {
    long all = more;
    int names = 0;
    for (Listing.Name entry : kept.list(3 * MOST)) {
      boolean bytes = !entry.name().startsWith(NAME);
      names += bytes ? 0 : 1;
      all += bytes ? kept.status(entry.name()).orElseThrow().size() : 0;
    }
    if (names >= most || all > MOST_BYTES) {
      throw new CallFailure(
          Kind.EXHAUSTED,
          "CreateContainer refused: "
              + SeccompFile.FIELD
              + ": "
              + names
              + " containers of this pod have had profiles, and at most "
              + most
              + " and "
              + (MOST_BYTES >> 20)
              + " MiB of profiles are kept; run a new pod");
    }
  }
}
