package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.v1.PullEvent;
import dev.stockade.v1.PullRequest;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade images pull}. */
@Command(
    name = "pull",
    description = {
      "Pulls images from their registries, or from the mirrors that registry.hosts_dir of the",
      "configuration names. Prints each image with its id; how far the layers are is told on",
      "standard error, by bars on a terminal and else by lines.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade images pull registry.example/team/app:1",
      "  stockade images pull --auth-file ~/.docker/config.json registry.example/team/app:1",
    })
final class ImagesPullCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Reference of an image.")
  private List<String> words = List.of();

  @Option(
      names = "--auth-file",
      paramLabel = "FILE",
      description = {
        "Credentials as \"docker login\" and \"podman login\" keep them, in a file that nobody else",
        "may read. The entry that names most of an image's path counts. Credential helpers are",
        "not started.",
      })
  private @Nullable Path authFile;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print the ids only.")
  private boolean quiet;

  @Option(names = "--json", description = "Print JSON: the id of each image.")
  private boolean asJson;

  ImagesPullCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() {
    Optional<AuthFile> credentials = Optional.ofNullable(authFile).map(AuthFile::read);
    Map<String, String> ids = new LinkedHashMap<>();
    int code = ExitCode.OK;
    Output output = stockade.output();
    try (Daemon daemon = stockade.connect()) {
      for (String word : words) {
        try {
          ids.put(word, pull(daemon, word, credentials));
        } catch (CommandFailure e) {
          output.notice(e.text());
          code = e.exitCode();
        }
      }
    }
    if (asJson) {
      output.out().println(JsonText.of(json -> json.writePOJO(ids)));
    } else if (quiet) {
      ids.values().forEach(output::line);
    } else {
      ids.forEach((word, id) -> output.line(word + " " + ShortId.of(id)));
    }
    return code;
  }

  private String pull(Daemon daemon, String word, Optional<AuthFile> credentials) {
    PullImageRequest.Builder request =
        PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(word));
    credentials.flatMap(file -> file.of(word)).ifPresent(request::setAuth);
    PullRequest watched = PullRequest.newBuilder().setPull(request).build();
    PullView view = PullView.of(stockade.output(), word, quiet);
    return daemon.ask(
        "pull image " + word,
        () -> {
          String id = "";
          Iterator<PullEvent> events = daemon.pulls().pull(watched);
          while (events.hasNext()) {
            PullEvent event = events.next();
            view.take(event);
            id = event.getImageRef();
          }
          return id;
        });
  }
}
