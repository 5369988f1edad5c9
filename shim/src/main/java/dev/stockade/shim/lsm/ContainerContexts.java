package dev.stockade.shim.lsm;

import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Resolution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The contexts that the installed policy has for containers, from its {@code
 * contexts/lxc_contexts}, selabel_lookup(3).
 *
 * @param process of processes
 * @param file of files they may write
 * @param readOnlyFile of files they may only read
 */
record ContainerContexts(SelinuxContext process, SelinuxContext file, SelinuxContext readOnlyFile) {
  private static final int LIMIT = 64 << 10;
  private static final String CONTEXTS = "/contexts/lxc_contexts";

  /**
   * Reads them.
   *
   * @param directory {@code /etc/selinux}
   * @throws IOException with what is missing or wrong
   */
  static ContainerContexts read(Path directory) throws IOException {
    try (Directory selinux = Directory.open(directory, Resolution.BENEATH)) {
      String type = settings(selinux, "config").get("SELINUXTYPE");
      if (type == null || type.isEmpty() || type.indexOf('/') >= 0 || type.startsWith(".")) {
        throw new IOException(directory + "/config names no policy: set SELINUXTYPE");
      }
      String file = type + CONTEXTS;
      Map<String, String> contexts = settings(selinux, file);
      String source = directory + "/" + file;
      SelinuxContext writable = context(source, contexts, "file");
      return new ContainerContexts(
          context(source, contexts, "process"),
          writable,
          contexts.containsKey("ro_file") ? context(source, contexts, "ro_file") : writable);
    }
  }

  private static SelinuxContext context(String source, Map<String, String> contexts, String key)
      throws IOException {
    Optional<SelinuxContext> context = SelinuxContext.parse(contexts.getOrDefault(key, ""));
    return context.orElseThrow(
        () ->
            new IOException(
                source + " has no context named \"" + key + "\": it has no rules for containers"));
  }

  /** Lines of {@code key = value}, the value in quotes or not; comments begin with {@code #}. */
  private static Map<String, String> settings(Directory directory, String file) throws IOException {
    Map<String, String> settings = new HashMap<>();
    String text = new String(directory.readBounded(file, LIMIT), StandardCharsets.UTF_8);
    for (String line : text.split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0 && !line.stripLeading().startsWith("#")) {
        String value = line.substring(equals + 1).strip();
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        settings.put(
            line.substring(0, equals).strip(),
            quoted ? value.substring(1, value.length() - 1) : value);
      }
    }
    return settings;
  }
}
