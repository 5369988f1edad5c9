package dev.stockade.launcher.caps;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A set of capabilities as the kernel holds it: one bit per number. May contain numbers this build
 * has no name for, because a set read from a newer kernel does.
 *
 * @param mask bit n stands for the capability with number n
 */
public record CapabilitySet(long mask) {
  /** The empty set. */
  public static final CapabilitySet NONE = new CapabilitySet(0);

  private static final String ALL = "ALL";
  private static final int BITS = 64;

  public static CapabilitySet of(Capability... capabilities) {
    return of(List.of(capabilities));
  }

  public static CapabilitySet of(Collection<Capability> capabilities) {
    long mask = 0;
    for (Capability capability : capabilities) {
      mask |= 1L << capability.number();
    }
    return new CapabilitySet(mask);
  }

  /**
   * Every capability up to the kernel's last.
   *
   * @param last {@code /proc/sys/kernel/cap_last_cap}, 0 to 63
   */
  public static CapabilitySet upTo(int last) {
    if (last < 0 || last >= BITS) {
      throw new IllegalArgumentException("a last capability of " + last + " is not within 0 to 63");
    }
    return new CapabilitySet(-1L >>> (BITS - 1 - last));
  }

  /**
   * Reads names as {@link Capability#parse} does; {@code ALL} stands for every capability of {@code
   * all}.
   *
   * @param names capability names
   * @param all what {@code ALL} means on this kernel
   * @param unknown receives every word that is no capability
   * @return the set of those that are
   */
  public static CapabilitySet parse(
      Collection<String> names, CapabilitySet all, List<String> unknown) {
    CapabilitySet result = NONE;
    for (String name : names) {
      if (name.toUpperCase(Locale.ROOT).equals(ALL)) {
        result = result.plus(all);
        continue;
      }
      Optional<Capability> capability = Capability.parse(name);
      if (capability.isPresent()) {
        result = result.plus(capability.get());
      } else {
        unknown.add(name);
      }
    }
    return result;
  }

  public boolean contains(Capability capability) {
    return (mask & 1L << capability.number()) != 0;
  }

  public boolean containsAll(CapabilitySet other) {
    return (other.mask & ~mask) == 0;
  }

  public boolean isEmpty() {
    return mask == 0;
  }

  public CapabilitySet plus(Capability capability) {
    return new CapabilitySet(mask | 1L << capability.number());
  }

  public CapabilitySet plus(CapabilitySet other) {
    return new CapabilitySet(mask | other.mask);
  }

  public CapabilitySet minus(CapabilitySet other) {
    return new CapabilitySet(mask & ~other.mask);
  }

  public CapabilitySet and(CapabilitySet other) {
    return new CapabilitySet(mask & other.mask);
  }

  /**
   * The names without prefix in order of number; {@code 41}, for example, where this build has no
   * name.
   */
  public List<String> names() {
    List<String> names = new ArrayList<>();
    for (int number = 0; number < BITS; number++) {
      if ((mask & 1L << number) != 0) {
        String plain = Integer.toString(number);
        names.add(Capability.of(number).map(Capability::name).orElse(plain));
      }
    }
    return names;
  }

  /** The names with prefix in order of number, as the OCI runtime specification writes them. */
  public List<String> ociNames() {
    return names().stream().map(n -> "CAP_" + n).toList();
  }

  /** Sixteen lower-case hexadecimal digits, as {@code /proc/PID/status} shows a set. */
  public String hex() {
    return String.format(Locale.ROOT, "%016x", mask);
  }

  @Override
  public String toString() {
    return isEmpty() ? "none" : names().stream().collect(Collectors.joining(","));
  }
}
