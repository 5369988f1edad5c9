package dev.stockade.bench;

import dev.stockade.bench.CriNode.Pod;
import dev.stockade.cri.v1.NamespaceMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The side-by-side launch benchmark; {@code bench/launch} prepares what it is given. */
public final class LaunchBench {
  private static final String PROGRAM = "/bin/true";

  /** From 400 launches on the daemon does not get faster. */
  private static final int WARM_UP = 600;

  private static final int WARM_UP_OTHERS = 5;
  private static final int CROWD = 50;

  /** Lets what the kernel does after a launch end before the next one. */
  private static final long PAUSE_MILLIS = 25;

  private final Arguments arguments;
  private final CriNode node;
  private final int rounds;
  private final String image;

  private LaunchBench(Arguments arguments, CriNode node) {
    this.arguments = arguments;
    this.node = node;
    this.rounds = arguments.number("rounds");
    this.image = arguments.text("image");
  }

  /** Runs with words {@code name=value}. */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    try (CriNode node = new CriNode(arguments.path("socket"), arguments.path("logs"))) {
      new LaunchBench(arguments, node).run();
    }
  }

  private void run() throws Exception {
    Pod pod = node.runPod(NamespaceMode.POD);
    try {
      String holder = node.create(pod, image, "/bin/sleep", "1000000");
      node.start(holder);
      launches(pod, holder);
      execs(holder);
      wholePods();
      crowd(pod);
    } finally {
      node.removePod(pod);
    }
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private void launches(Pod pod, String holder) throws Exception {
    try (Field field = Field.prepare(arguments, node.status(holder, true), pod.id(), PROGRAM)) {
      List<Contender> contenders = new ArrayList<>();
      contenders.add(new DaemonLaunch(node, pod, image, PROGRAM));
      contenders.addAll(field.others());
      warm(contenders);
      ((DaemonLaunch) contenders.get(0)).parts().clear();
      Map<String, Samples> results = new LinkedHashMap<>();
      contenders.forEach(c -> results.put(c.name(), new Samples()));
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < contenders.size(); i++) {
          Contender next = contenders.get((round + i) % contenders.size());
          Thread.sleep(PAUSE_MILLIS);
          results.computeIfAbsent(next.name(), name -> new Samples()).add(next.launch());
        }
      }
      say("%n%s", Samples.header());
      results.forEach((name, samples) -> say("%s", samples.row(name)));
      ((DaemonLaunch) contenders.get(0)).parts().forEach((n, s) -> say("%s", s.row("  " + n)));
      ratios(results);
    }
  }

  private static void warm(List<Contender> contenders) throws Exception {
    for (int i = 0; i < WARM_UP; i++) {
      contenders.get(0).launch();
    }
    for (Contender other : contenders.subList(1, contenders.size())) {
      for (int i = 0; i < WARM_UP_OTHERS; i++) {
        other.launch();
      }
    }
  }

  private static void ratios(Map<String, Samples> results) {
    Samples ours = results.values().iterator().next();
    results.forEach(
        (name, theirs) -> {
          if (theirs != ours) {
            say(
                "stockade / %-24s median %5.2f   p10 %5.2f",
                name,
                (double) ours.median() / theirs.median(),
                (double) ours.quantile(0.1) / theirs.quantile(0.1));
          }
        });
  }

  private void execs(String holder) throws Exception {
    Samples samples = new Samples();
    for (int i = -WARM_UP; i < 2 * rounds; i++) {
      long from = System.nanoTime();
      node.exec(holder, PROGRAM);
      if (i >= 0) {
        samples.add((System.nanoTime() - from) / 1000);
        Thread.sleep(PAUSE_MILLIS);
      }
    }
    say("%s", samples.row("ExecSync of true"));
  }

  private void wholePods() throws Exception {
    Samples samples = new Samples();
    for (int i = -WARM_UP_OTHERS; i < rounds; i++) {
      long from = System.nanoTime();
      Pod pod = node.runPod(NamespaceMode.NODE);
      new DaemonLaunch(node, pod, image, PROGRAM).launch();
      node.removePod(pod);
      if (i >= 0) {
        samples.add((System.nanoTime() - from) / 1000);
      }
      Thread.sleep(PAUSE_MILLIS);
    }
    say("%s", samples.row("whole pod, host network"));
  }

  private void crowd(Pod pod) throws Exception {
    for (int i = 1; i < CROWD; i++) {
      node.start(node.create(pod, image, "/bin/sleep", "1000000"));
    }
    long serve = arguments.number("serve");
    List<Long> monitors = Resident.children(serve);
    long sum = 0;
    for (long monitor : monitors) {
      sum += Resident.proportional(monitor);
    }
    say("%nwith %d containers running:", monitors.size());
    say("  PSS of a monitor, mean        %6d kB", sum / monitors.size());
    say("  PSS of warden serve           %6d kB", Resident.proportional(serve));
    say("  resident memory of the daemon %6d kB", Resident.whole(arguments.number("daemon")));
  }
}
