package dev.stockade.shim.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A layer that comes for ever ends when its time is over, whatever part of it comes; one that comes
 * slowly and gets on does not.
 */
@Timeout(60)
final class LayerContentTest {
  private static final long MIB = 1 << 20;

  private static ImageLimits limits(long layerBytes) {
    return new ImageLimits(
        1 << 20, 1L << 40, layerBytes, 10, 10, Integer.MAX_VALUE, 1, Duration.ofMillis(300));
  }

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

  /** The same over and over, a piece at a time and each after a pause. */
  private static class Endless extends InputStream {
    static final int PIECE = 8 << 10;

    private final byte[] repeated;
    private final Duration pause;
    private int given;

    Endless(byte[] repeated, Duration pause) {
      this.repeated = repeated;
      this.pause = pause;
    }

    int given() {
      return given;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      LockSupport.parkNanos(pause.toNanos());
      int at = given % repeated.length;
      int count = Math.min(Math.min(length, PIECE), repeated.length - at);
      System.arraycopy(repeated, at, target, offset, count);
      given += count;
      return count;
    }
  }

  private static void readAll(InputStream stored, ImageLimits limits) throws Exception {
    readAll(stored, DIFF_ID, limits);
  }

  private static void readAll(InputStream stored, Digest diffId, ImageLimits limits)
      throws Exception {
    FoundLayer found =
        new FoundLayer(
            new EntryPath("layer"), Optional.empty(), Optional.empty(), Optional.empty());
    try (LayerContent content =
        new LayerContent(stored, found, diffId, limits, new ImageBudget(limits).new Share())) {
      content.finish();
    }
  }

  @ParameterizedTest
  @EnumSource
  void itEndsWhenItsBytesDrip(Part part) {
    assertThatThrownBy(() -> readAll(new Dribble(part.bytes()), limits(MIB)))
        .isInstanceOf(IOException.class)
        .hasMessageMatching(
            "arrives too slowly: [0-9]+ bytes in 0 s, where 16 KiB a second"
                + " are the least after 0 s \\(limits.layer_timeout\\)");
  }

  /** Each gives a few bytes at once, and a gigabyte for each of them. */
  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZSTD"})
  void itEndsWhenUnpackingTakesTooLong(Compression compression) {
    byte[] zeros = new byte[(int) MIB];
    byte[] bomb =
        compression == Compression.GZIP ? LayoutBuilder.gzip(zeros) : LayoutBuilder.zstd(zeros);
    assertThatThrownBy(() -> readAll(new Endless(bomb, Duration.ZERO), limits(1L << 40)))
        .isInstanceOf(IOException.class)
        .hasMessage("took longer to unpack than allowed (limits.layer_timeout)");
  }

  /** It takes four times as long to come as it may take to unpack. */
  @Test
  void itIsTakenThoughItComesSlowly() throws Exception {
    byte[] layer = new byte[12 * Endless.PIECE];
    InputStream slow =
        new Endless(layer, Duration.ofMillis(100)) {
          @Override
          public int read(byte[] target, int offset, int length) {
            return given() == layer.length ? -1 : super.read(target, offset, length);
          }
        };
    long began = System.nanoTime();
    readAll(slow, Digest.sha256(layer), limits(MIB));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
  }

  /** Frames that are skipped come to nothing, however many bytes they are. */
  @Test
  void itEndsWhenTooMuchOfItIsStored() {
    byte[] skipped = Arrays.copyOf(HexFormat.of().parseHex("502a4d1800040000"), 8 + 1024);
    assertThatThrownBy(() -> readAll(new Endless(skipped, Duration.ZERO), limits(MIB)))
        .isInstanceOf(IOException.class)
        .hasMessage("is larger than 1048576 bytes as stored (limits.layer_bytes)");
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
