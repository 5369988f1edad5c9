package dev.stockade.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Pulls one image by turns; {@code bench/pull} prepares what it is given. */
public final class PullBench {
  private PullBench() {}

  /** Runs with words {@code name=value}. */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    String image = arguments.text("image");
    List<PullContender> contenders = new ArrayList<>();
    contenders.add(
        new PullContender("stockade", arguments.path("socket"), arguments.number("pid"), image));
    if (arguments.optionalPath("peer").isPresent()) {
      contenders.add(
          new PullContender(
              "containerd", arguments.path("peer"), arguments.number("peerpid"), image));
    }
    int rounds = arguments.number("rounds");
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < contenders.size(); i++) {
        contenders.get((round + i) % contenders.size()).round();
      }
    }
    report(contenders);
    contenders.forEach(PullContender::close);
  }

  private static void report(List<PullContender> contenders) throws Exception {
    say("%n%s     first  last third", Samples.header());
    for (PullContender one : contenders) {
      say("%s", row(one.name() + " pull", one.wall()));
      say("%s", row(one.name() + " pull, then sync", one.durable()));
      say("%s", row(one.name() + " processor time", one.processor()));
      say("%s", row(one.name() + " remove", one.removal()));
      say("%-34s %15d MB", one.name() + " peak (VmHWM)", one.peakKilobytes() >> 10);
    }
    PullContender ours = contenders.get(0);
    Optional<PullContender> peer = contenders.stream().skip(1).findFirst();
    if (peer.isPresent()) {
      say(
          "stockade / containerd: wall %.2f, until on disk %.2f, processor %.2f",
          ratio(ours.wall(), peer.get().wall()),
          ratio(ours.durable(), peer.get().durable()),
          ratio(ours.processor(), peer.get().processor()));
    }
  }

  private static String row(String name, Samples samples) {
    return samples.row(name)
        + String.format(
            Locale.ROOT, " %9.2f %9.2f", samples.first() / 1e3, samples.lastThird() / 1e3);
  }

  private static double ratio(Samples ours, Samples theirs) {
    return (double) ours.median() / theirs.median();
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
