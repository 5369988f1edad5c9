package dev.stockade.shim.registry;

import dev.stockade.shim.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Who gives a blob, and who has given of it. */
final class BlobHosts implements ResumedBlob.Source {
  private final PullHosts hosts;
  private final Digest digest;
  private final Watch watch;
  private final Set<EndpointClient> givers = ConcurrentHashMap.newKeySet();
  private volatile @Nullable EndpointClient giver;

  /** Nothing is asked for yet. */
  BlobHosts(PullHosts hosts, Digest digest, Watch watch) {
    this.hosts = hosts;
    this.digest = digest;
    this.watch = watch;
  }

  @Override
  public InputStream open(long from) throws RegistryException, InterruptedException {
    return hosts.first(false, client -> open(client, from));
  }

  private InputStream open(EndpointClient client, long from)
      throws RegistryException, InterruptedException {
    EndpointClient.Content content = client.get("blobs", digest.toString(), List.of(), from);
    InputStream body = watch.stream(content.body());
    giver = client;
    givers.add(client);
    if (from == 0 || content.partial()) {
      return body;
    }
    try {
      return ResumedBlob.skipped(body, from);
    } catch (IOException e) {
      try {
        body.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw e instanceof RegistryException known ? known : client.unreachable(e);
    }
  }

  @Override
  public void stuck(IOException why) {
    EndpointClient client = giver;
    if (client != null) {
      boolean unused = hosts.passOver(client, Exchange.printable(String.valueOf(why.getMessage())));
    }
  }

  @Override
  public boolean elsewhere(String why) {
    boolean mirrored = false;
    // Of what several gave together it is not known who lied.
    for (EndpointClient client : givers) {
      mirrored |= hosts.passOver(client, why);
    }
    return mirrored;
  }
}
