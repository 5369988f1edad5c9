package dev.stockade.launcher.engine;

import java.io.IOException;
import java.nio.file.Path;

/** An engine in a JVM of its own, maybe elsewhere, that looks for a monitor. */
final class StrangeEngine {
  private StrangeEngine() {}

  /** The directory of the container. */
  public static void main(String[] arguments) {
    try {
      System.out.println("greeted: " + MonitorGreeting.of("it", Path.of(arguments[0])).isPresent());
    } catch (IOException e) {
      System.out.println(e.getMessage());
    }
  }
}
