package dev.stockade.shim.daemon;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Tells a registry what a user may do, in the way of the distribution project: tokens are JSON Web
 * Tokens (RFC 7519) signed with the key of the registry's own certificate. It has another name than
 * the registry, and knows the registry's user, who may pull one repository.
 */
final class TokenServer implements AutoCloseable {
  static final String SERVICE = "registry of a test";
  static final String ISSUER = "token server of a test";
  static final String REPOSITORY = "team/busybox";

  /** What the user may exchange for tokens. */
  static final String IDENTITY = "identity/t0ken+";

  private static final char[] NO_PASSWORD = {};
  private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

  private final HttpsServer server;
  private final PrivateKey key;
  private final Certificate certificate;

  /** Method and form of each request, decoded. */
  final List<String> asked = Collections.synchronizedList(new ArrayList<>());

  /** With the key and certificate of a registry that is filled. */
  TokenServer(Path registry) throws IOException, GeneralSecurityException {
    key = key(registry.resolve("key.pem"));
    try (InputStream pem = Files.newInputStream(registry.resolve("ca.pem"))) {
      certificate = CertificateFactory.getInstance("X.509").generateCertificate(pem);
    }
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context()));
    server.createContext("/token", this::serve);
    server.start();
  }

  private static PrivateKey key(Path pem) throws IOException, GeneralSecurityException {
    String text = Files.readString(pem).replaceAll("-----[A-Z ]+-----|\\s", "");
    return KeyFactory.getInstance("RSA")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  private SSLContext context() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    store.setKeyEntry("own", key, NO_PASSWORD, new Certificate[] {certificate});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, NO_PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  String host() {
    return "localhost:" + server.getAddress().getPort();
  }

  String realm() {
    return "https://" + host() + "/token";
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean exchanged = exchange.getRequestMethod().equals("POST");
      String raw =
          exchanged
              ? new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
              : exchange.getRequestURI().getRawQuery();
      List<String> form =
          List.of(raw.split("&", -1)).stream()
              .map(each -> URLDecoder.decode(each, StandardCharsets.UTF_8))
              .toList();
      asked.add(exchange.getRequestMethod() + " " + String.join(" ", form));
      String shown = exchange.getRequestHeaders().getFirst("Authorization");
      boolean known =
          exchanged
              ? form.contains("grant_type=refresh_token")
                  && form.contains("refresh_token=" + IDENTITY)
              : ("Basic " + DockerRegistry.auth(DockerRegistry.PASSWORD)).equals(shown);
      boolean guest = !exchanged && shown == null;
      if (!known && !guest) {
        answer(
            exchange,
            401,
            "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"no such user\"}]}");
        return;
      }
      boolean may = known && form.contains("scope=repository:" + REPOSITORY + ":pull");
      String name = exchanged ? "access_token" : "token";
      answer(exchange, 200, "{\"" + name + "\":\"" + token(may, 300) + "\"}");
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /**
   * A token.
   *
   * @param may whether its bearer may pull the repository, or nothing
   * @param seconds it is valid from now on
   */
  String token(boolean may, long seconds) {
    try {
      String chain = Base64.getEncoder().encodeToString(certificate.getEncoded());
      long now = Instant.now().getEpochSecond();
      String access =
          may
              ? "{\"type\":\"repository\",\"name\":\"" + REPOSITORY + "\",\"actions\":[\"pull\"]}"
              : "";
      String signed =
          part("{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5c\":[\"" + chain + "\"]}")
              + "."
              + part(
                  "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%d,\"nbf\":%d,\"exp\":%d,\"jti\":\"1\",\"access\":[%s]}"
                      .formatted(
                          ISSUER,
                          DockerRegistry.USER,
                          SERVICE,
                          now - 600,
                          now - 600,
                          now + seconds,
                          access));
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.UTF_8));
      return signed + "." + URL.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String part(String json) {
    return URL.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
