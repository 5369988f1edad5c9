package dev.stockade.shim.container;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import java.util.List;
import java.util.Optional;

/**
 * A container that is made again in its pod has the seccomp profile that it had before, byte for
 * byte: a file that was changed meanwhile takes effect with a new pod and never unnoticed.
 */
final class SeccompPin {
  private SeccompPin() {}

  /**
   * Refuses a profile that is not the one of earlier attempts.
   *
   * @param name of the container
   * @param ofPod the containers that are in the pod
   */
  static void require(SeccompFile now, String name, List<Container> ofPod) throws CallFailure {
    for (Container other : ofPod) {
      Optional<SeccompFile> before = other.seccompFile();
      boolean sameFile =
          other.config().getMetadata().getName().equals(name)
              && before.filter(file -> file.file().equals(now.file())).isPresent();
      if (sameFile && !before.get().digest().equals(now.digest())) {
        throw new CallFailure(
            Kind.WRONG_STATE,
            "CreateContainer refused: linux.security_context.seccomp.localhost_ref: "
                + now.file()
                + " has changed since attempt "
                + other.config().getMetadata().getAttempt()
                + " of this container: it is "
                + now.digest()
                + " now and was "
                + before.get().digest()
                + "; restore it, or run the pod anew");
      }
    }
  }
}
