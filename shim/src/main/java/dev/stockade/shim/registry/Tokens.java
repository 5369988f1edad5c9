package dev.stockade.shim.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Access tokens for one repository. Source: the distribution project's token authentication, with
 * OAuth 2 where an identity token is shown.
 */
final class Tokens {
  private static final int LARGEST = 1 << 20;
  private static final int OK = 200;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Endpoint endpoint;
  private final Exchange exchange;
  private final Credentials credentials;
  private final String scope;
  private final Watch watch;

  Tokens(
      Endpoint endpoint,
      Exchange exchange,
      Credentials credentials,
      String repository,
      Watch watch) {
    this.endpoint = endpoint;
    this.exchange = exchange;
    this.credentials = credentials;
    this.scope = "repository:" + repository + ":pull";
    this.watch = watch;
  }

  /** The value of Authorization that answers a challenge. */
  String bearer(Challenge challenge) throws RegistryException, InterruptedException {
    if (credentials instanceof Credentials.RegistryToken given) {
      return "Bearer " + given.token();
    }
    URI realm = realm(challenge);
    String service = challenge.parameters().getOrDefault("service", "");
    HttpRequest.Builder request =
        credentials instanceof Credentials.IdentityToken identity
            ? refresh(realm, service, identity)
            : HttpRequest.newBuilder(
                URI.create(
                    realm
                        + (realm.getRawQuery() == null ? "?" : "&")
                        + form("service", service)
                        + "&"
                        + form("scope", scope)));
    if (credentials instanceof Credentials.Basic basic) {
      request.header("Authorization", basic.header());
    }
    HttpResponse<InputStream> response = exchange.send(request);
    try {
      byte[] bytes = watch.document(response.body(), LARGEST);
      if (response.statusCode() != OK) {
        throw Exchange.failure(
            realm.getRawAuthority() + " (token server of " + endpoint.host() + ")",
            response,
            bytes,
            endpoint.remedy(credentials));
      }
      return "Bearer " + token(realm, JSON.readTree(bytes));
    } catch (RegistryException e) {
      throw e;
    } catch (JsonProcessingException e) {
      throw refused(realm, "gave a token that is no JSON");
    } catch (IOException e) {
      throw exchange.unreachable(realm, e);
    }
  }

  private static String token(URI realm, JsonNode answer) throws RegistryException {
    String token = answer.path("token").asText("");
    if (token.isEmpty()) {
      token = answer.path("access_token").asText("");
    }
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw refused(realm, "gave no token");
    }
    return token;
  }

  private HttpRequest.Builder refresh(
      URI realm, String service, Credentials.IdentityToken identity) {
    String body =
        String.join(
            "&",
            form("grant_type", "refresh_token"),
            form("service", service),
            form("client_id", "stockade"),
            form("scope", scope),
            form("refresh_token", identity.token()));
    return HttpRequest.newBuilder(realm)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  /**
   * Any host over TLS, because a registry could ask for the credentials itself. Without TLS it is
   * the host of a registry that has none either; who shows no credentials may ask others too.
   */
  private URI realm(Challenge challenge) throws RegistryException {
    String text = challenge.parameters().getOrDefault("realm", "");
    Optional<URI> realm = Exchange.address(text);
    if (realm.isEmpty()) {
      throw refused(endpoint.base(), "wants a token but names no address to get one from");
    }
    if (!Exchange.keepsTls(endpoint.base(), realm.get())) {
      throw refused(endpoint.base(), "wants a token to be fetched without TLS");
    }
    if (!(credentials instanceof Credentials.Anonymous) && !mayBeTold(realm.get())) {
      throw refused(
          endpoint.base(),
          "wants the credentials to be shown to "
              + realm.get().getRawAuthority()
              + " without TLS; they are for another host only over TLS, so give the token server"
              + " that");
    }
    return realm.get();
  }

  private boolean mayBeTold(URI realm) {
    return "https".equalsIgnoreCase(realm.getScheme())
        || realm.getHost().equalsIgnoreCase(endpoint.base().getHost());
  }

  private static RegistryException refused(URI host, String what) {
    return new RegistryException(
        RegistryException.Kind.REFUSED, host.getRawAuthority() + " " + what);
  }

  private static String form(String name, String value) {
    return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
