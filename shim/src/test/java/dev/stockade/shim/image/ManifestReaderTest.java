package dev.stockade.shim.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which manifest of an index is for a platform, also for one that this machine is not. */
class ManifestReaderTest {
  private final LayoutBuilder layout = new LayoutBuilder();

  private ManifestReader reader(String platform) {
    String[] parts = platform.split("/", -1);
    return new ManifestReader(
        wanted -> requireNonNull(layout.files().get(OciLayout.blobFile(wanted.digest()).text())),
        new Platform(parts[0], parts[1]),
        ImageLimits.DEFAULT);
  }

  /** A manifest that is for os/architecture[/variant], or does not say for what ({@code -}). */
  private String manifest(String platform, int number) {
    byte[] content = LayoutBuilder.utf8("{'number':" + number + "}");
    String[] parts = platform.split("/", -1);
    String variant = parts.length > 2 ? ",'variant':'" + parts[2] + "'" : "";
    String more =
        platform.equals("-")
            ? ""
            : ",'platform':{'os':'%s','architecture':'%s'%s}"
                .formatted(parts[0], parts[1], variant);
    return layout.blob(LayoutBuilder.MANIFEST, content, more);
  }

  private Descriptor index(String... manifests) throws ImageException {
    byte[] index = LayoutBuilder.utf8(LayoutBuilder.index(manifests));
    return descriptor(layout.blob(LayoutBuilder.INDEX, index));
  }

  private static Descriptor descriptor(String text) throws ImageException {
    return Descriptor.read(JsonDocument.parse("descriptor", LayoutBuilder.utf8(text)));
  }

  private Descriptor index(String platforms) throws ImageException {
    String[] each = platforms.split(" ", -1);
    String[] manifests = new String[each.length];
    for (int i = 0; i < each.length; i++) {
      manifests[i] = manifest(each[i], i);
    }
    return index(manifests);
  }

  @ParameterizedTest
  @CsvSource({
    "linux/amd64, linux/arm64 linux/amd64, 1",
    "linux/arm64, linux/arm64 linux/amd64, 0",
    "linux/amd64, linux/amd64/v4 linux/amd64/v3 linux/amd64/v2 linux/amd64, 3",
    "linux/amd64, linux/amd64/v3 linux/amd64/v1 linux/amd64, 1",
    "linux/amd64, linux/386 linux/amd64/v1, 1",
    "linux/amd64, linux/amd64/v8 linux/x86_64, 1",
    "linux/arm64, linux/arm64/v9 linux/arm64/v8 linux/arm64, 1",
    "linux/arm64, linux/arm/v8 linux/arm/v7 linux/arm64, 2",
    "linux/arm64, linux/arm64/v1 linux/arm64/8, 1",
    "linux/arm64, linux/arm64/v8.2 linux/aarch64/v8, 1",
    "linux/arm64, windows/arm64 unknown/unknown linux/arm64, 2",
    "linux/riscv64, linux/riscv64/v1 linux/riscv64, 1",
    "linux/amd64, - linux/amd64, 1",
    "linux/amd64, linux/arm64 - -, 1",
    "linux/amd64, linux/amd64 linux/amd64/v1, 0",
  })
  void theFirstThatEveryProcessorRunsIsTaken(String platform, String platforms, int number)
      throws Exception {
    Optional<Descriptor> found = reader(platform).manifest(index(platforms));
    assertThat(found.map(Descriptor::digest))
        .contains(Digest.sha256(LayoutBuilder.utf8("{'number':" + number + "}")));
  }

  @ParameterizedTest
  @CsvSource({
    "linux/amd64, windows/amd64 linux/arm64/v8",
    "linux/amd64, linux/amd64/v3 linux/amd64/v8",
    "linux/arm64, linux/arm64/v9 linux/arm/v7",
    "linux/arm64, darwin/arm64 linux/amd64",
  })
  void whereThereIsNoneItIsToldWhatThereIs(String platform, String platforms) throws Exception {
    ManifestReader reader = reader(platform);
    assertThat(reader.manifest(index(platforms))).isEmpty();
    String[] told =
        Arrays.stream(platforms.split(" ", -1)).map(Quoted::of).sorted().toArray(String[]::new);
    assertThat(reader.none())
        .hasMessage(
            "has no image for "
                + platform
                + ", only for "
                + String.join(", ", told)
                + "; name an image that has one for it");
  }

  /** What builders say of how they built is beside the images of an index. */
  @Test
  void attestationsAreNoPlatform() throws Exception {
    ManifestReader reader = reader("linux/amd64");
    assertThat(reader.manifest(index("linux/s390x unknown/unknown"))).isEmpty();
    assertThat(reader.none()).hasMessageNotContaining("unknown");
  }

  @ParameterizedTest
  @ValueSource(strings = {"linux/amd64", "linux/arm64"})
  void indexesMayBeNested(String platform) throws Exception {
    String other = platform.replace("amd64", "ppc64le").replace("arm64", "s390x");
    String inner =
        layout.blob(
            LayoutBuilder.INDEX,
            LayoutBuilder.utf8(LayoutBuilder.index(manifest(other, 1), manifest(platform, 2))));
    Optional<Descriptor> found = reader(platform).manifest(index(manifest("-", 3), inner));
    assertThat(found.map(Descriptor::digest))
        .contains(Digest.sha256(LayoutBuilder.utf8("{'number':2}")));
  }

  @Test
  void howManyIndexesAreReadIsBounded() throws Exception {
    String empty = layout.blob(LayoutBuilder.INDEX, LayoutBuilder.utf8(LayoutBuilder.index()));
    String[] many = new String[100];
    Arrays.fill(many, empty);
    Descriptor top = index(many);
    assertThatThrownBy(() -> reader("linux/amd64").manifest(top))
        .isInstanceOf(ImageException.class)
        .hasMessage("has more than 100 indexes");
  }
}
