package dev.stockade.shim.pod;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of a pod, written once.
 *
 * @param config the request's PodSandboxConfig as it came over the wire, base64: nothing of it is
 *     lost or changed
 * @param bootId of the kernel it was made under; namespaces do not outlive a boot
 * @param createdAt nanoseconds since 1970
 * @param selinux where the kernel had SELinux; its categories are the pod's until it is removed
 */
public record PodRecord(
    int version,
    String config,
    String runtimeHandler,
    String bootId,
    long createdAt,
    @Nullable SelinuxLabels selinux) {
  private static final int VERSION = 1;

  static PodRecord of(
      PodSandboxConfig config,
      String runtimeHandler,
      String bootId,
      long createdAt,
      Optional<SelinuxLabels> selinux) {
    String base64 = Base64.getEncoder().encodeToString(config.toByteArray());
    return new PodRecord(VERSION, base64, runtimeHandler, bootId, createdAt, selinux.orElse(null));
  }

  PodSandboxConfig decodeConfig() throws IOException {
    if (version != VERSION) {
      throw new IOException("record version " + version + " is not known to this build");
    }
    try {
      return PodSandboxConfig.parseFrom(Base64.getDecoder().decode(config));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw new IOException("the stored request is damaged", e);
    }
  }

  /** Without the request. */
  @Override
  public String toString() {
    return "PodRecord[" + runtimeHandler + "]";
  }
}
