package dev.stockade.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * Makes an image of five layers (libraries, shared data, programs, many small files,
 * configuration), the same every time, and puts it into a registry.
 */
public final class SampleImage {
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI repository;
  private final Path copies;
  private final List<String> diffIds = new ArrayList<>();
  private final List<String> descriptors = new ArrayList<>();
  private long seed = 1;
  private int entries;
  private long bytes;
  private long compressed;

  private SampleImage(URI repository, Path copies) {
    this.repository = repository;
    this.copies = copies;
  }

  /** Runs with {@code repository=http://HOST/v2/NAME/} and {@code copies=DIRECTORY}. */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    new SampleImage(URI.create(arguments.text("repository")), arguments.path("copies")).make();
  }

  private void make() throws Exception {
    layer("usr/lib", 5, 27, 1_080_000, 110);
    layer("usr/share", 400, 18, 13_500, 100);
    layer("usr/bin", 1, 600, 165_000, 130);
    layer("var/small", 150, 100, 100, 0);
    layer("etc", 90, 15, 12_000, 60);
    String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    String descriptor =
        blob(
            "application/vnd.oci.image.config.v1+json",
            utf8(
                String.format(
                    "{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"sh\"]},"
                        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s]}}",
                    architecture, String.join(",", diffIds))));
    byte[] manifest =
        utf8(
            "{\"schemaVersion\":2,\"mediaType\":\""
                + MANIFEST
                + "\",\"config\":"
                + descriptor
                + ",\"layers\":["
                + String.join(",", descriptors)
                + "]}");
    send(
        HttpRequest.newBuilder(repository.resolve("manifests/1"))
            .header("Content-Type", MANIFEST)
            .PUT(BodyPublishers.ofByteArray(manifest)));
    System.out.println(
        String.format(
            Locale.ROOT,
            "image: 5 layers, %d entries, %.0f MB, compressed %.0f MB",
            entries,
            bytes / 1e6,
            compressed / 1e6));
  }

  private void layer(String top, int directories, int files, int size, int noise)
      throws IOException, InterruptedException {
    SampleText text = new SampleText(seed++, noise);
    SampleLayer layer = new SampleLayer();
    for (int parent = top.indexOf('/'); parent > 0; parent = top.indexOf('/', parent + 1)) {
      layer.directory(top.substring(0, parent));
    }
    layer.directory(top);
    for (int d = 0; d < directories; d++) {
      layer.directory(top + "/d" + d);
      for (int f = 0; f < files; f++) {
        // From half the size to one and a half.
        int length = size / 2 + (int) ((long) size * f / Math.max(files - 1, 1));
        layer.file(top + "/d" + d + "/f" + f, f % 2 == 0 ? 0644 : 0755, text.next(length));
      }
    }
    layer.finish();
    byte[] stored = layer.stored();
    diffIds.add("\"" + layer.diffId() + "\"");
    descriptors.add(blob("application/vnd.oci.image.layer.v1.tar+gzip", stored));
    Files.write(copies.resolve("layer-" + diffIds.size() + ".tar.gz"), stored);
    entries += layer.entries();
    bytes += layer.bytes();
    compressed += stored.length;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Uploads, and returns the descriptor. */
  private String blob(String mediaType, byte[] content) throws IOException, InterruptedException {
    String digest = "sha256:" + HexFormat.of().formatHex(SampleLayer.sha256().digest(content));
    HttpResponse<String> begun =
        send(
            HttpRequest.newBuilder(repository.resolve("blobs/uploads/"))
                .POST(BodyPublishers.noBody()));
    String place = begun.headers().firstValue("Location").orElseThrow();
    send(
        HttpRequest.newBuilder(
                URI.create(
                    repository.resolve(place)
                        + (place.contains("?") ? "&" : "?")
                        + "digest="
                        + digest))
            .header("Content-Type", "application/octet-stream")
            .PUT(BodyPublishers.ofByteArray(content)));
    return String.format(
        "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}", mediaType, digest, content.length);
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(answer.uri() + " answered " + answer.statusCode() + answer.body());
    }
    return answer;
  }
}
