package dev.stockade.shim.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Manifests and the messages they come to, beside each other in the resources. With the system
 * property {@code golden.update} the messages are written anew, for a person to compare.
 */
final class PodManifestGoldenTest {
  private static final Path SOURCES =
      Path.of("../shim/src/test/resources/dev/stockade/shim/cli/manifest").toAbsolutePath();

  @ParameterizedTest
  @ValueSource(strings = {"plain.yaml", "full.yaml", "host.json", "user-namespace.yaml"})
  void comesToTheseMessages(String name) throws Exception {
    String actual = text(PodManifestTest.translate(resource(name)));
    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(SOURCES.resolve(name + ".txt"), actual);
    }
    assertThat(actual).isEqualTo(resource(name + ".txt"));
  }

  private static String resource(String name) throws IOException {
    try (InputStream bytes = PodManifestGoldenTest.class.getResourceAsStream(name)) {
      return bytes == null ? "" : new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String text(PodRequest request) {
    StringBuilder text = new StringBuilder();
    text.append("handler \"").append(request.runtimeHandler());
    text.append("\", own user namespace ").append(request.ownUserNamespace());
    text.append(", grace ").append(request.gracePeriodSeconds()).append(" s\n");
    request.notices().forEach(notice -> text.append("notice ").append(notice).append('\n'));
    request.emptyDirs().forEach(volume -> text.append(volume).append('\n'));
    text.append("\nsandbox\n").append(print(request.sandbox()));
    append(text, "init container", request.initContainers());
    append(text, "container", request.containers());
    return text.toString();
  }

  private static void append(StringBuilder text, String kind, List<OneContainer> containers) {
    for (OneContainer container : containers) {
      text.append('\n').append(kind).append(", image's user: ").append(container.imageUser());
      text.append('\n').append(print(container.config()));
    }
  }

  private static String print(Message message) {
    return TextFormat.printer().printToString(message).indent(2);
  }
}
