package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An index with the manifests and configs it leads to, divided by {@link #DIVIDER}. What stands as
 * {@code @N} in one of them becomes digest and size of the Nth, because no mutation meets a digest.
 */
public final class ManifestFuzz implements FuzzTarget {
  private static final char DIVIDER = '\u001e';
  private static final int MOST = 10;
  private static final Pattern BLOB =
      Pattern.compile("\"digest\":\"(sha256:[0-9a-f]{64})\",\"size\":[0-9]+");

  @Override
  public Stream<byte[]> seeds() {
    Stream<HostileCase> cases = Stream.concat(HostileJson.all(), HostileDocuments.manifests());
    return Stream.concat(
            cases.map(each -> each.layout().apply(java.nio.file.Path.of("/"))),
            Stream.of(LayoutBuilder.of("test.example/a:1", HostileDocuments.LAYER)))
        .filter(layout -> layout.files().containsKey("index.json"))
        .map(ManifestFuzz::flat)
        .filter(seed -> seed.length <= 16384);
  }

  /** The index and, behind it, each document that one in front of it names. */
  private static byte[] flat(LayoutBuilder layout) {
    List<String> names = new ArrayList<>(List.of("index.json"));
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      byte[] file = layout.files().getOrDefault(names.get(i), new byte[0]);
      Matcher blobs = BLOB.matcher(new String(file, StandardCharsets.ISO_8859_1));
      texts.add(blobs.replaceAll(found -> reference(layout, names, found.group(1), found.group())));
    }
    return String.join(String.valueOf(DIVIDER), texts).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String reference(
      LayoutBuilder layout, List<String> names, String digest, String text) {
    String name = "blobs/" + digest.replace(':', '/');
    boolean document = layout.files().getOrDefault(name, new byte[1]).length > 1;
    if (!document || (!names.contains(name) && names.size() >= MOST)) {
      return Matcher.quoteReplacement(text);
    }
    if (!names.contains(name)) {
      names.add(name);
    }
    return "@" + names.indexOf(name);
  }

  @Override
  public void take(byte[] input) {
    String[] texts =
        new String(input, StandardCharsets.ISO_8859_1).split(String.valueOf(DIVIDER), MOST);
    Map<Digest, byte[]> blobs = new HashMap<>();
    for (int i = texts.length - 1; i > 0; i--) {
      byte[] content = texts[i].getBytes(StandardCharsets.ISO_8859_1);
      Digest digest = Digest.sha256(content);
      blobs.put(digest, content);
      String descriptor = "\"digest\":\"" + digest + "\",\"size\":" + content.length;
      for (int j = 0; j < i; j++) {
        texts[j] = texts[j].replace("@" + i, descriptor);
      }
    }
    try {
      read(texts[0].getBytes(StandardCharsets.ISO_8859_1), blobs);
    } catch (ImageException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(2000);
    }
  }

  private static void read(byte[] index, Map<Digest, byte[]> blobs) throws ImageException {
    JsonDocument document = JsonDocument.parse("index.json", index);
    ManifestReader.checkIndex(document, Optional.empty());
    ManifestReader reader =
        new ManifestReader(
            wanted -> Optional.ofNullable(blobs.get(wanted.digest())).orElse(new byte[0]),
            Platform.here(),
            ScratchStore.SMALL);
    for (JsonDocument each : document.objects("manifests", 100)) {
      Optional<Descriptor> manifest = reader.manifest(Descriptor.read(each));
      if (manifest.isPresent()) {
        check(reader.image(manifest.get(), new TreeSet<>(), new TreeSet<>()), blobs);
      }
    }
  }

  private static void check(FoundImage image, Map<Digest, byte[]> blobs) {
    assertThat(blobs).containsKey(image.id());
    assertThat(image.documents().get(image.id())).isEqualTo(blobs.get(image.id()));
    assertThat(image.layers()).hasSizeLessThanOrEqualTo(ScratchStore.SMALL.layers());
    assertThat(image.layers())
        .allSatisfy(
            layer ->
                assertThat(layer.file().text())
                    .matches("blobs/sha(256/[0-9a-f]{64}|512/[0-9a-f]{128})"));
    assertThat(image.config().diffIds()).hasSizeLessThanOrEqualTo(ScratchStore.SMALL.layers());
  }
}
