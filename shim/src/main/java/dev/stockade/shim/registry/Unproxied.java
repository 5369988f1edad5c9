package dev.stockade.shim.registry;

import dev.stockade.shim.intent.IpAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The hosts that are reached without a proxy, as NO_PROXY names them. */
final class Unproxied {
  static final Unproxied NOTHING = new Unproxied(List.of());

  private static final Pattern NAME =
      Pattern.compile(
          "(\\*?\\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*");
  private static final int ANY_PORT = -1;

  private static final Network LOOPBACK = new Network(literal("127.0.0.0"), 8, ANY_PORT);

  private final List<Rule> rules;

  private Unproxied(List<Rule> rules) {
    this.rules = List.copyOf(rules);
  }

  /** One entry. */
  private sealed interface Rule {
    boolean matches(String host, int port);
  }

  private record Everything() implements Rule {
    @Override
    public boolean matches(String host, int port) {
      return true;
    }
  }

  /**
   * A name and all beneath it.
   *
   * @param itself whether the name itself is meant too
   */
  private record Domain(String name, boolean itself, int port) implements Rule {
    @Override
    public boolean matches(String host, int actual) {
      return (port == ANY_PORT || port == actual)
          && (host.endsWith("." + name) || (itself && host.equals(name)));
    }
  }

  /** Addresses whose first bits are these. */
  private record Network(InetAddress address, int bits, int port) implements Rule {
    @Override
    public boolean matches(String host, int actual) {
      if ((port != ANY_PORT && port != actual) || !IpAddress.isLiteral(host)) {
        return false;
      }
      byte[] other = literal(host).getAddress();
      byte[] own = address.getAddress();
      if (other.length != own.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        int mask = 0x80 >> (bit % 8);
        if ((other[bit / 8] & mask) != (own[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Reads hosts, suffixes, addresses and networks, divided by commas; the first two and addresses
   * may have a port, and {@code *} is everything.
   *
   * @throws IllegalArgumentException naming the entry
   */
  static Unproxied parse(String value) {
    List<Rule> rules = new ArrayList<>();
    for (String entry : value.split("[,\\s]+", -1)) {
      if (!entry.isEmpty()) {
        rules.add(rule(entry.toLowerCase(Locale.ROOT)));
      }
    }
    return new Unproxied(rules);
  }

  private static Rule rule(String entry) {
    if (entry.equals("*")) {
      return new Everything();
    }
    int slash = entry.indexOf('/');
    if (slash >= 0) {
      String address = entry.substring(0, slash);
      if (IpAddress.isLiteral(address)) {
        InetAddress network = literal(address);
        return new Network(
            network, number(entry, entry.substring(slash + 1), bits(network)), ANY_PORT);
      }
      throw wrong(entry);
    }
    if (IpAddress.isLiteral(entry)) {
      return network(entry, ANY_PORT);
    }
    int colon = entry.lastIndexOf(':');
    String host = colon < 0 ? entry : entry.substring(0, colon);
    int port = colon < 0 ? ANY_PORT : number(entry, entry.substring(colon + 1), 0xffff);
    String bare = host.replaceAll("^\\[(.*)]$", "$1");
    if (IpAddress.isLiteral(bare)) {
      return network(bare, port);
    }
    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    if (!NAME.matcher(name).matches()) {
      throw wrong(entry);
    }
    boolean beneath = name.startsWith(".") || name.startsWith("*");
    return new Domain(name.replaceFirst("^\\*?\\.", ""), !beneath, port);
  }

  private static int bits(InetAddress address) {
    return address.getAddress().length * Byte.SIZE;
  }

  private static Network network(String address, int port) {
    InetAddress only = literal(address);
    return new Network(only, bits(only), port);
  }

  private static int number(String entry, String text, int most) {
    if (text.matches("[0-9]{1,5}") && Integer.parseInt(text) <= most) {
      return Integer.parseInt(text);
    }
    throw wrong(entry);
  }

  private static IllegalArgumentException wrong(String entry) {
    return new IllegalArgumentException(
        "has the entry \""
            + Exchange.printable(entry)
            + "\"; write hosts, .suffixes, addresses or networks such as 10.0.0.0/8, with commas"
            + " between, or *");
  }

  /** Of a literal, so that no name server is asked; one of IPv4 in IPv6 is that of IPv4. */
  private static InetAddress literal(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(literal + " is an address", e);
    }
  }

  /** Whether a host, a name or an address, is reached directly. */
  boolean contains(String host, int port) {
    String lower = host.toLowerCase(Locale.ROOT).replaceAll("^\\[|]$", "");
    String name = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    return isThisMachine(name) || rules.stream().anyMatch(rule -> rule.matches(name, port));
  }

  private static boolean isThisMachine(String host) {
    return host.equals("localhost")
        || LOOPBACK.matches(host, 0)
        || network("::1", ANY_PORT).matches(host, 0);
  }
}
