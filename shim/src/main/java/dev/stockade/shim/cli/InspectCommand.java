package dev.stockade.shim.cli;

import com.google.protobuf.Message;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.PodSandboxStatusResponse;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade inspect}. */
@Command(
    name = "inspect",
    description = {
      "Shows a container or pod in full, or one part of it.",
      "The spec, and with it the whole, holds the environment with its secrets.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade inspect web/app",
      "  stockade inspect --receipt web/app",
      "  stockade inspect --receipt --json web/app",
      "  stockade inspect --pod web",
    })
final class InspectCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(index = "0", paramLabel = "CONTAINER|POD", description = "Name, pod/name, or id.")
  private String word = "";

  @ArgGroup private Part part = new Part();

  @Option(names = "--pod", description = "The pod of that name, not a container.")
  private boolean pod;

  @Option(names = "--json", description = "Print the receipt as JSON; the rest is JSON anyway.")
  private boolean asJson;

  InspectCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  /** At most one part. */
  static final class Part {
    @Option(names = "--spec", description = "The OCI runtime spec (config.json).")
    private boolean spec;

    @Option(names = "--plan", description = "The launch plan, one step a line.")
    private boolean plan;

    @Option(
        names = "--receipt",
        description = "The receipt: what was asked beside what the kernel said.")
    private boolean receipt;

    Optional<String> key(boolean asJson) {
      if (spec) {
        return Optional.of(VerboseInfo.SPEC);
      }
      if (plan) {
        return Optional.of(VerboseInfo.PLAN);
      }
      if (receipt) {
        return Optional.of(asJson ? VerboseInfo.RECEIPT : VerboseInfo.RECEIPT_TABLE);
      }
      return Optional.empty();
    }
  }

  @Override
  public Integer call() {
    try (Daemon daemon = stockade.connect()) {
      Found found = find(daemon);
      Optional<String> key = part.key(asJson);
      String text = key.isPresent() ? partOf(found, key.get()) : whole(found);
      stockade.output().out().println(PlainText.lines(text).stripTrailing());
    }
    return ExitCode.OK;
  }

  /** A status and its details. */
  private record Found(Message status, VerboseInfo info) {}

  private Found find(Daemon daemon) {
    Inventory inventory = Inventory.of(daemon);
    if (!pod && inventory.container(word).isPresent()) {
      String id = Target.container(inventory, word).getId();
      ContainerStatusResponse response = new ContainerView(daemon, id).status(true);
      return new Found(response.getStatus(), new VerboseInfo(response.getInfoMap()));
    }
    String id =
        inventory
            .pod(word)
            .orElseThrow(() -> CommandFailure.of("no pod or container \"" + word + "\""))
            .getId();
    PodSandboxStatusRequest request =
        PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).setVerbose(true).build();
    PodSandboxStatusResponse response =
        daemon.ask("show pod " + id, () -> daemon.runtime().podSandboxStatus(request));
    return new Found(response.getStatus(), new VerboseInfo(response.getInfoMap()));
  }

  private String partOf(Found found, String key) {
    return found
        .info()
        .text(key)
        .orElseThrow(
            () ->
                CommandFailure.of(
                    "the daemon has no \""
                        + key
                        + "\" for "
                        + word
                        + "; it is there from the start on"));
  }

  private static String whole(Found found) {
    return JsonText.of(
        json -> {
          json.writeStartObject();
          json.writeFieldName("status");
          MessageJson.write(json, found.status());
          json.writeFieldName("info");
          found.info().write(json);
          json.writeEndObject();
        });
  }
}
