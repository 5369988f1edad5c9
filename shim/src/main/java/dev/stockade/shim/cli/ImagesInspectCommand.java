package dev.stockade.shim.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.v1.DescribeRequest;
import dev.stockade.v1.DescribeResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code stockade images inspect}. */
@Command(
    name = "inspect",
    description = {
      "Shows images in full, as a JSON array: names, layers with their sizes, who uses them, and",
      "the config, which holds the environment.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade images inspect busybox:local",
      "  stockade images inspect 4bcff63911fcb | jq '.[0].layers'",
    })
final class ImagesInspectCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Stockade stockade;

  @Parameters(
      arity = "1..*",
      paramLabel = "IMAGE",
      description = "Reference, digest, or beginning of an id.")
  private List<String> words = List.of();

  ImagesInspectCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    Output output = stockade.output();
    List<DescribeResponse> found = new ArrayList<>();
    int code = ExitCode.OK;
    try (Daemon daemon = stockade.connect()) {
      for (String word : words) {
        try {
          found.add(describe(daemon, word));
        } catch (CommandFailure e) {
          output.notice(e.text());
          code = e.exitCode();
        }
      }
    }
    output.out().println(JsonText.of(json -> write(json, found)));
    return code;
  }

  private static DescribeResponse describe(Daemon daemon, String word) {
    DescribeRequest request =
        DescribeRequest.newBuilder().setImage(ImageWord.resolve(daemon, word)).build();
    return daemon.ask("show image " + word, () -> daemon.imageStore().describe(request));
  }

  private static void write(JsonGenerator json, List<DescribeResponse> found) throws IOException {
    json.writeStartArray();
    for (DescribeResponse each : found) {
      json.writeStartObject();
      MessageJson.writeFields(json, each.getImage());
      json.writeFieldName("config");
      json.writeTree(JSON.readTree(each.getConfig().toByteArray()));
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
