package dev.stockade.shim.cli.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/** Translation of a pod manifest into what is asked of the daemon. */
public final class PodManifest {
  /** Most bytes a manifest can have. */
  public static final int MAX_BYTES = ManifestDocument.MAX_BYTES;

  private PodManifest() {}

  /**
   * Translates a manifest in YAML or JSON.
   *
   * @throws ManifestRejection with all problems, each with the path of its field
   */
  public static PodRequest translate(byte[] manifest, PodPlace place, NodeFacts node)
      throws ManifestRejection {
    JsonNode document = ManifestDocument.parse(manifest);
    Findings findings = new Findings();
    Fields root = Fields.root(document, findings);
    kind(root);
    PodFields pod = new PodFields(place, node);
    root.object("metadata")
        .ifPresentOrElse(pod::metadata, () -> root.problem("metadata", "is required"));
    Optional<Fields> spec = root.object("spec");
    if (spec.isEmpty()) {
      root.problem("spec", "is required");
    }
    spec.ifPresent(pod::spec);
    // What kubectl writes into a manifest that it generates.
    root.ifObject("status", status -> {});
    root.end();
    findings.rejectIfAny();
    return pod.toRequest(findings.notices());
  }

  /** The tree of one document in YAML or JSON, whatever it says. */
  public static JsonNode document(byte[] content) throws ManifestRejection {
    return ManifestDocument.parse(content);
  }

  private static void kind(Fields root) {
    if (root.choice("apiVersion", Map.of("v1", true)).isEmpty()) {
      root.requiredText("apiVersion");
    }
    if (root.choice("kind", Map.of("Pod", true)).isEmpty()) {
      root.requiredText("kind");
    }
  }
}
