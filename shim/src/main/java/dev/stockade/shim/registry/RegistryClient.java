package dev.stockade.shim.registry;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.RemoteImage;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One image of a registry, from its mirrors first and from itself last. For one pull, so that
 * credentials live no longer.
 */
public final class RegistryClient implements RemoteImage {
  private static final String MANIFESTS = "manifests";

  private final ImageReference reference;
  private final Watch watch;
  private final PullHosts hosts;

  private RegistryClient(ImageReference reference, Watch watch, PullHosts hosts) {
    this.reference = reference;
    this.watch = watch;
    this.hosts = hosts;
  }

  /**
   * A client for one image.
   *
   * @param patience how long a transfer may make no progress
   * @param call when it is cancelled, transfers end
   */
  public static RegistryClient of(
      ImageReference reference,
      RegistryHosts hosts,
      Credentials credentials,
      Duration patience,
      Call call)
      throws RegistryException {
    Watch watch = new Watch(patience, call);
    List<EndpointClient> clients = new ArrayList<>();
    for (Endpoint endpoint : hosts.of(reference.domain())) {
      clients.add(
          new EndpointClient(
              endpoint,
              reference.path(),
              new Exchange(endpoint, hosts.proxies()),
              credentials,
              watch));
    }
    return new RegistryClient(reference, watch, new PullHosts(reference.domain(), clients));
  }

  @Override
  public Document root(List<String> accepted, int limit) throws IOException, InterruptedException {
    Optional<Digest> digest = reference.digest();
    String name = digest.map(Digest::toString).orElseGet(() -> reference.tag().orElseThrow());
    return resolved(digest, name, accepted, limit);
  }

  @Override
  public Optional<Document> tagged(String tag, List<String> accepted, int limit)
      throws IOException, ImageException, InterruptedException {
    try {
      return Optional.of(resolved(Optional.empty(), tag, accepted, limit));
    } catch (RegistryException e) {
      if (e.kind() == RegistryException.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw orRefused(e);
    }
  }

  /** What is wrong with the document, not with the way to it, is the image's. */
  private static RegistryException orRefused(RegistryException e) throws ImageException {
    if (e.kind() == RegistryException.Kind.REFUSED) {
      throw ImageException.refused(String.valueOf(e.getMessage()));
    }
    return e;
  }

  private Document resolved(Optional<Digest> wanted, String name, List<String> accepted, int limit)
      throws RegistryException, InterruptedException {
    return hosts.first(
        wanted.isEmpty(),
        client -> {
          EndpointClient.Content content = client.get(MANIFESTS, name, accepted, 0);
          byte[] bytes = whole(client, content, limit);
          String type = type(client, content, accepted);
          Digest actual =
              Digest.of(wanted.map(Digest::algorithm).orElse(Digest.Algorithm.SHA256), bytes);
          // Of a tag it is held to its own word.
          Optional<String> promised =
              wanted.map(Digest::toString).or(() -> content.header("Docker-Content-Digest"));
          verify(client, promised.orElse(actual.toString()), actual);
          return new Document(type, actual, bytes);
        });
  }

  /** A page of a proxy that wants a login is no manifest. */
  private static String type(
      EndpointClient client, EndpointClient.Content content, List<String> accepted)
      throws RegistryException {
    String type = content.header("Content-Type").orElse("").replaceFirst("\\s*;.*", "");
    if (!accepted.isEmpty() && !accepted.contains(type)) {
      throw new RegistryException(
          RegistryException.Kind.REFUSED,
          client.endpoint().host()
              + " gives a document of media type \""
              + Exchange.printable(type)
              + "\", which was not asked for");
    }
    return type;
  }

  @Override
  public byte[] manifest(Digest digest, List<String> accepted, int limit)
      throws IOException, InterruptedException {
    return document(MANIFESTS, digest, accepted, limit);
  }

  @Override
  public byte[] document(Digest digest, int limit)
      throws IOException, ImageException, InterruptedException {
    try {
      return document("blobs", digest, List.of(), limit);
    } catch (RegistryException e) {
      throw orRefused(e);
    }
  }

  private byte[] document(String kind, Digest digest, List<String> accepted, int limit)
      throws RegistryException, InterruptedException {
    return hosts.first(
        false,
        client -> {
          byte[] bytes = whole(client, client.get(kind, digest.toString(), accepted, 0), limit);
          verify(client, digest.toString(), Digest.of(digest.algorithm(), bytes));
          return bytes;
        });
  }

  /** While there may be another host to ask. */
  private static void verify(EndpointClient client, String promised, Digest actual)
      throws RegistryException {
    if (!promised.equals(actual.toString())) {
      throw new RegistryException(
          RegistryException.Kind.REFUSED,
          client.endpoint().host()
              + " gives for "
              + Exchange.printable(promised)
              + " what has digest "
              + actual);
    }
  }

  private byte[] whole(EndpointClient client, EndpointClient.Content content, int limit)
      throws RegistryException {
    try {
      byte[] bytes = watch.document(content.body(), limit + 1);
      if (bytes.length > limit) {
        throw new RegistryException(
            RegistryException.Kind.REFUSED,
            client.endpoint().host() + " gives a document of more than " + limit + " bytes");
      }
      return bytes;
    } catch (RegistryException e) {
      throw e;
    } catch (IOException e) {
      throw client.unreachable(e);
    }
  }

  @Override
  public InputStream blob(Digest digest, long size, BooleanSupplier unwanted) {
    Call reading = () -> unwanted.getAsBoolean() || watch.call().cancelled();
    Watch whileWanted = new Watch(watch.patience(), reading);
    return new ResumedBlob(new BlobHosts(hosts, digest, whileWanted), size);
  }

  @Override
  public String toString() {
    return reference.toString();
  }
}
