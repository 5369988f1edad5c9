package dev.stockade.shim.cli;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Credentials as {@code docker login} and {@code podman login} keep them: {@code auths}, by
 * registry or by the beginning of a repository. No message holds any of the file's text but names
 * of registries and helpers. Source: containers-auth.json(5).
 */
final class AuthFile {
  private static final int LARGEST = 1 << 20;
  private static final String DOCKER = "docker.io";
  private static final Set<String> DOCKER_TOO = Set.of("index.docker.io", "registry-1.docker.io");
  private static final List<String> SECRETS =
      List.of("auth", "username", "password", "identitytoken", "registrytoken");
  private static final Set<PosixFilePermission> OWN =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private final Path file;
  private final Map<String, JsonNode> auths = new HashMap<>();
  private final JsonNode helpers;
  private final String helper;

  private AuthFile(Path file, JsonNode root) {
    this.file = file;
    root.path("auths")
        .properties()
        .forEach(each -> auths.put(scope(each.getKey()), each.getValue()));
    this.helpers = root.path("credHelpers");
    this.helper = root.path("credsStore").asText("");
  }

  static AuthFile read(Path file) {
    JsonNode root;
    try {
      requirePrivate(file);
      root = new ObjectMapper().readTree(content(file));
    } catch (JsonProcessingException e) {
      // Its message would quote the file.
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : " near line " + at.getLineNr();
      throw CommandFailure.of("the credentials in " + file + " are not JSON" + line);
    } catch (IOException e) {
      throw CommandFailure.of("cannot read the credentials in " + file + ": " + e);
    }
    if (!root.path("auths").isObject() && !root.path("credHelpers").isObject()) {
      throw CommandFailure.of(file + " has no \"auths\"; is it a config.json of docker login?");
    }
    return new AuthFile(file, root);
  }

  private static void requirePrivate(Path file) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    if (!OWN.containsAll(mode)) {
      throw CommandFailure.of(
          "the credentials in "
              + file
              + " are not private: its mode is "
              + PosixFilePermissions.toString(mode)
              + "; change them, since others may have read them, and chmod 600 the file");
    }
  }

  private static byte[] content(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LARGEST + 1);
      if (bytes.length > LARGEST) {
        throw CommandFailure.of("the credentials in " + file + " are more than 1 MiB");
      }
      return bytes;
    }
  }

  /** What an entry is for, as the name of a repository begins. */
  private static String scope(String key) {
    String bare = key.replaceFirst("^https?://", "");
    boolean address = bare.length() < key.length() || bare.matches("[^/]+/v[12]/?");
    String scope = address ? bare.replaceFirst("/.*", "") : bare.replaceFirst("/+$", "");
    return DOCKER_TOO.contains(scope) ? DOCKER : scope;
  }

  /**
   * Those for an image: of the longest beginning of its name that has any.
   *
   * @throws CommandFailure if they are with a helper
   */
  Optional<AuthConfig> of(String image) {
    ImageReference reference;
    try {
      reference = ImageReference.parse(image);
    } catch (ImageException e) {
      return Optional.empty(); // the daemon tells what is wrong with it
    }
    String registry = reference.domain();
    helpers.properties().stream()
        .filter(each -> scope(each.getKey()).equals(registry))
        .findFirst()
        .ifPresent(
            each -> {
              throw withHelper(registry, each.getValue().asText(""));
            });
    for (String name = reference.name(); !name.isEmpty(); name = shorter(name)) {
      JsonNode found = auths.get(name);
      if (found != null && found.isObject()) {
        if (SECRETS.stream().allMatch(key -> found.path(key).asText("").isEmpty())
            && !helper.isEmpty()) {
          throw withHelper(registry, helper);
        }
        return Optional.of(config(registry, found));
      }
    }
    return Optional.empty();
  }

  private CommandFailure withHelper(String registry, String name) {
    return CommandFailure.of(
        file
            + " leaves the credentials of "
            + registry
            + " to the helper docker-credential-"
            + name
            + ", which is not started; give a file that has them, as \"podman login --authfile\""
            + " writes it");
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
