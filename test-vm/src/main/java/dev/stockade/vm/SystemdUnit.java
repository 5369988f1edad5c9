package dev.stockade.vm;

import dev.stockade.shim.daemon.HostCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** A service as systemd sees it. */
record SystemdUnit(String name) {
  /** Its cgroup while it is active, and longer where processes are left in it. */
  Path cgroup() {
    return Path.of("/sys/fs/cgroup/system.slice").resolve(name);
  }

  /** Starts, stops or restarts it, and waits for that. */
  void order(String verb) throws IOException, InterruptedException {
    HostCommand.output("systemctl", verb, name);
  }

  Map<String, String> properties(String... names) throws IOException, InterruptedException {
    String text = HostCommand.output("systemctl", "show", name, "-p", String.join(",", names));
    return text.lines()
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.indexOf('=')),
                line -> line.substring(line.indexOf('=') + 1)));
  }

  String property(String property) throws IOException, InterruptedException {
    return properties(property).getOrDefault(property, "");
  }

  long mainPid() throws IOException, InterruptedException {
    return Long.parseLong(property("MainPID"));
  }

  /** Where its journal ends now. */
  String cursor() throws IOException, InterruptedException {
    String text =
        HostCommand.output("journalctl", "-q", "-u", name, "-n", "1", "-o", "cat", "--show-cursor");
    String mark = "-- cursor: ";
    return text.substring(text.lastIndexOf(mark) + mark.length()).strip();
  }

  /**
   * What its journal says after a cursor.
   *
   * @param leastPriority for example {@code err}; lines less important are left out
   */
  String journal(String cursor, String leastPriority) throws IOException, InterruptedException {
    HostCommand.output("journalctl", "--sync");
    String after = "--after-cursor=" + cursor;
    return HostCommand.run("journalctl", "-q", "--no-pager", "-u", name, "-p", leastPriority, after)
        .output();
  }
}
