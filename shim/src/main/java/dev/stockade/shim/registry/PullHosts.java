package dev.stockade.shim.registry;

import dev.stockade.shim.journal.Field;
import dev.stockade.shim.journal.Journal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The hosts of one pull in the order they are asked: mirrors, then the registry. A mirror that
 * fails or lies is passed over until the pull is over; the last host never is.
 */
final class PullHosts {
  private static final Journal JOURNAL = Journal.of(PullHosts.class);

  private final String registry;
  private final List<EndpointClient> clients;
  private final Set<EndpointClient> passed = ConcurrentHashMap.newKeySet();

  /**
   * All are to be asked.
   *
   * @param registry as references have it
   */
  PullHosts(String registry, List<EndpointClient> clients) throws RegistryException {
    this.registry = registry;
    this.clients = List.copyOf(clients);
    if (clients.isEmpty()) {
      throw none("pull images");
    }
  }

  private RegistryException none(String what) {
    return new RegistryException(
        RegistryException.Kind.CONFIGURATION,
        "no host may " + what + " of " + registry + "; see its hosts.toml");
  }

  /** Something one host may have. */
  @FunctionalInterface
  interface Request<T> {
    T to(EndpointClient client) throws RegistryException, InterruptedException;
  }

  /**
   * Asks each host in turn; the last one's word counts.
   *
   * @param resolving whether it is about what a tag means
   */
  <T> T first(boolean resolving, Request<T> request)
      throws RegistryException, InterruptedException {
    List<EndpointClient> able =
        clients.stream().filter(c -> !resolving || c.endpoint().resolves()).toList();
    if (able.isEmpty()) {
      throw none("resolve tags");
    }
    EndpointClient last = able.get(able.size() - 1);
    List<RegistryException> failures = new ArrayList<>();
    for (EndpointClient client : able.subList(0, able.size() - 1)) {
      if (!passed.contains(client)) {
        try {
          return Patience.OTHERS_AFTER.apply(() -> request.to(client));
        } catch (RegistryException e) {
          failed(client, e);
          failures.add(e);
        }
      }
    }
    try {
      return Patience.LAST.apply(() -> request.to(last));
    } catch (RegistryException e) {
      failures.forEach(e::addSuppressed);
      throw e;
    }
  }

  /** One that lacks something, or wants credentials for it, may have what is asked for next. */
  private void failed(EndpointClient client, RegistryException e) throws RegistryException {
    String why = String.valueOf(e.getMessage());
    switch (e.kind()) {
      case CANCELLED -> throw e;
      case NOT_FOUND, DENIED ->
          JOURNAL.debug(
              "a mirror does not give this, so the next host is asked",
              Field.of("mirror", client.endpoint().host()),
              Field.of("why", why));
      case UNAVAILABLE, REFUSED, CONFIGURATION -> {
        boolean unused = passOver(client, why);
      }
    }
  }

  /**
   * Asks a mirror nothing more in this pull.
   *
   * @return whether it is one: after the last host there is nobody to ask
   */
  boolean passOver(EndpointClient client, String why) {
    if (client.equals(clients.get(clients.size() - 1))) {
      return false;
    }
    if (passed.add(client)) {
      JOURNAL.warning(
          "a mirror failed, so the rest of this pull is asked of the next host",
          Field.of("registry", registry),
          Field.of("mirror", client.endpoint().host()),
          Field.of("why", why));
    }
    return true;
  }
}
