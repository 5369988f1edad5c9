package dev.stockade.shim.container;

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
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A seccomp profile of the node. What is read once is kept with the container, whatever becomes of
 * the file.
 *
 * @param file absolute path
 * @param digest of its bytes, {@code sha256:} and hexadecimal
 * @param dialect {@code oci} or {@code docker}
 * @param warnings places where it says less than its author may think
 */
public record SeccompFile(String file, String digest, String dialect, List<String> warnings) {
  private static final String FIELD = "linux.security_context.seccomp.localhost_ref";

  /** The file, and what it says for one container. */
  record Read(SeccompFile file, Profile profile) {}

  static Read read(Path file, ProfileDocument.Subject subject) throws CallFailure {
    try {
      byte[] bytes = HostPath.read(file, ProfileReader.MAX_BYTES);
      ProfileDocument document = ProfileReader.read(bytes);
      Profile profile = document.resolve(subject);
      String dialect = document.dialect().name().toLowerCase(Locale.ROOT);
      List<String> warnings = ProfileReview.of(profile).warnings();
      return new Read(new SeccompFile(file.toString(), digest(bytes), dialect, warnings), profile);
    } catch (ProfileException e) {
      throw refused(
          Kind.INVALID,
          "profile " + file + ": " + String.join(" | ", e.problems()),
          "correct the profile");
    } catch (SyscallException e) {
      throw unreadable(file, e);
    } catch (IOException e) {
      throw Refusals.of("CreateContainer: read profile " + file + " of " + FIELD, e);
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

  private static String digest(byte[] bytes) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static CallFailure refused(Kind kind, String reason, String advice) {
    return new CallFailure(
        kind, "CreateContainer refused: " + FIELD + ": " + reason + "; " + advice);
  }
}
