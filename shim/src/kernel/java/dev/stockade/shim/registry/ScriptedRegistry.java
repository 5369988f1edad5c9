package dev.stockade.shim.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.LayoutBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** A registry on loopback that serves the blobs of a layout, and errs when it is told to. */
public final class ScriptedRegistry implements AutoCloseable {
  private static final Pattern PATH =
      Pattern.compile("/v2/(.+)/(manifests|blobs)/(?:sha256:)?([^/]+)");

  /** What it does instead of serving; true if it has answered. */
  @FunctionalInterface
  public interface Mischief {
    boolean answer(HttpExchange exchange) throws IOException;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, String> tags = new ConcurrentHashMap<>();
  final List<HttpExchange> requests = Collections.synchronizedList(new ArrayList<>());
  public volatile Mischief mischief = exchange -> false;

  private ScriptedRegistry(HttpServer server) {
    this.server = server;
    server.createContext("/", this::serve);
    server.setExecutor(threads);
    server.start();
  }

  public static ScriptedRegistry start() throws IOException {
    return new ScriptedRegistry(HttpServer.create(anyPort(), 0));
  }

  /** It asks for a client certificate and goes on without one. */
  static ScriptedRegistry startTls(SSLContext context) throws IOException {
    HttpsServer server = HttpsServer.create(anyPort(), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters own = context.getDefaultSSLParameters();
            own.setWantClientAuth(true);
            parameters.setSSLParameters(own);
          }
        });
    return new ScriptedRegistry(server);
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  public String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** Serves a layout whose only manifest, or index, is known by a tag. */
  public ScriptedRegistry serving(LayoutBuilder layout, String tag, byte[] top) {
    layout.files().forEach((name, content) -> files.put(name.replaceFirst("^.*/", ""), content));
    files.put(Digest.sha256(top).hex(), top);
    tags.put(tag, Digest.sha256(top).hex());
    return this;
  }

  /** How often something was asked for whose path ends so. */
  public long asked(String end) {
    return requests.stream().filter(r -> r.getRequestURI().getPath().endsWith(end)).count();
  }

  /** What the last one showed who asked for something whose path ends so. */
  Optional<String> shown(String end) {
    return requests.stream()
        .filter(r -> r.getRequestURI().getPath().endsWith(end))
        .reduce((first, last) -> last)
        .map(r -> r.getRequestHeaders().getFirst("Authorization"));
  }

  private void serve(HttpExchange exchange) throws IOException {
    requests.add(exchange);
    try (exchange) {
      if (mischief.answer(exchange)) {
        return;
      }
      Matcher path = PATH.matcher(exchange.getRequestURI().getPath());
      byte[] content =
          path.matches() ? files.get(tags.getOrDefault(path.group(3), path.group(3))) : null;
      if (content == null) {
        answer(exchange, 404, LayoutBuilder.utf8("{'errors':[{'code':'UNKNOWN'}]}"));
        return;
      }
      if (path.group(2).equals("manifests")) {
        String text = new String(content, java.nio.charset.StandardCharsets.UTF_8);
        exchange
            .getResponseHeaders()
            .set(
                "Content-Type",
                text.contains("\"manifests\"") ? LayoutBuilder.INDEX : LayoutBuilder.MANIFEST);
      }
      String range = exchange.getRequestHeaders().getFirst("Range");
      int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
      byte[] rest = java.util.Arrays.copyOfRange(content, from, content.length);
      answer(exchange, range == null ? 200 : 206, rest);
    }
  }

  public static void answer(HttpExchange exchange, int status, byte[] content) throws IOException {
    exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
    try (OutputStream body = exchange.getResponseBody()) {
      body.write(content);
    }
  }

  /** Promises all of it and breaks off. */
  public static void breakOff(HttpExchange exchange, byte[] content, int after) throws IOException {
    exchange.sendResponseHeaders(200, content.length);
    exchange.getResponseBody().write(content, 0, after);
    exchange.getResponseBody().flush();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
