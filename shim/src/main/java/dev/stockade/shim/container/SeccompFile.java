package dev.stockade.shim.container;

import com.google.protobuf.ByteString;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.ProfileDocument;
import dev.stockade.launcher.seccomp.ProfileException;
import dev.stockade.launcher.seccomp.ProfileReader;
import dev.stockade.launcher.seccomp.ProfileReview;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.image.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A seccomp profile of the node. What is read once is kept with the container, and for those made
 * again after it, whatever becomes of the file.
 *
 * @param file absolute path
 * @param digest of its bytes, {@code sha256:} and hexadecimal
 * @param kept whether the bytes are those of an earlier attempt of the container, not of the file
 * @param dialect {@code oci} or {@code docker}
 * @param warnings places where it says less than its author may think
 */
public record SeccompFile(
    String file, String digest, boolean kept, String dialect, List<String> warnings) {
  static final String FIELD = "linux.security_context.seccomp.localhost_ref";

  /** The file, its bytes, and what they say for one container. */
  public record Read(SeccompFile file, Profile profile, ByteString bytes) {}

  /**
   * Reads a container's profile.
   *
   * @param profiles of its pod
   */
  static Read read(
      Path file, String container, KeptProfiles profiles, ProfileDocument.Subject subject)
      throws CallFailure {
    Optional<byte[]> before = kept(file, container, profiles);
    try {
      byte[] bytes =
          before.isPresent() ? before.get() : HostPath.read(file, ProfileReader.MAX_BYTES);
      ProfileDocument document = ProfileReader.read(bytes);
      Profile profile = document.resolve(subject);
      SeccompFile read =
          new SeccompFile(
              file.toString(),
              Digest.sha256(bytes).toString(),
              before.isPresent(),
              document.dialect().name().toLowerCase(Locale.ROOT),
              ProfileReview.of(profile).warnings());
      return new Read(read, profile, ByteString.copyFrom(bytes));
    } catch (ProfileException e) {
      throw refused(
          Kind.INVALID,
          "profile " + file + ": " + String.join(" | ", e.problems()),
          before.isPresent() ? "correct the profile and run the pod anew" : "correct the profile");
    } catch (SyscallException e) {
      throw unreadable(file, e);
    } catch (IOException e) {
      throw Refusals.of("CreateContainer: read profile " + file + " of " + FIELD, e);
    }
  }

  private static Optional<byte[]> kept(Path file, String container, KeptProfiles profiles)
      throws CallFailure {
    try {
      return profiles.find(container, file);
    } catch (IOException e) {
      throw Refusals.of("CreateContainer: read what is kept of " + file + " of " + FIELD, e);
    }
  }

  private static CallFailure unreadable(Path file, SyscallException e) {
    if (e.is(Errno.EFBIG)) {
      return refused(Kind.INVALID, String.valueOf(e.getMessage()), "make the profile smaller");
    }
    if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.EINVAL) || e.is(Errno.ENXIO)) {
      return refused(Kind.WRONG_STATE, file + " is not a file", "install the profile");
    }
    return Refusals.of("CreateContainer: read profile " + file + " of " + FIELD, e);
  }

  private static CallFailure refused(Kind kind, String reason, String advice) {
    return new CallFailure(
        kind, "CreateContainer refused: " + FIELD + ": " + reason + "; " + advice);
  }
}
