package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The AppArmor policy of this guest, as its administrator changes it. */
final class Policy {
  private static final Path KERNEL = Path.of("/sys/kernel/security/apparmor");

  private Policy() {}

  /** Ends the test where there is none. */
  static void require() throws Exception {
    Assumptions.assumeTrue(
        HostProbe.probe(Cgroup2.find()).appArmor(),
        "needs AppArmor in the kernel, with security=apparmor on its command line");
  }

  static void load(String policy) throws Exception {
    Process parser =
        new ProcessBuilder("/usr/sbin/apparmor_parser", "--replace")
            .redirectErrorStream(true)
            .start();
    try (OutputStream in = parser.getOutputStream()) {
      in.write(policy.getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(parser.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(parser.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(parser.exitValue()).as(said).isZero();
  }

  /** What ran under it is not confined any more. */
  static void unload(String profile) throws Exception {
    Files.writeString(KERNEL.resolve(".remove"), profile);
    assertThat(loaded()).doesNotContain(profile + " (");
  }

  /** A line for each profile: its name and its mode. */
  static String loaded() throws Exception {
    return Files.readString(KERNEL.resolve("profiles"));
  }
}
