package dev.stockade.shim.oci;

import dev.stockade.shim.image.ImageConfig;
import dev.stockade.shim.intent.ContainerIntent;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line, by the rules of Kubernetes: a command replaces the image's entrypoint and its
 * command; arguments alone replace only the image's command.
 */
final class ProcessArguments {
  private ProcessArguments() {}

  static List<String> of(ContainerIntent intent, ImageConfig image) {
    List<String> args = new ArrayList<>();
    if (intent.command().isEmpty()) {
      args.addAll(image.entrypoint());
      args.addAll(intent.args().isEmpty() ? image.command() : intent.args());
    } else {
      args.addAll(intent.command());
      args.addAll(intent.args());
    }
    return List.copyOf(args);
  }
}
