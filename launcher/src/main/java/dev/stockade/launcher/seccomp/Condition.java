package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;

/**
 * One condition on one argument.
 *
 * @param index the argument, 0 to 5
 * @param value compared with the argument, unsigned; the mask for {@link Comparison#MASKED_EQ}
 * @param valueTwo for {@link Comparison#MASKED_EQ} what the masked argument must equal (itself
 *     taken under the mask, as libseccomp does), otherwise ignored
 * @param op the comparison
 */
@JsonPropertyOrder({"index", "value", "valueTwo", "op"})
public record Condition(
    @JsonProperty(value = "index", required = true) int index,
    @JsonProperty(value = "value", required = true)
        @JsonSerialize(using = UnsignedLongWriter.class)
        @JsonDeserialize(using = UnsignedLongReader.class)
        long value,
    @JsonProperty("valueTwo")
        @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        @JsonSerialize(using = UnsignedLongWriter.class)
        @JsonDeserialize(using = UnsignedLongReader.class)
        long valueTwo,
    @JsonProperty(value = "op", required = true) Comparison op) {
  static final int ARGUMENTS = 6;

  public Condition {
    if (index < 0 || index >= ARGUMENTS) {
      throw new IllegalArgumentException("argument index " + index + " is not 0 to 5");
    }
    if (op != Comparison.MASKED_EQ) {
      valueTwo = 0;
    }
  }

  /** Whether it says nothing: under an empty mask everything equals. */
  boolean alwaysHolds(Arch arch) {
    return op == Comparison.MASKED_EQ && (value & arch.argumentBits()) == 0;
  }

  /** Whether an argument of the given ABI meets the condition. */
  boolean holds(Arch arch, long argument) {
    long width = arch.argumentBits();
    long actual = argument & width;
    int order = Long.compareUnsigned(actual, value & width);
    return switch (op) {
      case NE -> order != 0;
      case LT -> order < 0;
      case LE -> order <= 0;
      case EQ -> order == 0;
      case GE -> order >= 0;
      case GT -> order > 0;
      case MASKED_EQ -> (actual & value) == (valueTwo & value & width);
    };
  }

  @Override
  public String toString() {
    String left = "arg" + index + " " + op.sign() + " 0x" + Long.toHexString(value);
    return op == Comparison.MASKED_EQ ? left + " == 0x" + Long.toHexString(valueTwo) : left;
  }
}
