package dev.stockade.launcher.plan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Bytes of a plan with a few changed by chance. */
final class PlanMutation {
  private PlanMutation() {}

  static byte[] of(byte[] bytes, Random random) {
    byte[] changed = bytes.clone();
    int table =
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(PlanFormat.TABLE_OFFSET);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      // Mostly among header and steps: the table is mostly text.
      int at = random.nextInt(random.nextInt(4) == 0 ? bytes.length : table);
      changed[at] =
          random.nextBoolean()
              ? (byte) random.nextInt()
              : (byte) (changed[at] ^ 1 << random.nextInt(8));
    }
    return random.nextInt(10) == 0 ? Arrays.copyOf(changed, random.nextInt(bytes.length)) : changed;
  }
}
