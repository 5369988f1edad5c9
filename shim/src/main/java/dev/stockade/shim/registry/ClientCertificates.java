package dev.stockade.shim.registry;

import dev.stockade.launcher.linux.HostPath;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * What this node shows a host that asks who it is, and nobody else: not where that host redirects
 * to, nor its token server. It remembers who asked: in TLS 1.3 the judgement comes after the
 * handshake, as one word or as a connection that ends.
 */
final class ClientCertificates extends X509ExtendedKeyManager {
  private static final int LARGEST = 1 << 20;
  private static final char[] NO_PASSWORD = {};

  private final X509ExtendedKeyManager keys;
  private final boolean any;
  private final Peer host;
  private final ConcurrentMap<Peer, Boolean> shown = new ConcurrentHashMap<>();

  private ClientCertificates(X509ExtendedKeyManager keys, boolean any, Peer host) {
    this.keys = keys;
    this.any = any;
    this.host = host;
  }

  static ClientCertificates of(Endpoint endpoint) throws RegistryException {
    List<Endpoint.ClientPair> pairs = endpoint.tls().clients();
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, NO_PASSWORD);
      for (Endpoint.ClientPair pair : pairs) {
        add(store, pair);
      }
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, NO_PASSWORD);
      for (KeyManager manager : factory.getKeyManagers()) {
        if (manager instanceof X509ExtendedKeyManager extended) {
          return new ClientCertificates(extended, !pairs.isEmpty(), Peer.of(endpoint.base()));
        }
      }
      throw new GeneralSecurityException("this JVM has no manager of X.509 keys");
    } catch (RegistryException e) {
      throw e;
    } catch (IOException | GeneralSecurityException e) {
      throw new RegistryException(
          RegistryException.Kind.CONFIGURATION, "no client certificates: " + e.getMessage(), e);
    }
  }

  private static void add(KeyStore store, Endpoint.ClientPair pair) throws RegistryException {
    try {
      byte[] certificate = HostPath.read(pair.certificate(), LARGEST);
      byte[] key = pair.key().isPresent() ? HostPath.read(pair.key().get(), LARGEST) : certificate;
      Certificate[] chain = Pem.certificates(certificate).toArray(new Certificate[0]);
      if (chain.length == 0) {
        throw new CertificateException("has no certificate");
      }
      PrivateKey own = Pem.privateKey(key);
      store.setKeyEntry(pair.certificate().toString(), own, NO_PASSWORD, chain);
    } catch (IOException | GeneralSecurityException e) {
      throw new RegistryException(
          RegistryException.Kind.CONFIGURATION,
          "the client certificate "
              + pair.certificate()
              + pair.key().map(file -> " with the key " + file).orElse("")
              + " cannot be used: "
              + e.getMessage()
              + "; correct client in hosts.toml",
          e);
    }
  }

  /** What a host that ended the connection may want, for the end of a message. */
  String remedy(URI uri) {
    Peer peer = Peer.of(uri);
    Boolean known = shown.get(peer);
    if (known == null) {
      return "";
    }
    if (!peer.equals(host)) {
      return "; it asked for a client certificate: client in hosts.toml is for " + host + " alone";
    }
    if (known) {
      return "; it asked for a client certificate and may not accept the one that client in"
          + " hosts.toml names";
    }
    return any
        ? "; it asked for a client certificate of an authority that none has which client in"
            + " hosts.toml names"
        : "; it asked for a client certificate: name one with client in hosts.toml";
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
    Peer peer = Peer.of(engine);
    String alias =
        peer.equals(host) ? keys.chooseEngineClientAlias(keyTypes, issuers, engine) : null;
    shown.merge(peer, alias != null, Boolean::logicalOr);
    return alias;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
    // java.net.http has engines only.
    return null;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return keys.getClientAliases(keyType, issuers);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return keys.getServerAliases(keyType, issuers);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, Socket socket) {
    return keys.chooseServerAlias(keyType, issuers, socket);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return keys.getCertificateChain(alias);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return keys.getPrivateKey(alias);
  }
}
