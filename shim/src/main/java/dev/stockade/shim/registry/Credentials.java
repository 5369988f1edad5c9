package dev.stockade.shim.registry;

import dev.stockade.cri.v1.AuthConfig;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What a caller may show a registry; never part of a record, a log or a message. */
public sealed interface Credentials {
  /** None. */
  record Anonymous() implements Credentials {}

  /** HTTP Basic, RFC 7617. */
  record Basic(String user, String password) implements Credentials {
    String header() {
      byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    @Override
    public String toString() {
      return "Basic[...]";
    }
  }

  /** A refresh token of OAuth 2, exchanged for an access token. */
  record IdentityToken(String token) implements Credentials {
    @Override
    public String toString() {
      return "IdentityToken[...]";
    }
  }

  /** A bearer token to be shown as it is. */
  record RegistryToken(String token) implements Credentials {
    @Override
    public String toString() {
      return "RegistryToken[...]";
    }
  }

  /**
   * The credentials of a request, if they are for this registry.
   *
   * @param registry host and port as the image's reference has it
   * @throws IllegalArgumentException if they contradict themselves; the message names the field
   */
  static Credentials of(AuthConfig auth, String registry) {
    if (!isFor(auth.getServerAddress(), registry)) {
      return new Anonymous();
    }
    if (!auth.getRegistryToken().isEmpty()) {
      return new RegistryToken(visible("registry_token", auth.getRegistryToken()));
    }
    if (!auth.getIdentityToken().isEmpty()) {
      return new IdentityToken(auth.getIdentityToken());
    }
    if (!auth.getAuth().isEmpty()) {
      return decoded(auth.getAuth());
    }
    return auth.getUsername().isEmpty() && auth.getPassword().isEmpty()
        ? new Anonymous()
        : basic("username", auth.getUsername(), auth.getPassword());
  }

  private static Credentials decoded(String auth) {
    String pair;
    try {
      pair = new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("auth.auth is not base64 of user:password", e);
    }
    int colon = pair.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("auth.auth is not base64 of user:password");
    }
    // Docker's own files end in NULs.
    return basic(
        "auth", pair.substring(0, colon), pair.substring(colon + 1).replaceAll("\0+$", ""));
  }

  private static Basic basic(String field, String user, String password) {
    if (user.indexOf(':') >= 0 || (user + password).chars().anyMatch(c -> c < ' ')) {
      throw new IllegalArgumentException(
          "auth." + field + " has a character that HTTP Basic cannot carry");
    }
    return new Basic(user, password);
  }

  private static String visible(String field, String token) {
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("auth." + field + " is not a token");
    }
    return token;
  }

  /** Without an address they are for whatever registry the image is of. */
  private static boolean isFor(String address, String registry) {
    String host = address.replaceFirst("^https?://", "").replaceFirst("/.*", "");
    return host.isEmpty() || Endpoint.canonical(host).equals(Endpoint.canonical(registry));
  }
}
