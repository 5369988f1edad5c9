package dev.stockade.bench;

import java.util.Random;

/**
 * Content that compresses as the files of images do, to about two fifths: words of a fixed
 * vocabulary, common ones more often, and bytes of no pattern between them.
 */
final class SampleText {
  private static final int WORDS = 1500;
  private static final int LONGEST = 24;

  private final byte[][] words = new byte[WORDS][];
  private final Random random;
  private final int noise;

  /**
   * The same for the same numbers.
   *
   * @param noise so many of a thousand pieces have no pattern
   */
  SampleText(long seed, int noise) {
    this.random = new Random(seed);
    this.noise = noise;
    for (int i = 0; i < WORDS; i++) {
      words[i] = new byte[3 + random.nextInt(LONGEST - 2)];
      for (int j = 0; j < words[i].length; j++) {
        words[i][j] = (byte) ('a' + random.nextInt(26));
      }
    }
  }

  byte[] next(int size) {
    byte[] text = new byte[size];
    int at = 0;
    while (at < size) {
      boolean noisy = random.nextInt(1000) < noise;
      byte[] piece = noisy ? new byte[16] : words[common()];
      if (noisy) {
        random.nextBytes(piece);
      }
      int count = Math.min(piece.length, size - at);
      System.arraycopy(piece, 0, text, at, count);
      at += count;
    }
    return text;
  }

  /** The product of two even choices prefers small numbers. */
  private int common() {
    return (int) ((long) random.nextInt(WORDS) * random.nextInt(WORDS) / WORDS);
  }
}
