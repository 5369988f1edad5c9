package dev.stockade.shim.registry;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A proxy and what it is shown.
 *
 * @param authorization value of Proxy-Authorization
 */
record ProxyAddress(String host, int port, Optional<String> authorization) {
  private static final int HTTP = 80;
  private static final String FORM =
      "; write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT (the value is not shown here,"
          + " because it may hold a password)";

  /**
   * Reads the value of a variable; one without a scheme is taken for {@code http}.
   *
   * @throws IllegalArgumentException whose message holds nothing of the value
   */
  static ProxyAddress parse(String value) {
    String whole = value.contains("://") ? value : "http://" + value;
    URI uri;
    try {
      uri = new URI(whole);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("is no address" + FORM);
    }
    if (!"http".equalsIgnoreCase(uri.getScheme())) {
      throw new IllegalArgumentException(
          "is no address of a proxy that is spoken to by http, the only kind supported" + FORM);
    }
    String path = String.valueOf(uri.getRawPath());
    if (uri.getHost() == null
        || uri.getPort() > 0xffff
        || uri.getPort() == 0
        || !(path.isEmpty() || path.equals("/"))
        || uri.getRawQuery() != null
        || uri.getRawFragment() != null) {
      throw new IllegalArgumentException("is not the address of a host" + FORM);
    }
    String host = uri.getHost().replaceAll("^\\[|]$", "");
    return new ProxyAddress(
        host,
        uri.getPort() < 0 ? HTTP : uri.getPort(),
        Optional.ofNullable(uri.getRawUserInfo()).map(ProxyAddress::basic));
  }

  private static String basic(String userInfo) {
    int colon = userInfo.indexOf(':');
    String user = decoded(colon < 0 ? userInfo : userInfo.substring(0, colon));
    String password = colon < 0 ? "" : decoded(userInfo.substring(colon + 1));
    if (user.indexOf(':') >= 0 || (user + password).chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new IllegalArgumentException(
          "has a user or password with a character that HTTP Basic cannot carry" + FORM);
    }
    return new Credentials.Basic(user, password).header();
  }

  /** Percent-decoded; a plus is a plus. */
  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
