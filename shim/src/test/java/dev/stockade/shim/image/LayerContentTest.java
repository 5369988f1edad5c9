package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A layer that comes for ever ends when its time is over, whatever part of it comes. */
@Timeout(60)
final class LayerContentTest {
  private static final ImageLimits LIMITS =
      new ImageLimits(1 << 20, 1L << 40, 1L << 40, 10, 10, 100, 1, Duration.ofMillis(300));
  private static final Digest DIFF_ID = Digest.sha256(new byte[0]);

  /** What comes first, in hex; a byte at a time follows. */
  private enum Part {
    PLAIN("616263"),
    NAME_OF_GZIP("1f8b0808000000000000"),
    COMMENT_OF_GZIP("1f8b0810000000000000"),
    WHAT_IS_BEHIND_GZIP("1f8b080000000000000003000000000000000000"),
    SKIPPED_BY_ZSTD("502a4d18ffffffff"),
    SKIPPED_BEHIND_ZSTD("28b52ffd2000010000" + "5f2a4d18ffffffff");

    private final String first;

    Part(String first) {
      this.first = first;
    }

    byte[] bytes() {
      return HexFormat.of().parseHex(first);
    }
  }

  /** Whoever serves it takes his time, and never so much that he would seem to be gone. */
  private static class Dribble extends InputStream {
    private final byte[] first;
    private int at;

    Dribble(byte[] first) {
      this.first = first;
    }

    @Override
    public int read() throws IOException {
      if (at < first.length) {
        return first[at++] & 0xff;
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return 'a';
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      target[offset] = (byte) read();
      return 1;
    }
  }

  private static void readAll(InputStream stored, ImageLimits limits) throws Exception {
    FoundLayer found =
        new FoundLayer(
            new EntryPath("layer"), Optional.empty(), Optional.empty(), Optional.empty());
    try (LayerContent content = new LayerContent(stored, found, DIFF_ID, limits)) {
      content.finish();
    }
  }

  @ParameterizedTest
  @EnumSource
  void itEndsWithItsTime(Part part) {
    assertThatThrownBy(() -> readAll(new Dribble(part.bytes()), LIMITS))
        .isInstanceOf(IOException.class)
        .hasMessage("took longer to unpack than allowed (limits.layer_timeout)");
  }

  @ParameterizedTest
  @EnumSource
  void itEndsWhenNobodyWantsItAnyMore(Part part) {
    InputStream interrupted =
        new Dribble(part.bytes()) {
          private int reads;

          @Override
          public int read(byte[] target, int offset, int length) throws IOException {
            if (++reads == 20 + part.bytes().length) {
              Thread.currentThread().interrupt();
            }
            return super.read(target, offset, length);
          }
        };
    try {
      assertThatThrownBy(() -> readAll(interrupted, ImageLimits.DEFAULT))
          .isInstanceOf(InterruptedIOException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
