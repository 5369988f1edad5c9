package dev.stockade.shim.signature;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.JsonDocument;
import dev.stockade.shim.image.Quoted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads a policy strictly: what is unknown, there twice or of another shape makes it no policy, and
 * everything of that is told at once. Source: containers-policy.json(5), "FORMAT".
 */
final class PolicyReader {
  private static final int MOST_SCOPES = 10_000;
  private static final int MOST_REQUIREMENTS = 64;
  private static final int MOST_TOLD = 20;

  /** Scopes of these are paths. */
  private static final Set<String> OF_PATHS = Set.of("dir", "oci", "oci-archive", "sif");

  /** These have no scopes. */
  private static final Set<String> WITHOUT_SCOPES = Set.of("docker-archive", "tarball");

  private static final Set<String> OF_NAMES =
      Set.of("atomic", "containers-storage", "docker", "docker-daemon", "ostree");

  private final PolicyFields fields = new PolicyFields();
  private final RequirementReader requirements = new RequirementReader(fields);

  private PolicyReader() {}

  /**
   * Reads a whole policy.
   *
   * @param file for messages
   */
  static Policy read(String file, byte[] content) throws ImageException {
    JsonNode root;
    try {
      root = JsonDocument.parseAny(file, content);
    } catch (ImageException e) {
      throw ImageException.untrusted(e.getMessage() + "; correct the file");
    }
    PolicyReader reader = new PolicyReader();
    Policy policy = reader.policy(root);
    List<String> problems = reader.fields.problems();
    if (!problems.isEmpty()) {
      String more = problems.size() > MOST_TOLD ? " | and more" : "";
      throw ImageException.untrusted(
          file
              + ": "
              + String.join(" | ", problems.subList(0, Math.min(problems.size(), MOST_TOLD)))
              + more
              + "; correct the file");
    }
    return policy;
  }

  private Policy policy(JsonNode root) {
    if (!fields.object("the policy", root, Set.of("default"), Set.of("transports"))) {
      return new Policy(List.of(), Map.of());
    }
    Map<String, Map<String, List<Requirement>>> transports = new HashMap<>();
    JsonNode all = root.path("transports");
    if (!all.isMissingNode() && !all.isObject()) {
      fields.problem("transports", "is not an object");
    }
    for (Map.Entry<String, JsonNode> transport : all.properties()) {
      transports.put(transport.getKey(), scopes(transport.getKey(), transport.getValue()));
    }
    return new Policy(list("default", root.path("default")), transports);
  }

  private Map<String, List<Requirement>> scopes(String transport, JsonNode node) {
    String at = "transports." + Quoted.of(transport);
    Set<String> known = new TreeSet<>(OF_NAMES);
    known.addAll(OF_PATHS);
    known.addAll(WITHOUT_SCOPES);
    if (!known.contains(transport)) {
      fields.problem(at, "is no transport; there are " + String.join(", ", known));
    }
    Map<String, List<Requirement>> scopes = new HashMap<>();
    if (!node.isObject() || node.size() > MOST_SCOPES) {
      fields.problem(at, "is not an object of at most " + MOST_SCOPES + " scopes");
      return scopes;
    }
    for (Map.Entry<String, JsonNode> scope : node.properties()) {
      String place = at + "." + Quoted.of(scope.getKey());
      checkScope(place, transport, scope.getKey());
      boolean docker = transport.equals(Policy.DOCKER);
      String normal = docker ? DockerScopes.normal(scope.getKey()) : scope.getKey();
      if (scopes.put(normal, list(place, scope.getValue())) != null) {
        fields.problem(place, "is there twice: of a host, case and :443 do not count");
      }
    }
    return scopes;
  }

  /** A scope that no image can be in would be a requirement that is silently lost. */
  private void checkScope(String place, String transport, String scope) {
    if (scope.isEmpty()) {
      return;
    }
    if (WITHOUT_SCOPES.contains(transport)) {
      fields.problem(place, "is a scope, but only \"\" is possible here");
    }
    if (OF_PATHS.contains(transport) && !isPath(scope)) {
      fields.problem(place, "is no absolute path without . and .. and other than /");
    }
    if (transport.equals("oci") && scope.indexOf(':') >= 0) {
      fields.problem(place, "has a colon; a scope of oci is a directory with all of its images");
    }
    if (transport.equals(Policy.DOCKER) && !DockerScopes.possible(scope)) {
      fields.problem(
          place,
          "is neither an image with its registry and a tag or a digest, nor the beginning of its"
              + " full name, nor \"*.\" and a domain; busybox is docker.io/library/busybox");
    }
  }

  private static boolean isPath(String scope) {
    return scope.length() > 1
        && scope.startsWith("/")
        && Stream.of(scope.substring(1).split("/", -1))
            .noneMatch(name -> name.isEmpty() || name.equals(".") || name.equals(".."));
  }

  private List<Requirement> list(String at, JsonNode node) {
    List<Requirement> list = new ArrayList<>();
    if (!node.isArray() || node.isEmpty() || node.size() > MOST_REQUIREMENTS) {
      fields.problem(at, "is not a list of 1 to " + MOST_REQUIREMENTS + " requirements");
      return list;
    }
    for (int i = 0; i < node.size(); i++) {
      list.add(requirements.read(at + "[" + i + "]", node.get(i)));
    }
    return List.copyOf(list);
  }
}
