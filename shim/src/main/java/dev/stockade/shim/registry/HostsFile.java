package dev.stockade.shim.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import dev.stockade.shim.registry.Endpoint.ClientPair;
import dev.stockade.shim.registry.Endpoint.Tls;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** One {@code hosts.toml}. Every problem is told at once; a key nobody knows is one. */
final class HostsFile {
  private static final TomlMapper TOML = new TomlMapper();
  private static final Set<String> HOST_KEYS =
      Set.of("capabilities", "ca", "client", "skip_verify", "override_path", "header");
  private static final Set<String> TLS_KEYS = Set.of("ca", "client", "skip_verify");
  private static final Set<String> CAPABILITIES = Set.of("pull", "resolve", "push");
  private static final Set<String> NOT_TO_BE_SET =
      Set.of("host", "content-length", "connection", "expect", "upgrade");
  private static final int MOST = 64;

  private final Path file;
  private final String registry;
  private final List<String> problems = new ArrayList<>();

  private HostsFile(Path file, String registry) {
    this.file = file;
    this.registry = registry;
  }

  /** The hosts of a registry: mirrors in the order of the file, then its server. */
  static List<Endpoint> read(Path file, String text, String registry) throws RegistryException {
    HostsFile hosts = new HostsFile(file, registry);
    List<Endpoint> endpoints = hosts.endpoints(hosts.parse(text));
    if (!hosts.problems.isEmpty()) {
      throw new RegistryException(
          RegistryException.Kind.CONFIGURATION,
          file + ": " + String.join(" | ", hosts.problems) + "; correct the file");
    }
    return endpoints;
  }

  private JsonNode parse(String text) throws RegistryException {
    try {
      return TOML.readTree(text);
    } catch (JsonProcessingException e) {
      throw new RegistryException(
          RegistryException.Kind.CONFIGURATION,
          file + " is not TOML: " + e.getOriginalMessage().lines().findFirst().orElse(""),
          e);
    }
  }

  private List<Endpoint> endpoints(JsonNode root) throws RegistryException {
    for (Map.Entry<String, JsonNode> key : root.properties()) {
      if (!key.getKey().equals("server")
          && !key.getKey().equals("host")
          && !HOST_KEYS.contains(key.getKey())) {
        problems.add(key.getKey() + ": unknown key");
      }
    }
    Optional<Endpoint> server = server(root);
    List<Endpoint> endpoints = new ArrayList<>();
    for (Map.Entry<String, JsonNode> host : table("host", root.path("host")).properties()) {
      String at = "host.\"" + host.getKey() + "\"";
      JsonNode settings = table(at, host.getValue());
      unknown(at + ".", settings);
      if (endpoints.size() < MOST) {
        endpoint(at, host.getKey(), settings)
            .map(e -> besides(e, server))
            .ifPresent(endpoints::add);
      }
    }
    server.ifPresent(endpoints::add);
    return endpoints;
  }

  private Optional<Endpoint> server(JsonNode root) throws RegistryException {
    String server = text("server", root.path("server"));
    if (server.isEmpty() && HOST_KEYS.stream().noneMatch(root::has)) {
      return Optional.of(Endpoint.plain(registry));
    }
    String own =
        (TLS_KEYS.stream().anyMatch(root::has)
            ? "https://" + Endpoint.server(registry)
            : String.valueOf(Endpoint.plain(registry).base()));
    return endpoint("server", server.isEmpty() ? own : server, root);
  }

  /** Without TLS nobody is the registry but where the registry's own line has none either. */
  private static Endpoint besides(Endpoint host, Optional<Endpoint> server) {
    boolean clear = server.stream().anyMatch(s -> s.own() && !s.encrypted());
    return host.encrypted() || clear ? host : host.mirror();
  }

  private void unknown(String at, JsonNode host) {
    for (Map.Entry<String, JsonNode> key : host.properties()) {
      if (!HOST_KEYS.contains(key.getKey())) {
        problems.add(at + key.getKey() + ": unknown key");
      }
    }
  }

