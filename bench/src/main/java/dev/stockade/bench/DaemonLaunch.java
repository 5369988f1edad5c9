package dev.stockade.bench;

import dev.stockade.bench.CriNode.Pod;
import java.util.LinkedHashMap;
import java.util.Map;

/** A launch over the daemon's socket: create, start, the end recorded, remove. */
final class DaemonLaunch implements Contender {
  private final String name;
  private final CriNode node;
  private final Pod pod;
  private final String image;
  private final String program;
  private final Map<String, Samples> parts = new LinkedHashMap<>();
  private long last;

  DaemonLaunch(String name, CriNode node, Pod pod, String image, String program) {
    this.name = name;
    this.node = node;
    this.pod = pod;
    this.image = image;
    this.program = program;
  }

  @Override
  public String name() {
    return name;
  }

  /** The calls that make up a launch. */
  Map<String, Samples> parts() {
    return parts;
  }

  @Override
  public long launch() {
    long from = System.nanoTime();
    last = from;
    String container = node.create(pod, image, program);
    part("CreateContainer");
    node.start(container);
    part("StartContainer");
    node.awaitSuccess(container);
    part("end recorded");
    node.remove(container);
    part("RemoveContainer");
    return (last - from) / 1000;
  }

  private void part(String name) {
    long now = System.nanoTime();
    parts.computeIfAbsent(name, n -> new Samples()).add((now - last) / 1000);
    last = now;
  }
}
