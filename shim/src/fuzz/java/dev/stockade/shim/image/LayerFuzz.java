package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.shim.fuzz.FuzzPlace;
import dev.stockade.shim.fuzz.FuzzTarget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A layer unpacked into a fresh directory: nothing beside that directory is ever other, and what is
 * taken has the entries that its headers say, and can be made again or says why not. Inputs are
 * tars, whose checksums are mended, or what {@link ScriptedTar} makes tars of.
 */
public final class LayerFuzz implements FuzzTarget {
  private static final Path PLACE = FuzzPlace.of("layer");
  private static final Path BYSTANDER = PLACE.resolve("bystander");
  private static final Path SOURCE = PLACE.resolve("source");
  private static final EntryPath FILE = new EntryPath("layer");
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
    Files.createDirectory(SOURCE);
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
    Files.write(SOURCE.resolve(FILE.text()), layer);
    try {
      unpack(layer);
    } catch (ImageException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(2000);
      assertThat(e.kind()).as(e.getMessage()).isEqualTo(ImageException.Kind.REFUSED);
    } finally {
      place.removeTree(StoreLayout.LAYERS, Duration.ofSeconds(20));
    }
    assertThat(Canary.picture(BYSTANDER)).isEqualTo(before);
    try (Stream<Path> left = Files.list(PLACE)) {
      assertThat(left).containsExactlyInAnyOrder(BYSTANDER, SOURCE);
    }
  }

  private void unpack(byte[] layer) throws IOException, ImageException {
    Digest diffId = Digest.sha256(layer);
    FoundLayer found = new FoundLayer(FILE, Optional.empty(), Optional.empty(), Optional.empty());
    ImpliedDirectories implied = new ImpliedDirectories(ImpliedDirectories.room());
    UnpackedLayer unpacked;
    try (ImageSource source = DirectorySource.open(SOURCE)) {
      unpacked =
          new LayerStaging(
                  place,
                  StoreLayout.layer(diffId),
                  ScratchStore.SMALL,
                  new ImageBudget(ScratchStore.SMALL).new Share())
              .unpack(source, UnaryOperator.identity(), found, diffId, diffId, implied);
    }
    try (Directory into = place.directory(StoreLayout.content(diffId))) {
      implied.settle(into, new LowerLayers(place, List.of()));
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    assertThat(unpacked.bytes()).isBetween(0L, ScratchStore.SMALL.layerBytes());
    assertThat(ends(layer)).isEqualTo(TarWalk.ends(layer));
    requireSameSizeAgain(layer, new SkeletonReader(place, diffId));
  }

  /** Where the entries end that were unpacked. */
  private static List<Long> ends(byte[] layer) throws IOException, ImageException {
    TarStream tar = new TarStream(new ByteArrayInputStream(layer));
    List<Long> ends = new ArrayList<>();
    while (tar.next() != null) {
      ends.add(tar.position() + tar.left());
    }
    return ends;
  }

  /** What is made again for an export; a path that the layer has twice keeps it from that. */
  private static void requireSameSizeAgain(byte[] layer, SkeletonReader reader) throws IOException {
    assertThat(reader.size()).isEqualTo(layer.length);
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    try {
      reader.writeTo(again);
    } catch (IOException e) {
      assertThat(e.getMessage()).isNotNull();
      return;
    }
    assertThat(again.size()).isEqualTo(layer.length);
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
