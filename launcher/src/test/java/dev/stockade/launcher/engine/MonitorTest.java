package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Poller;
import dev.stockade.launcher.linux.SeqpacketSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A monitor that has been taken over says what it likes; what is not a message ends the talk. */
final class MonitorTest {
  private static byte[] message(int type, int length) {
    return message(type, length, length, 0);
  }

  private static byte[] message(int type, int length, int claimed, int status) {
    byte[] bytes = new byte[length];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putShort(0, (short) type).putShort(2, (short) 1).putInt(4, claimed);
    if (status != 0) {
      buffer.putInt(8, status);
    }
    return bytes;
  }

  private static Optional<ExitStatus> endAfter(Consumer<SeqpacketSocket> talk) throws Exception {
    try (Poller poller = Poller.start();
        SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        Monitor monitor = Monitor.follow(pair.near(), poller)) {
      talk.accept(pair.far());
      return monitor.end().get(5, TimeUnit.SECONDS);
    }
  }

  private static void send(SeqpacketSocket socket, byte[] message) {
    try {
      socket.send(message, List.of());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void everyMessageShorterThanItsTypeLosesTheMonitor() throws Exception {
    for (int type : List.of(Message.EXITED, Message.DONE, Message.STATE, Message.FAILED)) {
      for (int length : List.of(8, 9, 15)) {
        assertThat(endAfter(far -> send(far, message(type, length))))
            .as("type %d, %d bytes", type, length)
            .isEmpty();
      }
    }
    assertThat(endAfter(far -> send(far, message(Message.EXITED, 23)))).isEmpty();
  }

  @Test
  void aWrongLengthLosesTheMonitor() throws Exception {
    for (int lie : List.of(0, -1, 23, 25, Integer.MAX_VALUE)) {
      assertThat(endAfter(far -> send(far, message(Message.EXITED, 24, lie, 0)))).isEmpty();
    }
    assertThat(endAfter(far -> send(far, new byte[Message.LENGTH_MAX + 1]))).isEmpty();
  }

  @Test
  void whatALaterBuildSaysIsPassedOver() throws Exception {
    Optional<ExitStatus> end =
        endAfter(
            far -> {
              send(far, message(4242, 64));
              send(far, message(Message.EXITED, 200, 200, 3 << 8));
            });
    assertThat(end.orElseThrow().code()).isEqualTo(3);
  }

  @Test
  void whoeverClosesItWhileItSpeaksDisturbsNobody() throws Exception {
    List<Throwable> uncaught = new CopyOnWriteArrayList<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> uncaught.add(e));
    try (Poller poller = Poller.start()) {
      for (int i = 0; i < 20_000; i++) {
        try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
            Monitor monitor = Monitor.follow(pair.near(), poller)) {
          send(pair.far(), message(4242, 64));
          long closing = System.nanoTime() + i * 20L % 60_000; // what the poller needs to wake
          while (System.nanoTime() < closing) {
            Thread.onSpinWait();
          }
          assertThat(monitor.end()).isNotDone();
        }
      }
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertThat(uncaught).isEmpty();
  }
}
