package dev.stockade.shim.container;

import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.ProfileException;
import dev.stockade.launcher.seccomp.ProfileReader;
import dev.stockade.launcher.seccomp.ProfileReview;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.call.Refusals;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads a seccomp profile of the node. What is read once is kept with the container, whatever
 * becomes of the file.
 */
final class SeccompFile {
  private static final String FIELD = "linux.security_context.seccomp.localhost_ref";

  private SeccompFile() {}

  static Profile read(Path file) throws CallFailure {
    try (InputStream in = regular(file)) {
      byte[] bytes = in.readNBytes(ProfileReader.MAX_BYTES + 1);
      Profile profile = ProfileReader.read(bytes);
      List<String> problems = ProfileReview.of(profile).problems();
      if (!problems.isEmpty()) {
        throw refused(file, problems);
      }
      return profile;
    } catch (ProfileException e) {
      throw refused(file, e.problems());
    } catch (IOException e) {
      throw Refusals.of("CreateContainer: read profile " + file + " of " + FIELD, e);
    }
  }

  private static InputStream regular(Path file) throws IOException, CallFailure {
    if (!Files.isRegularFile(file)) {
      throw new CallFailure(
          Kind.WRONG_STATE,
          "CreateContainer refused: "
              + FIELD
              + ": "
              + file
              + " is not a file; install the profile");
    }
    return Files.newInputStream(file);
  }

  private static CallFailure refused(Path file, List<String> problems) {
    return new CallFailure(
        Kind.INVALID,
        "CreateContainer refused: "
            + FIELD
            + ": profile "
            + file
            + ": "
            + String.join(" | ", problems)
            + "; correct the profile");
  }
}
