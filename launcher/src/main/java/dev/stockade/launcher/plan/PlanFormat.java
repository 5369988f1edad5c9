package dev.stockade.launcher.plan;

/** The numbers of native/src/plan.h. */
final class PlanFormat {
  static final int MAGIC = 0x50445453;
  static final int ABI = 1;
  static final int LENGTH_MAX = 1 << 20;
  static final int STEPS_MAX = 4096;
  static final int SLOTS_MAX = 240;
  static final long SLOT_NONE = 0xffff_ffffL;
  static final int ABI_OFFSET = 4;
  static final int LENGTH_OFFSET = 8;
  static final int TABLE_OFFSET = 12;
  static final int COUNTS_OFFSET = 16;
  static final int BUILD_OFFSET = 24;
  static final int HEADER = 40;
  static final int STEP_HEADER = 8;
  static final int WORD = 8;

  private PlanFormat() {}
}
