package dev.stockade.shim.image;

import java.nio.file.Path;

/**
 * Where the image store keeps what. Everything is beneath one directory of mode 0700
 * (CVE-2021-41103), and every name made from outside data is a parsed {@link Digest} or a checked
 * container id.
 */
record StoreLayout(Path root) {

  /** One JSON file per image. */
  Path records() {
    return root.resolve("records");
  }

  /** Manifests and configs by digest; layers are kept unpacked only. */
  Path blobs() {
    return root.resolve("blobs");
  }

  /** Unpacked layers by chain id. */
  Path layers() {
    return root.resolve("layers");
  }

  /** One JSON file per container that uses layers. */
  Path leases() {
    return root.resolve("leases");
  }

  /** Work in progress; emptied when the store opens. */
  Path staging() {
    return root.resolve("staging");
  }

  Path blob(Digest digest) {
    return blobs().resolve(fileName(digest));
  }

  Path layer(Digest chainId) {
    return layers().resolve(fileName(chainId));
  }

  /** The directory that becomes an overlay lower layer. */
  Path layerContent(Digest chainId) {
    return layer(chainId).resolve("fs");
  }

  static String fileName(Digest digest) {
    return digest.algorithm().label() + "-" + digest.hex();
  }
}
