package dev.stockade.shim.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Jazzer in a process of its own, because it changes classes as they are loaded and ends the JVM.
 *
 * @param clean whether it found nothing
 * @param inputs how many it tried
 * @param output all that it said
 */
record JazzerRun(boolean clean, long inputs, String output) {
  /** On a machine that is as many times slower as {@code -Dstockade.patience} says. */
  private static final int PATIENCE = Integer.getInteger("stockade.patience", 1);

  private static final int SECONDS_TO_START = 120 * PATIENCE;

  /** For one input; the first one of a target loads its classes, too. */
  private static final int SECONDS_OF_INPUT = 20 * PATIENCE;

  private static final int SHORT = 5;
  private static final int SHORT_RUNS = 3000;
  private static final String CLASSES =
      "dev.stockade.**:org.apache.commons.compress.archivers.**"
          + ":com.fasterxml.jackson.dataformat.toml.**";
  private static final Pattern INPUTS = Pattern.compile("number_of_executed_units: +([0-9]+)");

  static boolean possible() {
    return JazzerRun.class.getResource("/com/code_intelligence/jazzer/Jazzer.class") != null;
  }

  static JazzerRun of(String name, Corpus corpus, int seconds)
      throws IOException, InterruptedException {
    Path output = corpus.found().resolveSibling("jazzer.log");
    Process jazzer =
        new ProcessBuilder(command(name, corpus, seconds))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      boolean ended = jazzer.waitFor(seconds + SECONDS_TO_START, TimeUnit.SECONDS);
      String text = Files.readString(output);
      Matcher inputs = INPUTS.matcher(text);
      return new JazzerRun(
          ended && jazzer.exitValue() == 0,
          inputs.find() ? Long.parseLong(inputs.group(1)) : 0,
          text);
    } finally {
      jazzer.destroyForcibly();
    }
  }

  private static List<String> command(String name, Corpus corpus, int seconds) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-Xss1m", "-XX:TieredStopAtLevel=1"));
    command.addAll(
        List.of("-XX:+EnableDynamicAgentLoading", "-cp", System.getProperty("java.class.path")));
    command.add("com.code_intelligence.jazzer.Jazzer");
    command.add("--target_class=" + JazzerEntry.class.getName());
    command.add("--target_args=" + name);
    // Hooks in all other classes too would take half a minute before the first input.
    command.add("--instrumentation_includes=" + CLASSES);
    command.add("--custom_hook_includes=" + CLASSES);
    command.add("--reproducer_path=" + corpus.found().getParent());
    command.add("-max_total_time=" + seconds);
    // A short run is the same each time, so that it fails for a change and not by chance.
    if (seconds <= SHORT) {
      command.addAll(List.of("-seed=1", "-runs=" + SHORT_RUNS));
    }
    command.add("-max_len=16384");
    command.add("-timeout=" + SECONDS_OF_INPUT);
    command.add("-rss_limit_mb=2048");
    // Nothing is written to the repository because the machine is busy.
    command.add("-report_slow_units=3600");
    command.add("-print_final_stats=1");
    command.add("-artifact_prefix=" + corpus.kept() + "/");
    command.addAll(
        List.of(corpus.found().toString(), corpus.kept().toString(), corpus.seeds().toString()));
    return command;
  }
}
