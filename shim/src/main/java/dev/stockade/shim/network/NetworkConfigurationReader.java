package dev.stockade.shim.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the first network configuration of a directory, in the order of file names, as every CNI
 * runtime does.
 */
final class NetworkConfigurationReader {
  static final Set<String> VERSIONS = Set.of("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0");

  private static final int MAX_BYTES = 1 << 20;
  private static final int MOST_PLUGINS = 32;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private NetworkConfigurationReader() {}

  /**
   * The network of this node.
   *
   * @throws NetworkException when there is none, or the first one is not sound
   */
  static NetworkConfiguration read(Path directory) throws NetworkException {
    List<Path> files = files(directory);
    if (files.isEmpty()) {
      throw new NetworkException(
          "no network configuration in "
              + directory
              + "; put a .conflist there, or run pods with the host's network");
    }
    Path file = files.get(0);
    try {
      return parse(file, bytes(file));
    } catch (JsonProcessingException e) {
      throw new NetworkException("network configuration " + file + " is not JSON", e);
    } catch (IOException e) {
      throw new NetworkException("cannot read network configuration " + file, e);
    }
  }

  private static List<Path> files(Path directory) throws NetworkException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> stream =
        Files.newDirectoryStream(directory, "*.{conflist,conf,json}")) {
      stream.forEach(files::add);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (IOException e) {
      throw new NetworkException("cannot list network configurations in " + directory, e);
    }
    files.sort(Comparator.comparing(Path::getFileName));
    return files;
  }

  private static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("it is longer than " + MAX_BYTES + " bytes");
      }
      return bytes;
    }
  }

  static NetworkConfiguration parse(Path file, byte[] bytes) throws IOException, NetworkException {
    if (!(JSON.readTree(bytes) instanceof ObjectNode root)) {
      throw new NetworkException("network configuration " + file + " is not a JSON object");
    }
    String name = root.path("name").asText("");
    String version = root.path("cniVersion").asText("0.2.0");
    if (!NAME.matcher(name).matches()) {
      throw new NetworkException("network configuration " + file + " has no sound name");
    }
    if (!VERSIONS.contains(version)) {
      throw new NetworkException(
          "network configuration "
              + file
              + " has cniVersion "
              + quoted(version)
              + "; use one of "
              + VERSIONS.stream().sorted().toList());
    }
    return new NetworkConfiguration(
        file, name, version, root.path("disableCheck").asBoolean(false), plugins(file, root));
  }

  private static List<ObjectNode> plugins(Path file, ObjectNode root) throws NetworkException {
    List<ObjectNode> plugins = new ArrayList<>();
    if (root.has("plugins")) {
      for (JsonNode plugin : root.path("plugins")) {
        if (!(plugin instanceof ObjectNode object)) {
          throw new NetworkException("a plugin of " + file + " is not a JSON object");
        }
        plugins.add(object);
      }
    } else {
      plugins.add(root);
    }
    if (plugins.isEmpty() || plugins.size() > MOST_PLUGINS) {
      throw new NetworkException(file + " has " + plugins.size() + " plugins; use 1 to 32");
    }
    for (ObjectNode plugin : plugins) {
      // It becomes a file name beneath the plugin directory.
      if (!NAME.matcher(plugin.path("type").asText("")).matches()) {
        throw new NetworkException("a plugin of " + file + " has no sound type");
      }
    }
    return plugins;
  }

  private static String quoted(String text) {
    return "'" + text.replaceAll("[^A-Za-z0-9.]", "?") + "'";
  }
}
