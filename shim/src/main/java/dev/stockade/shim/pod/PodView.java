package dev.stockade.shim.pod;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.lsm.SelinuxLabels;
import dev.stockade.shim.oci.PodContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A pod as its containers see it.
 *
 * @param home its directory of this boot
 */
public record PodView(String id, PodIntent intent, PodContext context, Path home) {
  /** What a container with these SELinux contexts gets: files that it may read. */
  public PodContext contextFor(Optional<SelinuxLabels> container) {
    return other(container)
        .map(label -> context.withFiles(new PodFiles(home).byTarget(label)))
        .orElse(context);
  }

  /** Makes the files of {@link #contextFor}; repeatable, and not by two threads at a time. */
  public void makeFilesFor(Optional<SelinuxLabels> container) throws IOException, CallFailure {
    Optional<String> label = other(container);
    if (label.isPresent()) {
      new PodFiles(home).copy(label.get());
    }
  }

  private Optional<String> other(Optional<SelinuxLabels> container) {
    return container
        .map(SelinuxLabels::file)
        .filter(label -> !context.selinux().map(SelinuxLabels::file).equals(Optional.of(label)));
  }
}
