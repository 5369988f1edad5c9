package dev.stockade.shim.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** Requests to an endpoint and where it leads to, and answers. Redirects are for the caller. */
final class Exchange {
  private static final Duration CONNECT = Duration.ofSeconds(30);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final int LONGEST_REASON = 200;
  private static final int LARGEST_PORT = 0xffff;
  private static final int PROXY_UNAUTHORIZED = 407;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client;
  private final Duration answer;
  private final Proxies proxies;
  private final ClientCertificates certificates;

  Exchange(Endpoint endpoint, Proxies proxies) throws RegistryException {
    this(endpoint, proxies, ANSWER);
  }

  /**
   * With another patience than usual.
   *
   * @param answer how long an answer may take to begin
   */
  Exchange(Endpoint endpoint, Proxies proxies, Duration answer) throws RegistryException {
    this.answer = answer;
    this.proxies = proxies;
    this.certificates = ClientCertificates.of(endpoint);
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .sslContext(TlsContext.of(endpoint, certificates))
            .proxy(proxies.selector())
            .build();
  }

  HttpResponse<InputStream> send(HttpRequest.Builder request)
      throws RegistryException, InterruptedException {
    request.timeout(answer).setHeader("User-Agent", "stockade");
    URI uri = request.build().uri();
    Optional<ProxyAddress> proxy = proxies.of(uri);
    // The client takes it for the proxy alone: it is in no request that goes through a tunnel.
    proxy
        .flatMap(ProxyAddress::authorization)
        .ifPresent(shown -> request.setHeader("Proxy-Authorization", shown));
    String host = uri.getRawAuthority() + proxy.map(at -> " through the proxy " + at).orElse("");
    try {
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      if (proxy.isPresent() && response.statusCode() == PROXY_UNAUTHORIZED) {
        // There is none where the tunnel was refused.
        InputStream body = response.body();
        if (body != null) {
          body.close();
        }
        throw new RegistryException(
            RegistryException.Kind.CONFIGURATION,
            "the proxy "
                + proxy.get()
                + " wants other credentials for "
                + uri.getRawAuthority()
                + "; correct "
                + uri.getScheme().toUpperCase(Locale.ROOT)
                + "_PROXY in the daemon's environment");
      }
      return response;
    } catch (RegistryException e) {
      throw e;
    } catch (IOException e) {
      throw unreachable(uri, host, e);
    }
  }

  RegistryException unreachable(URI uri, IOException e) {
    return unreachable(uri, uri.getRawAuthority(), e);
  }

  private RegistryException unreachable(URI uri, String host, IOException e) {
    String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    boolean judged = causes(e).anyMatch(SSLHandshakeException.class::isInstance);
    boolean ours = causes(e).anyMatch(CertificateException.class::isInstance);
    return new RegistryException(
        judged ? RegistryException.Kind.CONFIGURATION : RegistryException.Kind.UNAVAILABLE,
        host
            + (causes(e).anyMatch(SSLException.class::isInstance)
                ? " does not speak TLS as expected: "
                : " cannot be reached: ")
            + printable(why)
            + (ours ? remedy(e) : certificates.remedy(uri)),
        e);
  }

  private static Stream<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
  }

  /** Of a certificate that was not taken. */
  private static String remedy(IOException e) {
    return causes(e).anyMatch(CertPathBuilderException.class::isInstance)
        ? "; name its authority with ca in hosts.toml"
        : "; the host needs a certificate that is valid today and for this name";
  }

  /** What a status other than success means. */
  static RegistryException failure(
      String host, HttpResponse<InputStream> response, byte[] body, String remedy) {
    int status = response.statusCode();
    RegistryException.Kind kind =
        switch (status) {
          case 401, 403 -> RegistryException.Kind.DENIED;
          case 404, 410 -> RegistryException.Kind.NOT_FOUND;
          case 408, 425, 429 -> RegistryException.Kind.UNAVAILABLE;
          default ->
              status >= 500 ? RegistryException.Kind.UNAVAILABLE : RegistryException.Kind.REFUSED;
        };
    String reason = reason(body);
    Optional<Duration> wanted = RetryAfter.of(response.headers(), Instant.now());
    return new RegistryException(
        kind,
        host
            + " answered "
            + status
            + (reason.isEmpty() ? "" : ": " + reason)
            + wanted.map(time -> "; it wants rest for " + time.toSeconds() + " s").orElse("")
            + (kind == RegistryException.Kind.DENIED ? remedy : ""),
        wanted);
  }

  /** The registry's own words, if it has any. */
  private static String reason(byte[] body) {
    try {
      JsonNode error = JSON.readTree(body).path("errors").path(0);
      String code = error.path("code").asText("");
      String message = error.path("message").asText("");
      return printable((code + " " + message).strip());
    } catch (IOException e) {
      return "";
    }
  }

  static String printable(String text) {
    String cut = text.length() > LONGEST_REASON ? text.substring(0, LONGEST_REASON) + "…" : text;
    return cut.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
  }

  /** An address as hosts name them: of HTTP, with a host, on a port that there is. */
  static Optional<URI> address(String text) {
    try {
      URI uri = new URI(text);
      String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
      boolean known = scheme.equals("http") || scheme.equals("https");
      boolean host = uri.getHost() != null && uri.getPort() <= LARGEST_PORT;
      return known && host && uri.getRawUserInfo() == null ? Optional.of(uri) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  static boolean keepsTls(URI from, URI to) {
    return "https".equalsIgnoreCase(to.getScheme()) || !"https".equalsIgnoreCase(from.getScheme());
  }

  static boolean sameOrigin(URI one, URI other) {
    return one.getScheme().equalsIgnoreCase(other.getScheme())
        && one.getHost().equalsIgnoreCase(other.getHost())
        && port(one) == port(other);
  }

  static int port(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }
}
