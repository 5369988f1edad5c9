package dev.stockade.shim.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One repository on one host. Credentials and the host's own headers go to the host alone, never to
 * where it redirects to.
 */
final class EndpointClient {
  private static final int MOST_REDIRECTS = 10;
  private static final int ERROR_BYTES = 16 << 10;
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int UNAUTHORIZED = 401;

  private final Endpoint endpoint;
  private final String repository;
  private final Exchange exchange;
  private final Credentials credentials;
  private final Watch watch;
  private volatile @Nullable String authorization;

  /**
   * A client.
   *
   * @param credentials for the registry; a mirror is not shown them
   */
  EndpointClient(
      Endpoint endpoint,
      String repository,
      Exchange exchange,
      Credentials credentials,
      Watch watch) {
    this.endpoint = endpoint;
    this.repository = repository;
    this.exchange = exchange;
    this.credentials = endpoint.own() ? credentials : new Credentials.Anonymous();
    this.watch = watch;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  /** An answer with content. */
  record Content(HttpResponse<InputStream> response) {
    InputStream body() {
      return response.body();
    }

    Optional<String> header(String name) {
      return response.headers().firstValue(name);
    }

    /** Whether it begins where it was asked to, not at the start. */
    boolean partial() {
      return response.statusCode() == PARTIAL;
    }
  }

  /**
   * Asks for something of the repository.
   *
   * @param kind {@code manifests} or {@code blobs}
   * @param from the first byte wanted
   */
  Content get(String kind, String name, List<String> accepted, long from)
      throws RegistryException, InterruptedException {
    URI uri = endpoint.uri(repository, kind, name);
    HttpResponse<InputStream> response = follow(uri, accepted, from);
    // Whoever the host redirects to has no say in where its credentials go.
    if (response.statusCode() == UNAUTHORIZED && Exchange.sameOrigin(uri, response.uri())) {
      authorize(response);
      response = follow(uri, accepted, from);
    }
    if (response.statusCode() != OK && response.statusCode() != PARTIAL) {
      throw failure(uri, repository + "/" + kind + "/" + name, response);
    }
    return new Content(response);
  }

  private RegistryException failure(URI uri, String what, HttpResponse<InputStream> response)
      throws RegistryException {
    boolean here = Exchange.sameOrigin(uri, response.uri());
    return Exchange.failure(
        endpoint.host()
            + " ("
            + what
            + ")"
            + (here ? "" : " redirects to " + response.uri().getRawAuthority() + ", which"),
        response,
        drain(response),
        here ? endpoint.remedy(credentials) : "; it is shown no credentials");
  }

  /** Why a body could not be read to its end. */
  RegistryException unreachable(IOException e) {
    return exchange.unreachable(endpoint.base(), e);
  }

  private HttpResponse<InputStream> follow(URI first, List<String> accepted, long from)
      throws RegistryException, InterruptedException {
    URI uri = first;
    boolean here = true;
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      HttpRequest.Builder request = HttpRequest.newBuilder(uri);
      accepted.forEach(type -> request.header("Accept", type));
      if (from > 0) {
        request.header("Range", "bytes=" + from + "-");
      }
      String shown = authorization;
      // Nor where another host sends it back to.
      here = here && Exchange.sameOrigin(first, uri);
      if (here) {
        endpoint.headers().forEach((name, values) -> values.forEach(v -> request.header(name, v)));
        if (shown != null) {
          request.setHeader("Authorization", shown);
        }
      }
      HttpResponse<InputStream> response = exchange.send(request);
      int status = response.statusCode();
      if (status < 300 || status >= 400) {
        return response;
      }
      String location = response.headers().firstValue("Location").orElse("");
      drain(response);
      uri = target(uri, location);
    }
    throw refused("redirects more than " + MOST_REDIRECTS + " times");
  }

  private URI target(URI from, String location) throws RegistryException {
    URI to;
    try {
      to = from.resolve(location);
    } catch (IllegalArgumentException e) {
      throw refused("redirects to what is no address");
    }
    if (location.isEmpty() || Exchange.address(to.toString()).isEmpty()) {
      throw refused("redirects to what is no address");
    }
    if (!Exchange.keepsTls(from, to)) {
      throw refused("redirects to " + to.getRawAuthority() + " without TLS");
    }
    return to;
  }

  private RegistryException refused(String what) {
    return new RegistryException(
        RegistryException.Kind.REFUSED, endpoint.host() + " " + Exchange.printable(what));
  }

  /** Finds out what to show, by what the host says it wants. */
  private void authorize(HttpResponse<InputStream> response)
      throws RegistryException, InterruptedException {
    byte[] body = drain(response);
    List<Challenge> challenges = Challenge.parse(response.headers().allValues("WWW-Authenticate"));
    Optional<Challenge> bearer = Challenge.of("bearer", challenges);
    if (bearer.isPresent()) {
      authorization =
          new Tokens(endpoint, exchange, credentials, repository, watch).bearer(bearer.get());
    } else if (Challenge.of("basic", challenges).isPresent()
        && credentials instanceof Credentials.Basic basic) {
      authorization = basic.header();
    } else {
      throw Exchange.failure(endpoint.host(), response, body, endpoint.remedy(credentials));
    }
  }

  /**
   * The beginning of an answer that is not wanted; its connection can be used again. Who says no
   * more than a status has said that.
   */
  private byte[] drain(HttpResponse<InputStream> response) throws RegistryException {
    try {
      return watch.document(response.body(), ERROR_BYTES);
    } catch (RegistryException e) {
      throw e;
    } catch (IOException e) {
      return new byte[0];
    }
  }
}
