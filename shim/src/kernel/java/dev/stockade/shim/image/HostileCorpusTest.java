package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.stockade.shim.call.Call;
import dev.stockade.shim.registry.Credentials;
import dev.stockade.shim.registry.Pulls;
import dev.stockade.shim.registry.RegistryHosts;
import dev.stockade.shim.registry.ScriptedRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Images made to harm, from a directory, from an archive and over a registry: each is refused with
 * the name of what is wrong, or harmless; the host outside the store and the store itself are
 * afterwards what they were, byte for byte.
 */
@Timeout(60)
final class HostileCorpusTest {
  private static final String TAG = "1";
  private static Map<String, String> system = Map.of();
  private static int images;
  private static int attempts;

  private ScratchStore scratch;
  private Image kept;
  private Map<String, String> live = Map.of();
  private Map<String, String> near = Map.of();
  private Map<String, String> store = Map.of();

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
    byte[] layer = new TarBuilder().file("f", "kept").build();
    Path layout = LayoutBuilder.of("kept:1", layer).writeTo(directory.resolve("kept"));
    kept = scratch.store.importFrom(layout, Optional.empty()).get(0);
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  @BeforeAll
  static void look() throws IOException {
    system = HostPicture.system();
    assertThat(system).hasSizeGreaterThan(500);
  }

  @AfterAll
  static void tell() {
    System.out.println("hostile corpus: " + images + " images, " + attempts + " attempts");
  }

  static Stream<HostileCase> refused() {
    return Stream.of(
            HostileLayers.all(), HostileHeaders.all(), HostileDocuments.all(), HostileJson.all())
        .flatMap(s -> s);
  }

  static Stream<HostileCase> harmless() {
    return HarmlessLayers.all();
  }

  static Stream<HostileCase> refusedAtUse() {
    return HarmlessLayers.users();
  }

  @Test
  void thereAreManyAndNoneTwice() {
    assertThat(
            Stream.of(refused(), harmless(), refusedAtUse()).flatMap(s -> s).map(HostileCase::what))
        .hasSizeGreaterThanOrEqualTo(200)
        .doesNotHaveDuplicates();
  }

  private void remember() throws IOException {
    images++;
    live = HostPicture.live(scratch.directory);
    near = pictureBeside();
    store = Canary.contents(scratch.root);
  }

  /** What most of them aim at, to the byte. */
  private Map<String, String> pictureBeside() throws IOException {
    return Canary.picture(
        scratch.bystander,
        scratch.source,
        Path.of("/etc/passwd"),
        Path.of("/etc/shadow"),
        Path.of("/dev/null"));
  }

  private void nothingChanged() throws IOException {
    attempts++;
    assertThat(pictureBeside()).isEqualTo(near);
    assertThat(Canary.contents(scratch.root)).isEqualTo(store);
    assertThat(scratch.store.list()).containsExactly(kept);
  }

  private void nothingChangedOnTheHost() throws IOException {
    assertThat(HostPicture.changes(live, HostPicture.live(scratch.directory))).isEmpty();
    assertThat(HostPicture.changes(system, HostPicture.system())).isEmpty();
  }

  private void refused(HostileCase hostile, ThrowingCallable attempt) throws IOException {
    Throwable refused = catchThrowable(attempt);
    assertThat(refused).as(hostile.what()).isInstanceOf(ImageException.class);
    assertThat(refused).hasMessageContaining(hostile.message());
    assertThat(((ImageException) refused).kind())
        .as("%s", refused.getMessage())
        .isIn(ImageException.Kind.REFUSED, ImageException.Kind.MALFORMED);
    assertThat(refused.getMessage()).hasSizeLessThan(2000).doesNotContainPattern("[^ -~]");
    if (hostile.entry()) {
      assertThat(refused.getMessage())
          .contains("layer sha256:")
          .containsPattern("entry \"|after the start");
    }
    nothingChanged();
  }

  @ParameterizedTest
  @MethodSource("refused")
  void itIsRefused(HostileCase hostile) throws Exception {
    LayoutBuilder layout = hostile.layout().apply(scratch.bystander);
    Path directory = layout.writeTo(scratch.source);
    Path archive = Files.write(scratch.directory.resolve("archive"), layout.tar());
    remember();
    refused(hostile, () -> scratch.store.importFrom(directory, Optional.empty()));
    refused(hostile, () -> scratch.store.importFrom(archive, Optional.empty()));
    if (hostile.pulled()) {
      refused(hostile, () -> pull(layout));
    }
    nothingChangedOnTheHost();
  }

  /** As a registry that serves the layout's index under a tag. */
  private Image pull(LayoutBuilder layout) throws Exception {
    try (ScriptedRegistry registry = ScriptedRegistry.start()) {
      byte[] index = layout.files().getOrDefault("index.json", new byte[0]);
      registry.serving(layout, TAG, index);
      Pulls pulls =
          new Pulls(scratch.store, new RegistryHosts(scratch.directory), Duration.ofSeconds(20), 3);
      return pulls.pull(
          ImageReference.parse(registry.host() + "/hostile/image:" + TAG),
          new Credentials.Anonymous(),
          Call.OWN);
    }
  }

  @ParameterizedTest
  @MethodSource("harmless")
  void itDoesNoHarm(HostileCase hostile) throws Exception {
    Path directory = hostile.layout().apply(scratch.bystander).writeTo(scratch.source);
    remember();
    Image image = scratch.store.importFrom(directory, Optional.empty()).get(0);
    assertThat(pictureBeside()).isEqualTo(near);
    assertThat(scratch.store.remove(image.id().toString())).isTrue();
    nothingChanged();
    nothingChangedOnTheHost();
  }

  /** What the kernel would wait for or what is no file is not opened for the user of an image. */
  @ParameterizedTest
  @MethodSource("refusedAtUse")
  void itIsRefusedWhenItIsUsed(HostileCase hostile) throws Exception {
    Path directory = hostile.layout().apply(scratch.bystander).writeTo(scratch.source);
    remember();
    Image image = scratch.store.importFrom(directory, Optional.empty()).get(0);
    assertThat(catchThrowable(() -> scratch.store.users(image).resolve(UserSpec.parse("app"))))
        .isInstanceOf(ImageException.class)
        .hasMessageContaining(hostile.message());
    assertThat(scratch.store.remove(image.id().toString())).isTrue();
    nothingChanged();
    nothingChangedOnTheHost();
  }
}
