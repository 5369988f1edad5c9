package dev.stockade.launcher.linux;

/** The machine's instruction set: it decides system call numbers and a few open(2) flags. */
public enum Architecture {
  X86_64,
  ARM64;

  private static final Architecture CURRENT = of(System.getProperty("os.arch", ""));

  /**
   * The architecture this JVM runs on.
   *
   * @throws UnsupportedOperationException on any other than x86_64 and arm64
   */
  public static Architecture current() {
    return CURRENT;
  }

  static Architecture of(String name) {
    return switch (name) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64", "arm64" -> ARM64;
      default ->
          throw new UnsupportedOperationException(
              "architecture " + name + ": only x86_64 and arm64 are supported");
    };
  }
}
