package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.fuzz.FuzzPlace;
import dev.stockade.shim.fuzz.FuzzTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** An archive of images: those it holds, each layer of which can be read, or a refusal. */
public final class ArchiveFuzz implements FuzzTarget {
  private static final Path PLACE = FuzzPlace.of("archive");
  private static final Path ARCHIVE = PLACE.resolve("archive.tar");

  private final Directory staging;

  /** Makes the place where the archive is. */
  public ArchiveFuzz() throws IOException {
    Files.createDirectories(PLACE);
    staging = Directory.open(PLACE, Resolution.BENEATH);
  }

  @Override
  public Stream<byte[]> seeds() {
    return Stream.concat(
            HostileDocuments.all().map(each -> each.layout().apply(PLACE)),
            Stream.of(
                LayoutBuilder.of("a:1", HostileDocuments.LAYER),
                LayoutBuilder.docker("a:1", HostileDocuments.LAYER)))
        .map(LayoutBuilder::tar)
        .filter(tar -> tar.length <= 16384);
  }

  @Override
  public void take(byte[] input) throws IOException {
    Files.write(ARCHIVE, TarBuilder.withChecksums(input.clone()));
    try (ImageSource source = ArchiveSource.open(ARCHIVE, staging, ScratchStore.SMALL)) {
      for (FoundImage image : images(source)) {
        assertThat(image.documents()).containsKey(image.id());
        for (FoundLayer layer : image.layers()) {
          if (source.size(layer.file()).isPresent()) {
            read(source, layer.file());
          }
        }
      }
    } catch (ImageException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(2000);
    }
  }

  private static List<FoundImage> images(ImageSource source) throws ImageException {
    return source.size(OciLayout.MARKER).isPresent()
        ? new OciLayout(source, Platform.here(), ScratchStore.SMALL, Optional.empty()).images()
        : new DockerArchive(source, ScratchStore.SMALL, Optional.empty()).images();
  }

  /** An archive that is cut off ends in an exception of its file. */
  private static void read(ImageSource source, EntryPath file) throws ImageException {
    try (var content = source.open(file)) {
      content.readNBytes(1 << 20);
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  @Override
  public void close() throws IOException {
    staging.close();
    Files.deleteIfExists(ARCHIVE);
    Files.deleteIfExists(PLACE);
  }
}
