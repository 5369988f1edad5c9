package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UserFilesTest {
  private static final String APP = "app:x:1000:1000::/home/app:/bin/sh\n";

  private ScratchStore scratch;

  @BeforeEach
  void open(@TempDir Path directory) throws IOException, ImageException {
    scratch = new ScratchStore(directory);
  }

  @AfterEach
  void close() {
    scratch.close();
  }

  private ImageUser app(TarBuilder... layers) throws IOException, ImageException {
    byte[][] contents = new byte[layers.length][];
    for (int i = 0; i < layers.length; i++) {
      contents[i] = layers[i].build();
    }
    Image image = scratch.importOne(LayoutBuilder.of("test.example/a:1", contents));
    return scratch.store.users(image).resolve(UserSpec.parse("app"));
  }

  @Test
  void theTopmostFileCounts() throws Exception {
    TarBuilder below = new TarBuilder().file("etc/passwd", "app:x:1:1::/:/bin/sh\n");
    TarBuilder top = new TarBuilder().file("etc/passwd", APP).file("etc/group", "w:x:10:app\n");
    ImageUser user = app(below, top);
    assertThat(user.uid()).isEqualTo(1000);
    assertThat(user.groups()).containsExactly(10L);
  }

  @Test
  void aSingleLayerIsReadToo() throws Exception {
    assertThat(app(new TarBuilder().file("etc/passwd", APP)).uid()).isEqualTo(1000);
  }

  @Test
  void aFileTakenAwayByAWhiteoutOrAnOpaqueDirectoryIsGone() {
    TarBuilder below = new TarBuilder().file("etc/passwd", APP);
    assertThatThrownBy(() -> app(below, new TarBuilder().file("etc/.wh.passwd", "")))
        .hasMessageContaining("no user app");
    TarBuilder again = new TarBuilder().file("etc/passwd", APP);
    assertThatThrownBy(() -> app(again, new TarBuilder().file("etc/.wh..wh..opq", "")))
        .hasMessageContaining("no user app");
  }

  @Test
  void aLinkIsResolvedWithinTheImage() throws Exception {
    ImageUser user =
        app(
            new TarBuilder().symlink("etc", "/usr/etc").file("usr/etc/real", APP),
            new TarBuilder().symlink("usr/etc/passwd", "/../../usr/etc/real"));
    assertThat(user.uid()).isEqualTo(1000);
  }

  @Test
  void aFileOverTheLimitIsRefusedThoughItHasNoBlocks() throws Exception {
    Image image =
        scratch.importOne(
            LayoutBuilder.of("a:1", new TarBuilder().file("etc/passwd", APP).build()));
    try (var file =
        new java.io.RandomAccessFile(
            scratch.content(image, 0).resolve("etc/passwd").toFile(), "rw")) {
      file.setLength(8L << 30);
    }
    assertThatThrownBy(() -> scratch.store.users(image)).hasMessageContaining("1048576");
  }

  @Test
  void anImageWithoutTheFilesHasNoUsers() {
    assertThatThrownBy(() -> app(new TarBuilder().file("etc", "a file")))
        .hasMessageContaining("no user app");
    assertThatThrownBy(() -> app()).hasMessageContaining("no user app");
  }
}
