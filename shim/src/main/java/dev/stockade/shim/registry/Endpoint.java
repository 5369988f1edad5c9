package dev.stockade.shim.registry;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One host that serves images of a registry: the registry itself, or a mirror.
 *
 * @param base ends in {@code /v2} unless a mirror's settings say otherwise; no slash at the end
 * @param own whether it is the registry itself, which alone is shown credentials
 * @param resolves whether it may say what a tag means
 * @param headers sent with every request to it
 */
record Endpoint(
    URI base, boolean own, boolean resolves, Tls tls, Map<String, List<String>> headers) {
  private static final String DOCKER = "docker.io";

  /**
   * How its certificate is judged and what is shown to it.
   *
   * @param authorities PEM files of certificates trusted besides the system's
   * @param clients PEM files of a certificate and its key
   */
  record Tls(boolean verify, List<Path> authorities, List<ClientPair> clients) {
    static final Tls SYSTEM = new Tls(true, List.of(), List.of());
  }

  /**
   * A certificate to show.
   *
   * @param key empty if it is in the same file
   */
  record ClientPair(Path certificate, Optional<Path> key) {}

  /** The registry of a reference as it is without any settings for it. */
  static Endpoint plain(String registry) throws RegistryException {
    String host = canonical(registry);
    String scheme = isLoopback(host) ? "http" : "https";
    URI base =
        Exchange.address(scheme + "://" + server(host) + "/v2")
            .orElseThrow(
                () ->
                    new RegistryException(
                        RegistryException.Kind.REFUSED,
                        "registry "
                            + host
                            + " is not the address of a host; correct the name of the image"));
    return new Endpoint(base, true, true, Tls.SYSTEM, Map.of());
  }

  /** Docker's registry is known by other names than it is reached by. */
  static String server(String host) {
    return host.equals(DOCKER) ? "registry-1.docker.io" : host;
  }

  static String canonical(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.equals("index.docker.io") || lower.equals("registry-1.docker.io") ? DOCKER : lower;
  }

  /** A registry on this machine speaks plain HTTP unless its settings say otherwise. */
  private static boolean isLoopback(String host) {
    String name = host.replaceFirst(":[0-9]+$", "");
    return name.equals("localhost")
        || name.equals("[::1]")
        || name.matches("127(\\.[0-9]{1,3}){3}");
  }

  boolean encrypted() {
    return base.getScheme().equals("https");
  }

  /** The same, but shown no credentials. */
  Endpoint mirror() {
    return new Endpoint(base, false, resolves, tls, headers);
  }

  /** The address of something in a repository. */
  URI uri(String repository, String kind, String name) {
    return URI.create(base + "/" + repository + "/" + kind + "/" + name);
  }

  String host() {
    return base.getRawAuthority();
  }

  /** What to do when it, or its token server, does not let somebody in. */
  String remedy(Credentials shown) {
    if (!own) {
      return "; a mirror is shown no credentials: set what it wants with header in hosts.toml";
    }
    return shown instanceof Credentials.Anonymous
        ? "; it was shown no credentials: give the pod a pull secret, or the command --auth-file"
        : "; correct the credentials that were given, or what they allow";
  }
}
