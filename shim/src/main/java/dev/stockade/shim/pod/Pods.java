package dev.stockade.shim.pod;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.intent.PodIntent.PodName;
import dev.stockade.shim.record.IdIndex;
import dev.stockade.shim.record.NameReservations;
import dev.stockade.shim.record.RecordStore;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** All pods of this node, by id and by name. */
public final class Pods {
  private final IdIndex<Pod> index = new IdIndex<>();
  private final NameReservations<PodName> names = new NameReservations<>();
  private final RecordStore<PodRecord, PodState> records;

  /** With the durable records of this node. */
  public Pods(RecordStore<PodRecord, PodState> records) {
    this.records = records;
  }

  /** The pod with this identifier, or the only one whose identifier begins with it. */
  public Pod get(String id) throws CallFailure {
    return find(id).orElseThrow(() -> CallFailure.notFound("pod sandbox", id));
  }

  /** As {@link #get}, empty when there is none. */
  public Optional<Pod> find(String id) {
    return index.find(id);
  }

  /** Those whose identifier begins with the prefix. */
  public List<Pod> withPrefix(String prefix) {
    return index.withPrefix(prefix);
  }

  /** All of them. */
  public Collection<Pod> all() {
    return index.all();
  }

  IdIndex<Pod> index() {
    return index;
  }

  NameReservations<PodName> names() {
    return names;
  }

  RecordStore<PodRecord, PodState> records() {
    return records;
  }
}
