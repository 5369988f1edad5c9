package dev.stockade.shim.cli;

/** The version of this program, as its jar says. */
final class ClientVersion {
  private ClientVersion() {}

  /** A semantic version; {@code 0.0.0-development} when run from classes that are in no jar. */
  static String text() {
    String version = ClientVersion.class.getPackage().getImplementationVersion();
    return version == null ? "0.0.0-development" : version;
  }
}
