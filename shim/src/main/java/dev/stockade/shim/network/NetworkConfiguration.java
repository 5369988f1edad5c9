package dev.stockade.shim.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/**
 * A network of the node: plugins called one after the other.
 *
 * @param source the file it was read from
 * @param version CNI version the plugins are spoken to in
 * @param plugins configuration of each, as the administrator wrote it
 */
record NetworkConfiguration(
    Path source, String name, String version, boolean disableCheck, List<ObjectNode> plugins) {
  NetworkConfiguration {
    plugins = List.copyOf(plugins);
  }
}
