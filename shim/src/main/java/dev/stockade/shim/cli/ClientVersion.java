package dev.stockade.shim.cli;

/** The version of this program, as its jar says. */
final class ClientVersion {
  private ClientVersion() {}

  /** A semantic version, or {@code development} when run from classes that no jar was made of. */
  static String text() {
    String version = ClientVersion.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
