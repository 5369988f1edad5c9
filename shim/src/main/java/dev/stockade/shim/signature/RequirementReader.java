package dev.stockade.shim.signature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.shim.image.Quoted;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Reads one requirement of a policy. */
final class RequirementReader {
  private static final Set<String> TYPE = Set.of("type");
  private static final Set<String> KEYS = Set.of("keyPath", "keyPaths", "keyData", "keyDatas");
  private static final Set<String> AUTHORITIES = Set.of("fulcio", "pki");
  private static final Set<String> REKOR =
      Set.of(
          "rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData", "rekorPublicKeyDatas");
  private static final Set<String> FULCIO =
      Set.of("caPath", "caData", "oidcIssuer", "subjectEmail");
  private static final Set<String> PKI =
      Set.of(
          "caRootsPath",
          "caRootsData",
          "caIntermediatesPath",
          "caIntermediatesData",
          "subjectHostname",
          "subjectEmail");
  private static final Set<String> GPG =
      Set.of("keyType", "keyPath", "keyPaths", "keyData", "signedIdentity");

  private final PolicyFields fields;
  private final IdentityRequirementReader identities;
  private final KeyReader keys;

  RequirementReader(PolicyFields fields) {
    this.fields = fields;
    this.identities = new IdentityRequirementReader(fields);
    this.keys = new KeyReader(fields);
  }

  /** What cannot be read becomes something that no image fulfils, besides a problem. */
  Requirement read(String at, JsonNode node) {
    String type = node.path("type").asText("");
    return switch (type) {
      case "insecureAcceptAnything" -> {
        fields.object(at, node, TYPE, Set.of());
        yield new Requirement.AcceptAnything();
      }
      case "reject" -> {
        fields.object(at, node, TYPE, Set.of());
        yield new Requirement.Reject();
      }
      case "sigstoreSigned" -> signed(at, node);
      case "signedBy" -> gpg(at, node);
      case "signedBaseLayer" -> {
        fields.object(at, node, Set.of("type", "baseLayerIdentity"), Set.of());
        yield new Requirement.Unverifiable(type, "signatures of base layers");
      }
      default -> {
        fields.problem(
            at + ".type",
            (type.isEmpty() ? "is missing" : "is " + Quoted.of(type))
                + "; it is insecureAcceptAnything, reject, sigstoreSigned or signedBy");
        yield new Requirement.Reject();
      }
    };
  }

  private Requirement gpg(String at, JsonNode node) {
    if (fields.object(at, node, Set.of("type", "keyType"), GPG)) {
      one(at, node, Set.of("keyPath", "keyPaths", "keyData"));
    }
    SignedIdentity unused = identities.read(at, node.path("signedIdentity"));
    return new Requirement.Unverifiable("signedBy", "signatures by GPG keys");
  }

  private Requirement signed(String at, JsonNode node) {
    Set<String> possible =
        Set.copyOf(
            Stream.of(KEYS, AUTHORITIES, REKOR, Set.of("signedIdentity"))
                .flatMap(Set::stream)
                .toList());
    SignedIdentity identity = identities.read(at, node.path("signedIdentity"));
    if (!fields.object(at, node, TYPE, possible)
        || !one(at, node, Set.copyOf(Stream.of(KEYS, AUTHORITIES).flatMap(Set::stream).toList()))) {
      return new Requirement.Reject();
    }
    if (node.has("fulcio")) {
      fields.object(at + ".fulcio", node.get("fulcio"), Set.of(), FULCIO);
      return new Requirement.Unverifiable("sigstoreSigned", "certificates of Fulcio (fulcio)");
    }
    if (node.has("pki")) {
      fields.object(at + ".pki", node.get("pki"), Set.of(), PKI);
      return new Requirement.Unverifiable("sigstoreSigned", "certificates of authorities (pki)");
    }
    if (REKOR.stream().anyMatch(node::has)) {
      return new Requirement.Unverifiable("sigstoreSigned", "entries of a Rekor log (rekor...)");
    }
    List<VerificationKey> read = keys.read(at, node);
    return read.isEmpty() ? new Requirement.Reject() : new Requirement.Signed(read, identity);
  }

  private boolean one(String at, JsonNode node, Set<String> names) {
    boolean sound = names.stream().filter(node::has).count() == 1;
    if (!sound) {
      fields.problem(
          at,
          "does not have exactly one of " + String.join(", ", names.stream().sorted().toList()));
    }
    return sound;
  }
}
