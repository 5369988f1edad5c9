package dev.stockade.shim.container;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of a container and what was decided from it, written once.
 *
 * @param version of this record's form
 * @param config the request's ContainerConfig as it came over the wire, base64: nothing of it is
 *     lost or changed
 * @param imageId identifier of the image it was made from
 * @param stopSignal number of the signal that asks it to end
 * @param spec the OCI runtime spec, base64 of its JSON
 * @param unenforced limits the configuration allows to be left out, by field, with what was asked
 * @param seccomp the profile of the node that is in the spec, if one was asked for
 * @param createdAt nanoseconds since 1970
 */
public record ContainerRecord(
    int version,
    String podId,
    String config,
    String imageId,
    int stopSignal,
    String spec,
    Map<String, String> unenforced,
    @Nullable SeccompFile seccomp,
    long createdAt) {
  private static final int VERSION = 1;

  static ContainerRecord of(
      String podId,
      ContainerConfig config,
      String imageId,
      int stopSignal,
      OciSpec spec,
      Map<String, String> unenforced,
      @Nullable SeccompFile seccomp,
      long createdAt) {
    Base64.Encoder base64 = Base64.getEncoder();
    return new ContainerRecord(
        VERSION,
        podId,
        base64.encodeToString(config.toByteArray()),
        imageId,
        stopSignal,
        base64.encodeToString(OciJson.write(spec)),
        unenforced,
        seccomp,
        createdAt);
  }

  ContainerConfig decodeConfig() throws IOException {
    if (version != VERSION) {
      throw new IOException("record version " + version + " is not known to this build");
    }
    try {
      return ContainerConfig.parseFrom(Base64.getDecoder().decode(config));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw new IOException("the stored request is damaged", e);
    }
  }

  OciSpec decodeSpec() throws IOException {
    try {
      return OciJson.read(Base64.getDecoder().decode(spec));
    } catch (IllegalArgumentException e) {
      throw new IOException("the stored OCI spec is damaged", e);
    }
  }

  /** Without the request, which holds the environment. */
  @Override
  public String toString() {
    return "ContainerRecord[pod " + podId + ", image " + imageId + "]";
  }
}
