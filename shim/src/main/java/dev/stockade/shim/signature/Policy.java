package dev.stockade.shim.signature;

import dev.stockade.shim.image.ImageReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A whole policy.
 *
 * @param transports requirements by transport and scope
 */
record Policy(List<Requirement> byDefault, Map<String, Map<String, List<Requirement>>> transports) {
  static final String DOCKER = "docker";

  /** What holds for an image of a registry. */
  Rules docker(ImageReference reference) {
    return rules(DOCKER, DockerScopes.of(reference));
  }

  /** What holds for images of registries of which no name is known. */
  Rules docker() {
    return rules(DOCKER, List.of());
  }

  /** What holds for an image of a file or directory. */
  Rules file(String transport, String path) {
    List<String> scopes = new ArrayList<>();
    for (String at = path; at.length() > 1; at = at.substring(0, at.lastIndexOf('/'))) {
      scopes.add(at);
    }
    return rules(transport, scopes);
  }

  /** The most specific ones, which come first, hold alone. */
  private Rules rules(String transport, List<String> scopes) {
    Map<String, List<Requirement>> known = transports.getOrDefault(transport, Map.of());
    for (String scope : scopes) {
      Optional<Rules> rules = rules(transport, scope, known.get(scope));
      if (rules.isPresent()) {
        return rules.get();
      }
    }
    return rules(transport, "", known.get("")).orElse(new Rules("default", byDefault));
  }

  private static Optional<Rules> rules(
      String transport, String scope, @Nullable List<Requirement> requirements) {
    return Optional.ofNullable(requirements)
        .map(found -> new Rules("transports." + transport + ".\"" + scope + "\"", found));
  }
}
