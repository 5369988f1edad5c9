package dev.stockade.shim.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A forward proxy on loopback, of tunnels and of plain requests, for which every name is this
 * machine. Source: RFC 9110 sections 9.3.6 and 7.6; RFC 9112 section 3.2.2.
 */
public final class ForwardProxy implements AutoCloseable {
  private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Optional<String> wanted;

  /** The heads of all requests it got. */
  public final List<String> heads = Collections.synchronizedList(new ArrayList<>());

  /**
   * Serves from now on.
   *
   * @param wanted value of Proxy-Authorization, if any is wanted
   */
  public ForwardProxy(Optional<String> wanted) throws IOException {
    this.wanted = wanted;
    threads.execute(this::serve);
  }

  public String address() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  private void serve() {
    while (true) {
      try {
        Socket client = socket.accept();
        threads.execute(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      String head = head(client.getInputStream());
      heads.add(head);
      if (wanted.isPresent()
          && !head.contains("\r\nProxy-Authorization: " + wanted.get() + "\r\n")) {
        say(client, "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\n\r\n");
        return;
      }
      String[] words = head.substring(0, head.indexOf('\r')).split(" ", -1);
      boolean tunnel = words[0].equals("CONNECT");
      String authority = tunnel ? words[1] : words[1].replaceFirst("^http://([^/]*).*$", "$1");
      int port = Integer.parseInt(authority.replaceFirst("^.*:", ""));
      try (Socket origin = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (tunnel) {
          say(client, "HTTP/1.1 200 Here\r\n\r\n");
          threads.execute(() -> relay(client, origin));
        } else {
          say(origin, forwarded(head, words));
        }
        relay(origin, client);
      }
    } catch (IOException e) {
      // Whoever asked has gone away, and so does this.
    }
  }

  private static String forwarded(String head, String[] words) {
    String path = words[1].replaceFirst("^http://[^/]*", "");
    StringBuilder text = new StringBuilder(words[0] + " " + path + " HTTP/1.1\r\n");
    head.lines()
        .skip(1)
        .filter(line -> !line.isEmpty())
        .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith("proxy-"))
        .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith("connection:"))
        .forEach(line -> text.append(line).append("\r\n"));
    return text.append("Connection: close\r\n\r\n").toString();
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int one = in.read();
      if (one < 0) {
        throw new IOException("no whole request");
      }
      head.write(one);
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  private static void say(Socket to, String text) throws IOException {
    to.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void relay(Socket from, Socket to) {
    try {
      OutputStream out = to.getOutputStream();
      from.getInputStream().transferTo(out);
      to.shutdownOutput();
    } catch (IOException e) {
      // One side has ended, so the other is told by the closing of both.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    threads.shutdownNow();
  }
}
