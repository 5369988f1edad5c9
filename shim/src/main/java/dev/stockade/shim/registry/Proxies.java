package dev.stockade.shim.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Through which proxies registries are reached, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the
 * daemon's environment, read as programs in Go read them, because nodes have them set for such:
 * upper case goes before lower case, and HTTP_PROXY does not count where REQUEST_METHOD is set, as
 * a header of a CGI request would set it. This machine itself is never reached through a proxy.
 * Source: golang.org/x/net/http/httpproxy.
 */
public final class Proxies {
  /** None. */
  public static final Proxies NONE = new Proxies(Map.of(), Unproxied.NOTHING);

  /**
   * Read once, by the first client of the process. Basic is off for tunnels by default, because
   * what a proxy asks for could be taken for what the origin asks for; here nothing is ever shown
   * to a proxy but what its own address holds.
   */
  private static final String TUNNEL_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

  private final Map<String, ProxyAddress> byScheme;
  private final Unproxied unproxied;

  private Proxies(Map<String, ProxyAddress> byScheme, Unproxied unproxied) {
    this.byScheme = byScheme;
    this.unproxied = unproxied;
  }

  /**
   * Those of an environment; to be called before the first request of the process.
   *
   * @throws RegistryException naming every variable that is wrong; no value of a proxy is in it
   */
  public static Proxies of(Map<String, String> environment) throws RegistryException {
    List<String> problems = new ArrayList<>();
    boolean cgi = !environment.getOrDefault("REQUEST_METHOD", "").isEmpty();
    Map<String, ProxyAddress> byScheme = new TreeMap<>();
    for (String scheme : List.of("https", "http")) {
      String lower = scheme + "_proxy";
      String upper = lower.toUpperCase(Locale.ROOT);
      boolean trusted = !(cgi && scheme.equals("http"));
      variable(environment, trusted ? List.of(upper, lower) : List.of(lower))
          .ifPresent(
              name -> {
                try {
                  byScheme.put(scheme, ProxyAddress.parse(environment.getOrDefault(name, "")));
                } catch (IllegalArgumentException e) {
                  problems.add(name + " " + e.getMessage());
                }
              });
    }
    Unproxied unproxied = Unproxied.NOTHING;
    Optional<String> name = variable(environment, List.of("NO_PROXY", "no_proxy"));
    if (name.isPresent()) {
      try {
        unproxied = Unproxied.parse(environment.getOrDefault(name.get(), ""));
      } catch (IllegalArgumentException e) {
        problems.add(name.get() + " " + e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new RegistryException(
          RegistryException.Kind.CONFIGURATION,
          "the environment's proxies are not understood: " + String.join("; ", problems));
    }
    if (byScheme.values().stream().anyMatch(proxy -> proxy.authorization().isPresent())) {
      System.setProperty(TUNNEL_SCHEMES, "");
    }
    return new Proxies(Map.copyOf(byScheme), unproxied);
  }

  private static Optional<String> variable(Map<String, String> environment, List<String> names) {
    return names.stream().filter(name -> !environment.getOrDefault(name, "").isEmpty()).findFirst();
  }

  /** Whether there are any. */
  public boolean any() {
    return !byScheme.isEmpty();
  }

  /** The proxy for an address; none if it is reached directly. */
  Optional<ProxyAddress> of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    ProxyAddress proxy = byScheme.get(scheme);
    String host = uri.getHost();
    if (proxy == null || host == null) {
      return Optional.empty();
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return unproxied.contains(host, port) ? Optional.empty() : Optional.of(proxy);
  }

  /** The same choice in the words of the JDK's client. */
  ProxySelector selector() {
    return new ProxySelector() {
      @Override
      public List<Proxy> select(URI uri) {
        return List.of(
            Proxies.this
                .of(uri)
                .map(
                    proxy ->
                        new Proxy(
                            Proxy.Type.HTTP, new InetSocketAddress(proxy.host(), proxy.port())))
                .orElse(Proxy.NO_PROXY));
      }

      @Override
      public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
    };
  }

  /** The proxies without what is shown to them. */
  @Override
  public String toString() {
    return byScheme.toString();
  }
}
