package dev.stockade.shim.signature;

import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The scopes of the {@code docker} transport that an image is in, the most specific first: the
 * image, its repository, what its repository is in, its host, wildcards of its domain. Source:
 * containers-policy.json(5), "docker:".
 */
final class DockerScopes {
  private static final Pattern PORT = Pattern.compile(":0*([0-9]+)$");
  private static final String DEFAULT_PORT = "443";
  private static final Pattern WILDCARD = Pattern.compile("\\*\\.[^/:]+");

  private DockerScopes() {}

  static List<String> of(ImageReference reference) {
    List<String> scopes = new ArrayList<>();
    String host = host(reference.domain());
    String name = host + "/" + reference.path();
    scopes.add(
        name
            + reference
                .digest()
                .map(digest -> "@" + digest)
                .orElseGet(() -> ":" + reference.tag().orElseThrow()));
    parents(name, scopes);
    if (!host.startsWith("[")) {
      wildcards(host.replaceFirst(":.*", ""), scopes);
    }
    return scopes;
  }

  /**
   * A host in one form, because another way to write it must be no way around its scope: case does
   * not count, nor do the default port and zeros before a port, and Docker's has three names.
   */
  private static String host(String domain) {
    Matcher port = PORT.matcher(domain);
    String host =
        port.find() ? port.replaceFirst(port.group(1).equals(DEFAULT_PORT) ? "" : ":$1") : domain;
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.equals("registry-1.docker.io") || lower.equals("index.docker.io")
        ? "docker.io"
        : lower;
  }

  /** A scope of a policy with its host in that form. */
  static String normal(String scope) {
    int slash = scope.indexOf('/');
    return slash < 0 ? host(scope) : host(scope.substring(0, slash)) + scope.substring(slash);
  }

  /** Whether there can be an image in the scope, which is not the empty one. */
  static boolean possible(String scope) {
    return WILDCARD.matcher(scope).matches()
        ? isPrefix("any" + scope.substring(1))
        : isPrefix(scope) || isImage(scope);
  }

  /** Whether it is a host or the beginning of a repository's full name, or the whole of it. */
  private static boolean isPrefix(String text) {
    String longer = text + "/x/y";
    try {
      return normal(ImageReference.parse(longer + ":1").name()).equals(normal(longer));
    } catch (ImageException e) {
      return false;
    }
  }

  private static boolean isImage(String scope) {
    try {
      ImageReference reference = ImageReference.parse(scope);
      return normal(reference.toString()).equals(normal(scope))
          && (reference.tag().isEmpty() || reference.digest().isEmpty());
    } catch (ImageException e) {
      return false;
    }
  }

  private static void parents(String name, List<String> scopes) {
    String at = name;
    scopes.add(at);
    for (int slash = at.lastIndexOf('/'); slash >= 0; slash = at.lastIndexOf('/')) {
      at = at.substring(0, slash);
      scopes.add(at);
    }
  }

  private static void wildcards(String domain, List<String> scopes) {
    for (int dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
      scopes.add("*" + domain.substring(dot));
    }
  }
}
