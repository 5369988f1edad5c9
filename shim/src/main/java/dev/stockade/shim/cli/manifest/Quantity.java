package dev.stockade.shim.cli.manifest;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of a resource as Kubernetes writes it: a decimal number with an optional suffix in
 * powers of 1000 ({@code m k M G T P E}) or 1024 ({@code Ki Mi Gi Ti Pi Ei}), or an exponent.
 *
 * @param value exact, not negative
 */
public record Quantity(BigDecimal value) {
  private static final Pattern FORM =
      Pattern.compile(
          "\\+?(\\d{1,19}(?:\\.\\d{0,9})?|\\.\\d{1,9})([eE][+-]?\\d{1,2}|[a-zA-Z]{0,2})");

  private static final Map<String, BigDecimal> SUFFIXES =
      Map.ofEntries(
          Map.entry("", BigDecimal.ONE),
          Map.entry("n", BigDecimal.valueOf(1, 9)),
          Map.entry("u", BigDecimal.valueOf(1, 6)),
          Map.entry("m", BigDecimal.valueOf(1, 3)),
          Map.entry("k", BigDecimal.TEN.pow(3)),
          Map.entry("M", BigDecimal.TEN.pow(6)),
          Map.entry("G", BigDecimal.TEN.pow(9)),
          Map.entry("T", BigDecimal.TEN.pow(12)),
          Map.entry("P", BigDecimal.TEN.pow(15)),
          Map.entry("E", BigDecimal.TEN.pow(18)),
          Map.entry("Ki", BigDecimal.valueOf(1L << 10)),
          Map.entry("Mi", BigDecimal.valueOf(1L << 20)),
          Map.entry("Gi", BigDecimal.valueOf(1L << 30)),
          Map.entry("Ti", BigDecimal.valueOf(1L << 40)),
          Map.entry("Pi", BigDecimal.valueOf(1L << 50)),
          Map.entry("Ei", BigDecimal.valueOf(1L << 60)));

  /** Nothing. */
  static final Quantity ZERO = new Quantity(BigDecimal.ZERO);

  /** Reads a quantity; empty if the text is none, is negative, or does not fit 64 bits. */
  public static Optional<Quantity> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    BigDecimal number = new BigDecimal(matcher.group(1));
    String suffix = matcher.group(2);
    BigDecimal factor = SUFFIXES.get(suffix);
    if (factor == null && suffix.matches("[eE][+-]?\\d+")) {
      factor = new BigDecimal("1" + suffix);
    }
    if (factor == null) {
      return Optional.empty();
    }
    BigDecimal value = number.multiply(factor);
    boolean fits = value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
    return fits ? Optional.of(new Quantity(value)) : Optional.empty();
  }

  /** The amount in units, rounded up as Kubernetes does. */
  public long units() {
    return value.setScale(0, RoundingMode.CEILING).longValueExact();
  }

  /** The amount in thousandths, rounded up; {@link Long#MAX_VALUE} if that does not fit. */
  public long thousandths() {
    BigDecimal scaled = value.movePointRight(3).setScale(0, RoundingMode.CEILING);
    return scaled.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValueExact();
  }
}
