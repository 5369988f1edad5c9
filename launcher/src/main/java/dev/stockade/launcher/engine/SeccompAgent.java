package dev.stockade.launcher.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.launcher.linux.DescriptorMail;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.spec.OciLinux;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The program of the node that answers the system calls a profile notifies about: {@code
 * linux.seccomp.listenerPath} of the OCI runtime specification. It gets the listener when the
 * process is verified and before it runs.
 */
final class SeccompAgent {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SeccompAgent() {}

  /** Hands the listener over; without somebody who takes it the process would wait for ever. */
  static void tell(LaunchSubject subject, int pid, Fd listener) throws LaunchFailure {
    Profile profile =
        Optional.ofNullable(subject.spec().linux()).map(OciLinux::seccomp).orElseThrow();
    String path = Optional.ofNullable(profile.listenerPath()).orElseThrow();
    try {
      DescriptorMail.send(Path.of(path), state(subject, pid, profile), listener);
    } catch (SyscallException e) {
      throw new LaunchFailure(
          LaunchFailure.Cause.PREPARATION,
          "nobody takes the notifications of the seccomp profile at its listenerPath "
              + path
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** ContainerProcessState of the specification, config-linux.md. */
  private static byte[] state(LaunchSubject subject, int pid, Profile profile) {
    ObjectNode process = JSON.createObjectNode();
    process.put("ociVersion", subject.spec().ociVersion());
    process.putArray("fds").add("seccompFd");
    process.put("pid", pid);
    process.put("metadata", Optional.ofNullable(profile.listenerMetadata()).orElse(""));
    ObjectNode container = process.putObject("state");
    container.put("ociVersion", subject.spec().ociVersion());
    container.put("id", subject.id());
    container.put("status", subject.kind() == LaunchKind.EXEC ? "running" : "creating");
    container.put("pid", pid);
    container.put("bundle", "");
    try {
      return JSON.writeValueAsBytes(process);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values are always JSON", e);
    }
  }
}
