package dev.stockade.shim.cli;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.cri.v1.PullImageResponse;
import java.nio.file.Path;
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
      "configuration names. Prints each image with its id.",
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
      description = "Credentials in the form of Docker's config.json.")
  private @Nullable Path authFile;

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
    } else {
      ids.forEach((word, id) -> output.line(word + " " + ShortId.of(id)));
    }
    return code;
  }

  private static String pull(Daemon daemon, String word, Optional<AuthFile> credentials) {
    PullImageRequest.Builder request =
        PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(word));
    Optional<AuthConfig> auth = credentials.flatMap(file -> file.of(word));
    auth.ifPresent(request::setAuth);
    PullImageResponse response =
        daemon.ask("pull image " + word, () -> daemon.patientImages().pullImage(request.build()));
    return response.getImageRef();
  }
}
