package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.PodSandboxState;
import dev.stockade.shim.cli.Table.Cell;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stockade ps}. */
@Command(
    name = "ps",
    description = "Lists pods and their containers: those that are up, or all.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade ps",
      "  stockade ps --all --json",
      "  stockade rm $(stockade ps --all --quiet)"
    })
final class PsCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Option(
      names = {"-a", "--all"},
      description = "Also stopped pods and containers that do not run.")
  private boolean all;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print the ids of the pods only.")
  private boolean quiet;

  @Option(names = "--full-ids", description = "Do not shorten ids.")
  private boolean fullIds;

  @Option(names = "--json", description = "Print JSON: the messages of CRI's lists.")
  private boolean asJson;

  PsCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    try (Daemon daemon = stockade.connect()) {
      print(shown(Inventory.of(daemon)));
    }
    return ExitCode.OK;
  }

  private Inventory shown(Inventory inventory) {
    if (all) {
      return inventory;
    }
    return new Inventory(
        inventory.pods().stream()
            .filter(pod -> pod.getState() == PodSandboxState.SANDBOX_READY)
            .toList(),
        inventory.containers().stream()
            .filter(c -> c.getState() == ContainerState.CONTAINER_RUNNING)
            .toList());
  }

  private void print(Inventory inventory) {
    Output output = stockade.output();
    if (asJson) {
      output.out().println(json(inventory));
    } else if (quiet) {
      inventory.pods().forEach(pod -> output.line(id(pod.getId())));
    } else {
      table(inventory).print(output);
    }
  }

  private static String json(Inventory inventory) {
    return JsonText.of(
        json -> {
          json.writeStartObject();
          json.writeFieldName("pods");
          MessageJson.write(json, inventory.pods());
          json.writeFieldName("containers");
          MessageJson.write(json, inventory.containers());
          json.writeEndObject();
        });
  }

  private Table table(Inventory inventory) {
    Table table = new Table("POD", "CONTAINER", "ID", "IMAGE", "STATE", "AGE");
    Instant now = Instant.now();
    for (PodSandbox pod : inventory.pods()) {
      table.row(podRow(pod, now));
      inventory.of(pod).forEach(c -> table.row(containerRow(pod, c, now)));
    }
    return table;
  }

  private List<Cell> podRow(PodSandbox pod, Instant now) {
    return List.of(
        Cell.plain(Inventory.nameOf(pod)),
        Cell.plain(""),
        Cell.plain(id(pod.getId())),
        Cell.plain(""),
        StateWord.of(pod.getState()),
        Cell.plain(Age.since(pod.getCreatedAt(), now)));
  }

  private List<Cell> containerRow(PodSandbox pod, Container container, Instant now) {
    return List.of(
        Cell.plain(Inventory.nameOf(pod)),
        Cell.plain(container.getMetadata().getName()),
        Cell.plain(id(container.getId())),
        Cell.plain(container.getImage().getImage()),
        StateWord.of(container.getState()),
        Cell.plain(Age.since(container.getCreatedAt(), now)));
  }

  private String id(String id) {
    return fullIds ? id : ShortId.of(id);
  }
}
