package dev.stockade.bench;

import dev.stockade.bench.CriNode.Pod;
import dev.stockade.cri.v1.NamespaceMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The side-by-side launch benchmark; {@code bench/launch} prepares what it is given. */
public final class LaunchBench {
  private static final String PROGRAM = "/bin/true";
  private static final String OURS = "stockade";
  private static final String MAPPED = "stockade with a user namespace";

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
    Pod mapped = node.runMappedPod();
    try {
      String holder = node.create(pod, image, "/bin/sleep", "1000000");
      node.start(holder);
      launches(pod, mapped, holder);
      execs(holder);
      wholePods();
      crowd(pod);
    } finally {
      node.removePod(mapped);
      node.removePod(pod);
    }
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private void launches(Pod pod, Pod mapped, String holder) throws Exception {
    try (Field field = Field.prepare(arguments, node.status(holder, true), pod.id(), PROGRAM)) {
      List<DaemonLaunch> daemons =
          List.of(
              new DaemonLaunch(OURS, node, pod, image, PROGRAM),
              new DaemonLaunch(MAPPED, node, mapped, image, PROGRAM));
      warm(daemons, WARM_UP);
      warm(field.others(), WARM_UP_OTHERS);
      daemons.forEach(daemon -> daemon.parts().clear());
      List<Contender> contenders = new ArrayList<>(daemons);
      contenders.addAll(field.others());
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
      for (DaemonLaunch daemon : daemons) {
        say("%s:", daemon.name());
        daemon.parts().forEach((n, s) -> say("%s", s.row("  " + n)));
      }
      ratios(results);
    }
  }

  private static void warm(List<? extends Contender> contenders, int launches) throws Exception {
    for (int i = 0; i < launches; i++) {
      for (Contender contender : contenders) {
        contender.launch();
      }
    }
  }

  private static void ratios(Map<String, Samples> results) {
    Map<String, Samples> others = new LinkedHashMap<>(results);
    Samples ours = Objects.requireNonNull(others.remove(OURS));
    ratio(MAPPED + " / without", Objects.requireNonNull(others.remove(MAPPED)), ours);
    others.forEach((name, theirs) -> ratio(OURS + " / " + name, ours, theirs));
  }

  private static void ratio(String name, Samples one, Samples other) {
    say(
        "%-42s median %5.2f   p10 %5.2f",
        name,
        (double) one.median() / other.median(),
        (double) one.quantile(0.1) / other.quantile(0.1));
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
      new DaemonLaunch(OURS, node, pod, image, PROGRAM).launch();
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
