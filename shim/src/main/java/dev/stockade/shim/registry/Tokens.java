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

  Tokens(Endpoint endpoint, Exchange exchange, Credentials credentials, String repository) {
    this.endpoint = endpoint;
    this.exchange = exchange;
    this.credentials = credentials;
    this.scope = "repository:" + repository + ":pull";
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
    try (InputStream body = response.body()) {
      byte[] bytes = body.readNBytes(LARGEST);
      if (response.statusCode() != OK) {
        throw Exchange.failure(realm.getRawAuthority(), response.statusCode(), bytes);
      }
      return "Bearer " + token(realm, JSON.readTree(bytes));
    } catch (RegistryException e) {
      throw e;
    } catch (JsonProcessingException e) {
      throw refused(realm, "gave a token that is no JSON");
    } catch (IOException e) {
      throw Exchange.unreachable(realm.getRawAuthority(), e);
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

  /** A registry reached by TLS does not make credentials go without it. */
  private URI realm(Challenge challenge) throws RegistryException {
    String text = challenge.parameters().getOrDefault("realm", "");
    Optional<URI> realm = Exchange.address(text);
    if (realm.isEmpty()) {
      throw refused(endpoint.base(), "wants a token but names no address to get one from");
    }
    if (!Exchange.keepsTls(endpoint.base(), realm.get())) {
      throw refused(endpoint.base(), "wants a token to be fetched without TLS");
    }
    return realm.get();
  }

  private static RegistryException refused(URI host, String what) {
    return new RegistryException(
        RegistryException.Kind.REFUSED, host.getRawAuthority() + " " + what);
  }

  private static String form(String name, String value) {
    return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }
}
