package dev.stockade.shim.registry;

import java.net.URI;
import java.util.Locale;
import javax.net.ssl.SSLEngine;

/** Whom TLS is spoken with. */
record Peer(String host, int port) {
  static Peer of(URI uri) {
    return new Peer(canonical(uri.getHost()), Exchange.port(uri));
  }

  static Peer of(SSLEngine engine) {
    return new Peer(canonical(String.valueOf(engine.getPeerHost())), engine.getPeerPort());
  }

  private static String canonical(String host) {
    return host.toLowerCase(Locale.ROOT).replaceAll("^\\[|]$", "");
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
