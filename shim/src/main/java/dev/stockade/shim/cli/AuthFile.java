package dev.stockade.shim.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Credentials as {@code docker login} and {@code podman login} keep them: {@code auths}, by
 * registry or by the beginning of a repository.
 */
final class AuthFile {
  private static final int LARGEST = 1 << 20;
  private static final String DOCKER = "https://index.docker.io/v1/";

  private final JsonNode auths;

  private AuthFile(JsonNode auths) {
    this.auths = auths;
  }

  static AuthFile read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      JsonNode root = new ObjectMapper().readTree(in.readNBytes(LARGEST));
      if (!root.path("auths").isObject()) {
        throw CommandFailure.of(file + " has no \"auths\"; is it a config.json of docker login?");
      }
      return new AuthFile(root.path("auths"));
    } catch (IOException e) {
      throw CommandFailure.of("cannot read the credentials in " + file + ": " + e.getMessage());
    }
  }

  /** Those for an image: of the longest beginning of its name that has any. */
  Optional<AuthConfig> of(String image) {
    ImageReference reference;
    try {
      reference = ImageReference.parse(image);
    } catch (ImageException e) {
      return Optional.empty(); // the daemon tells what is wrong with it
    }
    for (String name = reference.name(); !name.isEmpty(); name = shorter(name)) {
      JsonNode found = auths.path(name);
      if (found.isObject()) {
        return Optional.of(config(reference.domain(), found));
      }
    }
    for (Map.Entry<String, JsonNode> entry : auths.properties()) {
      String host = entry.getKey().replaceFirst("^https?://", "").replaceFirst("/.*", "");
      boolean docker = reference.domain().equals("docker.io") && entry.getKey().equals(DOCKER);
      if (docker || host.equals(reference.domain())) {
        return Optional.of(config(reference.domain(), entry.getValue()));
      }
    }
    return Optional.empty();
  }

  private static String shorter(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('/')));
  }

  private static AuthConfig config(String registry, JsonNode found) {
    return AuthConfig.newBuilder()
        .setServerAddress(registry)
        .setAuth(found.path("auth").asText(""))
        .setUsername(found.path("username").asText(""))
        .setPassword(found.path("password").asText(""))
        .setIdentityToken(found.path("identitytoken").asText(""))
        .setRegistryToken(found.path("registrytoken").asText(""))
        .build();
  }
}
