package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody exchanges a directory of a layer for a link to the host, again and again, while the
 * layer is unpacked into it (CVE-2025-47290). Nobody but root could; the names are resolved so that
 * it would not matter.
 */
final class UnpackRaceTest {
  private static final int ENTRIES = 900;
  private static final int SWAPS = 300;
  private static final int MOST_IMPORTS = 5_000;

  @Test
  @Timeout(120)
  void nothingIsWrittenWhereALinkLeads(@TempDir Path directory) throws Exception {
    try (ScratchStore scratch = new ScratchStore(directory)) {
      TarBuilder tar = new TarBuilder().directory("d");
      for (int i = 0; i < ENTRIES / 3; i++) {
        tar.mode(0777)
            .file("d/f" + i, "pwned")
            .file("e/f" + i, "elsewhere, so that d is looked for again")
            .file("d/secret", "pwned")
            .hardLink("d/h" + i, "d/f" + i);
      }
      Path source = LayoutBuilder.of("test.example/race:1", tar.build()).writeTo(scratch.source);
      Map<String, String> before = Canary.picture(scratch.bystander);
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger swaps = new AtomicInteger();
      Thread racer = new Thread(() -> swap(scratch, over, swaps), "racer");
      racer.start();
      int imports = 0;
      int refusals = 0;
      while (swaps.get() < SWAPS) {
        assertThat(++imports).as("imports until enough swaps").isLessThan(MOST_IMPORTS);
        try {
          scratch.store.importFrom(source, Optional.empty());
        } catch (ImageException e) {
          refusals++;
        }
        assertThat(Canary.picture(scratch.bystander)).isEqualTo(before);
        scratch.store.remove("test.example/race:1");
      }
      over.set(true);
      racer.join();
      assertThat(refusals).as("refusals of %d imports", imports).isPositive();
    }
  }

  private static void swap(ScratchStore scratch, AtomicBoolean over, AtomicInteger swaps) {
    while (!over.get()) {
      try (DirectoryStream<Path> trees =
          Files.newDirectoryStream(scratch.root.resolve("staging"))) {
        for (Path staged : trees) {
          Path target = staged.resolve("0/0.0/fs/d");
          Path aside = staged.resolve("0/0.0/fs/aside");
          if (Files.isDirectory(target)) {
            Files.move(target, aside);
            Files.createSymbolicLink(target, scratch.bystander);
            Thread.onSpinWait();
            Files.delete(target);
            Files.move(aside, target);
            swaps.incrementAndGet();
          }
        }
      } catch (IOException e) {
        // The unpacking was faster; the next one is another chance.
      }
    }
  }
}
