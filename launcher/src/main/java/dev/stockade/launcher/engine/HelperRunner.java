package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Memfd;
import dev.stockade.launcher.linux.Pipe;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SeqpacketSocket.Arrival;
import dev.stockade.launcher.linux.SeqpacketSocket.Packet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs short programs of the host, such as CNI plugins and hooks: forked by warden, never by this
 * JVM, with exactly the given arguments and environment, in a session and a cgroup of their own.
 * Whatever of it still runs when the program has ended or its time is over is killed.
 */
public final class HelperRunner {
  /** What warden has beyond a program's own time to start it, kill it and report. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private static final int KILL = 9;

  private final Engine engine;
  private final String cgroups;

  /**
   * @param cgroups path of the cgroup that those of helpers are made in
   */
  HelperRunner(Engine engine, String cgroups) {
    this.engine = engine;
    this.cgroups = cgroups;
  }

  /**
   * Runs a program to its end.
   *
   * @param arguments the first is the absolute path of the program
   * @param environment {@code NAME=value}, all of it
   * @param input what standard input holds
   * @param limit after which it is killed
   * @param outputLimit bytes kept of standard output and of standard error each
   * @throws LaunchFailure if it could not be started
   */
  public Output run(
      List<String> arguments,
      List<String> environment,
      byte[] input,
      Duration limit,
      int outputLimit)
      throws LaunchFailure, IOException {
    Path file = Path.of(arguments.get(0));
    HelperProgram program =
        new HelperProgram(file, Path.of("/"), arguments, environment, Optional.empty());
    return run(program, input, limit, outputLimit);
  }

  /** As {@link #run(List, List, byte[], Duration, int)}. */
  Output run(HelperProgram program, byte[] input, Duration limit, int outputLimit)
      throws LaunchFailure, IOException {
    int milliseconds = (int) Math.min(Integer.MAX_VALUE, Math.max(1, limit.toMillis()));
    Serve.Order order = tag -> Message.helper(tag, program, milliseconds);
    long started = System.nanoTime();
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        HelperCgroup cgroup = HelperCgroup.make(engine.hierarchy(), cgroups);
        CapturedStreams streams = send(order, program, input, outputLimit, pair.far(), cgroup)) {
      pair.closeFar();
      ExitStatus status = await(pair.near(), limit.plus(GRACE), program.toString());
      boolean late = System.nanoTime() - started >= limit.toNanos() && status.signal() == KILL;
      cgroup.kill(); // or what it left would hold its output open
      return streams.finish(status, late);
    }
  }

  private CapturedStreams send(
      Serve.Order order,
      HelperProgram program,
      byte[] input,
      int outputLimit,
      SeqpacketSocket far,
      HelperCgroup cgroup)
      throws LaunchFailure, IOException {
    try (Fd strings = Memfd.sealed("helper", strings(program));
        Fd standardInput = Memfd.sealed("input", input);
        Pipe out = Pipe.open();
        Pipe err = Pipe.open()) {
      CapturedStreams streams =
          CapturedStreams.start(
              out.read().transfer(), err.read().transfer(), outputLimit, engine.poller());
      try {
        List<Fd> descriptors =
            new ArrayList<>(
                List.of(strings, standardInput, out.write(), err.write(), far.fd(), cgroup.fd()));
        program.container().ifPresent(container -> descriptors.add(container.process().fd()));
        engine.serve().send(order, descriptors);
        return streams;
      } catch (IOException | LaunchFailure e) {
        streams.close();
        throw e;
      }
    }
  }

  private static byte[] strings(HelperProgram program) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    List<String> places = List.of(program.file().toString(), program.directory().toString());
    for (List<String> list : List.of(places, program.arguments(), program.environment())) {
      for (String text : list) {
        if (text.indexOf('\0') >= 0) {
          throw new IllegalArgumentException("an argument or variable holds a NUL character");
        }
        bytes.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        bytes.write(0);
      }
    }
    return bytes.toByteArray();
  }

  private static ExitStatus await(SeqpacketSocket socket, Duration limit, String program)
      throws IOException, LaunchFailure {
    SeqpacketSocket.Received received = socket.receive(Message.LENGTH_MAX, limit);
    if (received.arrival() != Arrival.PACKET) {
      throw new LaunchFailure(
          LaunchFailure.Cause.WARDEN, "nothing was heard of the end of " + program);
    }
    try (Packet packet = received.packet().orElseThrow()) {
      if (Message.type(packet.bytes()) == Message.EXITED) {
        return Message.exited(packet.bytes());
      }
      if (Message.type(packet.bytes()) != Message.FAILED) {
        throw new LaunchFailure(
            LaunchFailure.Cause.WARDEN, "the end of " + program + " was told in another protocol");
      }
      Message.Failed failed = Message.Failed.read(packet.bytes());
      if (failed.error() == 0) {
        throw new LaunchFailure(
            LaunchFailure.Cause.EXECUTABLE,
            program + ": " + failed.reason() + ", which nobody else can see and which is gone now",
            "have it mount nothing where it runs, or not beyond its end");
      }
      Errno errno = Errno.of(failed.error());
      throw new LaunchFailure(
          LaunchFailure.Cause.EXECUTABLE,
          program + " could not be started: " + failed.reason() + ": " + errno,
          "install it where the daemon looks for it",
          Optional.empty(),
          errno);
    }
  }
}
