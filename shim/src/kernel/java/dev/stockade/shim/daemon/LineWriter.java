package dev.stockade.shim.daemon;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A container that writes numbered lines until it is told to end, by SIGTERM or by a file that
 * holds its exit code. Its last line tells how many there were.
 *
 * @param batch lines between two pauses
 * @param padding characters behind the number
 * @param halves whether a line is begun before the pause and ended after it
 */
record LineWriter(String name, int batch, int padding, boolean halves) {
  private static final String SIGNALS = "/signals";

  /** As many lines to standard output as to standard error, numbered each. */
  private static final String SCRIPT =
      """
      n=0
      pad=$(head -c $PADDING /dev/zero | tr '\\0' x)
      told=
      trap 'told=yes' TERM
      until [ $told ]; do
        k=0
        while [ $k -lt $BATCH ]; do
          if [ $HALVES = true ]; then printf "out $n "; sleep 0.05; echo "$pad"; else echo "out $n $pad"; fi
          echo "err $n" >&2
          n=$((n + 1))
          k=$((k + 1))
        done
        if read code 2>/dev/null <$SIGNAL; then printf "end $n"; exit $code; fi
        sleep $PAUSE
      done
      echo "end $n"
      """;

  ContainerConfig.Builder container(CriClient client, Path signals) {
    String settings =
        "BATCH=%d PADDING=%d HALVES=%s PAUSE=%s SIGNAL=%s/%s\n"
            .formatted(batch, padding, halves, 0.1 * Wait.PATIENCE, SIGNALS, name);
    return client
        .container(name, "sh", "-c", settings + SCRIPT)
        .addMounts(
            Mount.newBuilder()
                .setHostPath(signals.toString())
                .setContainerPath(SIGNALS)
                .setReadonly(true));
  }

  /** What line number {@code n} of standard output is. */
  String line(int n) {
    return "out " + n + " " + "x".repeat(padding);
  }

  /** Has it end with the code soon. */
  void end(Path signals, int code) throws IOException {
    Path unfinished = signals.resolve("." + name);
    Files.writeString(unfinished, code + "\n");
    Files.move(unfinished, signals.resolve(name));
  }
}