  private Optional<Endpoint> endpoint(String at, String address, JsonNode settings) {
    List<String> capabilities = texts(at + ".capabilities", settings.path("capabilities"));
    for (String capability : capabilities) {
      if (!CAPABILITIES.contains(capability)) {
        problems.add(at + ".capabilities: " + capability + " is none of pull, resolve, push");
      }
    }
    boolean whole = flag(at + ".override_path", settings.path("override_path"));
    Optional<URI> base = base(at, address, whole);
    Tls tls =
        new Tls(
            !flag(at + ".skip_verify", settings.path("skip_verify")),
            texts(at + ".ca", settings.path("ca")).stream()
                .map(text -> path(at + ".ca", text))
                .toList(),
            clients(at + ".client", settings.path("client")));
    Map<String, List<String>> headers = headers(at + ".header", settings.path("header"));
    boolean pulls = capabilities.isEmpty() || capabilities.contains("pull");
    if (base.isEmpty() || !pulls) {
      return Optional.empty();
    }
    String host = Endpoint.canonical(base.get().getRawAuthority());
    return Optional.of(
        new Endpoint(
            base.get(),
            host.equals(registry),
            capabilities.isEmpty() || capabilities.contains("resolve"),
            tls,
            headers));
  }

  private Optional<URI> base(String at, String address, boolean whole) {
    Optional<URI> uri =
        Exchange.address(address.contains("://") ? address : "https://" + address)
            .filter(found -> found.getRawQuery() == null && found.getRawFragment() == null);
    if (uri.isEmpty()) {
      problems.add(at + ": not the address of a host, such as https://mirror.example:5000");
    }
    return uri.map(
        found -> {
          String path = found.getRawPath().replaceAll("/+$", "");
          String tail = whole || path.endsWith("/v2") ? path : path + "/v2";
          String scheme = found.getScheme().toLowerCase(Locale.ROOT);
          return URI.create(scheme + "://" + found.getRawAuthority() + tail);
        });
  }

  private Path path(String at, String text) {
    if (text.indexOf('\0') < 0) {
      return file.resolveSibling(text);
    }
    problems.add(at + ": no file has a name with a NUL");
    return file;
  }

  private boolean flag(String at, JsonNode node) {
    return typed(at, node, node.isBoolean(), "a boolean, true or false without quotes")
        .booleanValue();
  }

  private String text(String at, JsonNode node) {
    return typed(at, node, node.isTextual(), "a string").asText("");
  }

  private JsonNode table(String at, JsonNode node) {
    return typed(at, node, node.isObject(), "a table");
  }

  /** The value if it is of its type; a value of another one counts as missing, and is told. */
  private JsonNode typed(String at, JsonNode node, boolean sound, String type) {
    if (!sound && !node.isMissingNode()) {
      problems.add(at + ": not " + type);
    }
    return sound ? node : MissingNode.getInstance();
  }

  private List<String> texts(String at, JsonNode node) {
    if (node.isTextual()) {
      return List.of(node.textValue());
    }
    List<String> texts = new ArrayList<>();
    if (!node.isMissingNode() && !node.isArray()) {
      problems.add(at + ": neither text nor a list of texts");
    }
    for (JsonNode element : node) {
      if (element.isTextual()) {
        texts.add(element.textValue());
      } else {
        problems.add(at + ": neither text nor a list of texts");
      }
    }
    return texts;
  }

  /** A file with both, or files with both, or pairs of a certificate and its key. */
  private List<ClientPair> clients(String at, JsonNode node) {
    List<ClientPair> pairs = new ArrayList<>();
    boolean nested = node.isArray() && !node.isEmpty() && node.get(0).isArray();
    if (!nested) {
      texts(at, node).forEach(text -> pairs.add(new ClientPair(path(at, text), Optional.empty())));
      return pairs;
    }
    for (JsonNode element : node) {
      List<String> pair = texts(at, element);
      if (pair.size() == 2) {
        pairs.add(new ClientPair(path(at, pair.get(0)), Optional.of(path(at, pair.get(1)))));
      } else {
        problems.add(at + ": not a pair of a certificate and its key");
      }
    }
    return pairs;
  }

  private Map<String, List<String>> headers(String at, JsonNode node) {
    Map<String, List<String>> headers = new TreeMap<>();
    for (Map.Entry<String, JsonNode> header : table(at, node).properties()) {
      String name = header.getKey();
      List<String> values = texts(at + "." + name, header.getValue());
      boolean sound =
          name.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
              && !NOT_TO_BE_SET.contains(name.toLowerCase(Locale.ROOT))
              && values.stream().allMatch(v -> v.chars().allMatch(c -> c >= ' ' && c < 0x7f));
      if (sound) {
        headers.put(name, values);
      } else {
        problems.add(at + "." + name + ": not a header that can be set");
      }
    }
    return headers;
  }
}
