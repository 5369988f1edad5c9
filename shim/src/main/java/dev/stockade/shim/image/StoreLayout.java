package dev.stockade.shim.image;

import java.util.List;

/**
 * Names within the image store's directory. Every name made from outside data comes from a parsed
 * {@link Digest} or a checked container id.
 */
final class StoreLayout {
  /** One JSON file per image. */
  static final String RECORDS = "records";

  /** Configs and manifests by digest; layers are kept unpacked only. */
  static final String BLOBS = "blobs";

  /** Unpacked layers by chain id. */
  static final String LAYERS = "layers";

  /** One JSON file per container that uses layers. */
  static final String LEASES = "leases";

  /** Work in progress; emptied when the store opens. */
  static final String STAGING = "staging";

  static final List<String> PARTS = List.of(RECORDS, BLOBS, LAYERS, LEASES, STAGING);

  /** Within a layer's directory: the tree that becomes an overlay lower layer. */
  static final String CONTENT = "fs";

  /** Within a layer's directory: what it holds. */
  static final String FACTS = "layer.json";

  /** Within a layer's directory: what its tar has besides the contents of files. */
  static final String SKELETON = "skeleton";

  private static final String JSON = ".json";

  private StoreLayout() {}

  static String record(Digest id) {
    return RECORDS + "/" + fileName(id) + JSON;
  }

  static String blob(Digest digest) {
    return BLOBS + "/" + fileName(digest);
  }

  static String layer(Digest chainId) {
    return LAYERS + "/" + fileName(chainId);
  }

  static String content(Digest chainId) {
    return layer(chainId) + "/" + CONTENT;
  }

  static String lease(String containerId) {
    return LEASES + "/" + containerId + JSON;
  }

  static boolean isJson(String name) {
    return name.endsWith(JSON) && !name.startsWith(".");
  }

  static String withoutJson(String name) {
    return isJson(name) ? name.substring(0, name.length() - JSON.length()) : name;
  }

  private static String fileName(Digest digest) {
    return digest.algorithm().label() + "-" + digest.hex();
  }
}
