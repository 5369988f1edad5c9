package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.fuzz.FuzzPlace;
import dev.stockade.shim.fuzz.FuzzTarget;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A layer unpacked into a fresh directory: nothing beside that directory is ever other. Inputs are
 * tars, whose checksums are mended, or what {@link ScriptedTar} makes tars of.
 */
public final class LayerFuzz implements FuzzTarget {
  private static final Path PLACE = FuzzPlace.of("layer");
  private static final Path BYSTANDER = PLACE.resolve("bystander");
  private static final String FRESH = "fresh";
  private static final int AS_IT_IS = 0;
  private static final int SCRIPT = 1;
  private static final int SCRIPTS = 200;

  private final Directory place;
  private final Map<String, String> before;

  /** Makes the place, with a tree of every kind of file beside where layers go. */
  public LayerFuzz() throws IOException {
    Files.createDirectories(Objects.requireNonNull(PLACE.getParent()));
    clear();
    Files.createDirectory(PLACE);
    Canary.fill(Files.createDirectory(BYSTANDER));
    place = Directory.open(PLACE, Resolution.BENEATH);
    before = Canary.picture(BYSTANDER);
  }

  @Override
  public Stream<byte[]> seeds() {
    Stream<HostileCase> cases =
        Stream.of(
                HostileLayers.all(),
                HostileHeaders.all(),
                HarmlessLayers.all(),
                HarmlessLayers.users())
            .flatMap(all -> all);
    Stream<byte[]> tars =
        cases
            .flatMap(each -> each.layout().apply(BYSTANDER).files().values().stream())
            .filter(file -> file.length >= 1024)
            .map(file -> inForm(AS_IT_IS, file));
    Random random = new Random(1);
    Stream<byte[]> scripts =
        Stream.generate(
                () -> {
                  byte[] script = new byte[1 << (4 + random.nextInt(6))];
                  random.nextBytes(script);
                  return inForm(SCRIPT, script);
                })
            .limit(SCRIPTS);
    return Stream.concat(tars, scripts);
  }

  private static byte[] inForm(int form, byte[] content) {
    byte[] input = new byte[1 + content.length];
    input[0] = (byte) form;
    System.arraycopy(content, 0, input, 1, content.length);
    return input;
  }

  /** The first byte says what the others are. */
  private static byte[] layer(byte[] input) {
    byte[] content = Arrays.copyOfRange(input, Math.min(1, input.length), input.length);
    return input.length > 0 && (input[0] & 1) == SCRIPT
        ? ScriptedTar.of(content, BYSTANDER.toString())
        : TarBuilder.withChecksums(content);
  }

  @Override
  public void take(byte[] input) throws IOException {
    byte[] layer = layer(input);
    place.makeDirectories(FRESH, 0700);
    try {
      unpack(layer);
    } catch (ImageException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(2000);
      assertThat(e.kind()).as(e.getMessage()).isNotEqualTo(ImageException.Kind.STORAGE);
    } catch (IOException e) {
      // Told as the layer's by LayerStaging.
      assertThat(e.getMessage()).isNotNull();
    } finally {
      place.removeTree(FRESH, Duration.ofSeconds(20));
    }
    assertThat(Canary.picture(BYSTANDER)).isEqualTo(before);
    try (Stream<Path> left = Files.list(PLACE)) {
      assertThat(left).containsExactly(BYSTANDER);
    }
  }

  private void unpack(byte[] layer) throws IOException, ImageException {
    Digest diffId = Digest.sha256(layer);
    FoundLayer found =
        new FoundLayer(
            new EntryPath("layer"), Optional.empty(), Optional.empty(), Optional.empty());
    ImpliedDirectories implied = new ImpliedDirectories(ImpliedDirectories.room());
    String tree = FRESH + "/content";
    place.makeDirectories(tree, 0755);
    try (LayerContent content =
            new LayerContent(new ByteArrayInputStream(layer), found, diffId, ScratchStore.SMALL);
        Directory into = place.directory(tree);
        DirectoryTimes times = new DirectoryTimes(place, FRESH);
        LayerUnpacker unpacker =
            new LayerUnpacker(new TarStream(content), into, implied, times, ScratchStore.SMALL)) {
      UnpackedLayer unpacked = unpacker.unpack(diffId);
      content.finish();
      implied.settle(into, new LowerLayers(place, List.of()));
      assertThat(unpacked.bytes()).isBetween(0L, ScratchStore.SMALL.layerBytes());
    }
  }

  private static void clear() throws IOException {
    try (Directory parent =
        Directory.open(Objects.requireNonNull(PLACE.getParent()), Resolution.BENEATH)) {
      parent.removeTree(PLACE.getFileName().toString(), Duration.ofMinutes(1));
    }
  }

  @Override
  public void close() throws IOException {
    place.close();
    clear();
  }
}
