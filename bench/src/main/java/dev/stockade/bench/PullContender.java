package dev.stockade.bench;

import dev.stockade.cri.v1.ImageServiceGrpc;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.cri.v1.RemoveImageRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A runtime that pulls: its socket, and its process for what it used. */
final class PullContender implements AutoCloseable {
  private static final int MICROS_PER_TICK = 10_000;
  private static final long QUIET_MILLIS = 400;

  private final String name;
  private final long pid;
  private final ImageSpec image;
  private final CriChannel channel;
  private final ImageServiceGrpc.ImageServiceBlockingStub images;
  private final Samples wall = new Samples();
  private final Samples processor = new Samples();
  private final Samples durable = new Samples();
  private final Samples removal = new Samples();

  PullContender(String name, Path socket, long pid, String image) {
    this.name = name;
    this.pid = pid;
    this.image = ImageSpec.newBuilder().setImage(image).build();
    this.channel = new CriChannel(socket);
    this.images = ImageServiceGrpc.newBlockingStub(channel.channel());
  }

  String name() {
    return name;
  }

  /** Pulls once and removes the image again; nothing of before is still under way. */
  @SuppressWarnings("CheckReturnValue") // The answers say nothing more.
  void round() throws IOException, InterruptedException {
    sync();
    awaitQuiet();
    long used = processorMicros();
    long from = System.nanoTime();
    images.pullImage(PullImageRequest.newBuilder().setImage(image).build());
    long pulled = System.nanoTime();
    processor.add(processorMicros() - used);
    sync();
    wall.add((pulled - from) / 1000);
    durable.add((System.nanoTime() - from) / 1000);
    awaitQuiet();
    long begun = System.nanoTime();
    images.removeImage(RemoveImageRequest.newBuilder().setImage(image).build());
    removal.add((System.nanoTime() - begun) / 1000);
    awaitQuiet();
  }

  /** Until what goes on in the background of the process has ended. */
  private void awaitQuiet() throws IOException, InterruptedException {
    long before = -MICROS_PER_TICK * 2L;
    while (processorMicros() - before > MICROS_PER_TICK) {
      before = processorMicros();
      Thread.sleep(QUIET_MILLIS);
    }
  }

  private static void sync() throws IOException, InterruptedException {
    if (new ProcessBuilder("sync").inheritIO().start().waitFor() != 0) {
      throw new IOException("sync failed");
    }
  }

  /** User and system time, proc_pid_stat(5). */
  private long processorMicros() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MICROS_PER_TICK;
  }

  Samples wall() {
    return wall;
  }

  Samples processor() {
    return processor;
  }

  Samples durable() {
    return durable;
  }

  Samples removal() {
    return removal;
  }

  long peakKilobytes() throws IOException {
    return Resident.peak(pid);
  }

  @Override
  public void close() {
    channel.close();
  }
}
