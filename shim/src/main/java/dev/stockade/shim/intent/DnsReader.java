package dev.stockade.shim.intent;

import dev.stockade.cri.v1.DNSConfig;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Reads what becomes lines of /etc/resolv.conf; a line must not be able to hold a second one. */
final class DnsReader {
  private static final int MOST = 64;
  private static final Pattern DOMAIN = Pattern.compile("\\.|[A-Za-z0-9_]([A-Za-z0-9._-]*)");
  private static final Pattern OPTION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9:._-]*");

  private final Problems problems;

  DnsReader(Problems problems) {
    this.problems = problems;
  }

  PodIntent.Dns read(DNSConfig dns) {
    each("dns_config.servers", dns.getServersList(), "an address", DnsReader::isServer);
    each("dns_config.searches", dns.getSearchesList(), "a domain", d -> matches(DOMAIN, d, 253));
    each("dns_config.options", dns.getOptionsList(), "an option", o -> matches(OPTION, o, 64));
    return new PodIntent.Dns(
        List.copyOf(dns.getServersList()),
        List.copyOf(dns.getSearchesList()),
        List.copyOf(dns.getOptionsList()));
  }

  /** resolv.conf(5) takes a zone after a link-local address. */
  private static boolean isServer(String server) {
    int zone = server.indexOf('%');
    String address = zone < 0 ? server : server.substring(0, zone);
    return IpAddress.isLiteral(address)
        && (zone < 0 || server.substring(zone + 1).matches("[A-Za-z0-9._-]{1,15}"));
  }

  private static boolean matches(Pattern pattern, String text, int longest) {
    return text.length() <= longest && pattern.matcher(text).matches();
  }

  private void each(String field, List<String> values, String kind, Predicate<String> sound) {
    if (values.size() > MOST) {
      problems.invalid(field, "has " + values.size() + " entries", "use at most " + MOST);
      return;
    }
    for (int i = 0; i < values.size(); i++) {
      if (!sound.test(values.get(i))) {
        problems.invalid(
            field + "[" + i + "]",
            TextRules.quoted(values.get(i)) + " is not " + kind + " of resolv.conf(5)",
            "correct or remove it");
      }
    }
  }
}
