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
import java.time.Duration;
import java.util.List;

/**
 * Runs short programs of the host, such as CNI plugins: forked by warden, never by this JVM, with
 * exactly the given arguments and environment, in a session of their own that is killed when the
 * time is over.
 */
public final class HelperRunner {
  /** What warden has beyond a program's own time to start it, kill it and report. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private static final int KILL = 9;

  private final Engine engine;

  HelperRunner(Engine engine) {
    this.engine = engine;
  }

  /**
   * Runs a program to its end.
   *
   * @param arguments the first is the absolute path of the program
   * @param environment {@code NAME=value}, all of it
   * @param input what standard input holds
   * @param limit after which it and what it started in its session are killed
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
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair()) {
      long started = System.nanoTime();
      try (CapturedStreams streams =
          send(arguments, environment, input, limit, outputLimit, pair)) {
        pair.closeFar();
        ExitStatus status = await(pair.near(), limit.plus(GRACE), arguments.get(0));
        boolean late = System.nanoTime() - started >= limit.toNanos() && status.signal() == KILL;
        return streams.finish(status, late);
      }
    }
  }

  private CapturedStreams send(
      List<String> arguments,
      List<String> environment,
      byte[] input,
      Duration limit,
      int outputLimit,
      SeqpacketSocket.Pair pair)
      throws LaunchFailure, IOException {
    int milliseconds = (int) Math.min(Integer.MAX_VALUE, limit.toMillis());
    try (Fd strings = Memfd.sealed("helper", strings(arguments, environment));
        Fd standardInput = Memfd.sealed("input", input);
        Pipe out = Pipe.open();
        Pipe err = Pipe.open()) {
      CapturedStreams streams =
          CapturedStreams.start(
              out.read().transfer(), err.read().transfer(), outputLimit, engine.poller());
      try {
        engine
            .serve()
            .send(
                tag -> Message.helper(tag, arguments.size(), environment.size(), milliseconds),
                List.of(strings, standardInput, out.write(), err.write(), pair.far().fd()));
        return streams;
      } catch (IOException | LaunchFailure e) {
        streams.close();
        throw e;
      }
    }
  }

  private static byte[] strings(List<String> arguments, List<String> environment) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (List<String> list : List.of(arguments, environment)) {
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
      Message.Failed failed = Message.Failed.read(packet.bytes());
      Errno errno = Errno.of(failed.error());
      throw new LaunchFailure(
          LaunchFailure.Cause.EXECUTABLE,
          program + " could not be started: " + failed.reason() + ": " + errno,
          java.util.Optional.empty(),
          errno);
    }
  }
}
