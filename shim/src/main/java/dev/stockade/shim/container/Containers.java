package dev.stockade.shim.container;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.record.IdIndex;
import dev.stockade.shim.record.NameReservations;
import dev.stockade.shim.record.RecordStore;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** All containers of this node, by id and by name. */
public final class Containers {
  private final IdIndex<Container> index = new IdIndex<>();
  private final NameReservations<ContainerName> names = new NameReservations<>();
  private final RecordStore<ContainerRecord, ContainerState> records;

  /** With the durable records of this node. */
  public Containers(RecordStore<ContainerRecord, ContainerState> records) {
    this.records = records;
  }

  /** The container with this identifier, or the only one whose identifier begins with it. */
  public Container get(String id) throws CallFailure {
    return find(id).orElseThrow(() -> CallFailure.notFound("container", id));
  }

  /** As {@link #get}, empty when there is none. */
  public Optional<Container> find(String id) {
    return index.find(id);
  }

  /** Those whose identifier begins with the prefix. */
  public List<Container> withPrefix(String prefix) {
    return index.withPrefix(prefix);
  }

  /** All of them. */
  public Collection<Container> all() {
    return index.all();
  }

  /** Those of one pod. */
  public List<Container> ofPod(String podId) {
    return index.all().stream().filter(c -> c.podId().equals(podId)).toList();
  }

  /** Where hooks find the container's spec; goes with its record. */
  Path bundle(String id) {
    return records.directoryOf(id).resolve("bundle");
  }

  IdIndex<Container> index() {
    return index;
  }

  NameReservations<ContainerName> names() {
    return names;
  }

  RecordStore<ContainerRecord, ContainerState> records() {
    return records;
  }
}
