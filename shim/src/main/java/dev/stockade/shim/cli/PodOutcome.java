package dev.stockade.shim.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What became of a pod's containers, for people and as JSON. */
final class PodOutcome {
  private final Map<String, ContainerView> containers = new LinkedHashMap<>();

  void add(String name, ContainerView view) {
    containers.put(name, view);
  }

  /** Prints the receipt of each container as a table. */
  void printReceipts(Output output) {
    containers.forEach(
        (name, view) -> {
          VerboseInfo info = new VerboseInfo(view.status(true).getInfoMap());
          String receipt =
              info.text(VerboseInfo.RECEIPT_TABLE)
                  .or(() -> info.text(VerboseInfo.RECEIPT))
                  .orElseThrow(() -> CommandFailure.of("the daemon has no receipt for " + name));
          output.out().println();
          if (containers.size() > 1) {
            output.line(name + ":");
          }
          output.out().println(PlainText.lines(receipt).stripTrailing());
        });
  }

  /** The pod and its containers with exit codes; with receipts if asked for. */
  String json(PodRun pod, boolean receipts) {
    return JsonText.of(
        json -> {
          json.writeStartObject();
          json.writeObjectFieldStart("pod");
          json.writeStringField("id", pod.id());
          json.writeStringField("name", pod.name());
          json.writeStringField("namespace", pod.namespace());
          json.writeEndObject();
          json.writeArrayFieldStart("containers");
          for (Map.Entry<String, ContainerView> entry : containers.entrySet()) {
            write(json, entry.getKey(), entry.getValue().status(receipts), receipts);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private static void write(
      JsonGenerator json, String name, ContainerStatusResponse response, boolean receipts)
      throws IOException {
    ContainerStatus status = response.getStatus();
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("id", status.getId());
    json.writeStringField("state", StateWord.of(status.getState()).text());
    if (status.getFinishedAt() != 0) {
      json.writeNumberField("exitCode", status.getExitCode());
      json.writeStringField("reason", status.getReason());
      json.writeStringField("message", status.getMessage());
    }
    json.writeStringField("logPath", status.getLogPath());
    if (receipts) {
      json.writeFieldName("receipt");
      new VerboseInfo(response.getInfoMap()).writeEntry(json, VerboseInfo.RECEIPT);
    }
    json.writeEndObject();
  }
}
