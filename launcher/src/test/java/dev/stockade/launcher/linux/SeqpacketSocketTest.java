package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.linux.SeqpacketSocket.Arrival;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SeqpacketSocketTest {
  private static final Duration SOON = Duration.ofSeconds(5);

  @TempDir Path temporary;

  @Test
  void carriesBytesAndDescriptors() throws Exception {
    int before = Fd.openCount();
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        Pipe pipe = Pipe.open()) {
      pair.near().send(new byte[] {1, 2, 3, 4}, List.of(pipe.write()));
      try (SeqpacketSocket.Packet packet = pair.far().receive(64, SOON).packet().orElseThrow()) {
        assertThat(packet.bytes().getInt()).isEqualTo(0x04030201);
        try (Fd received = packet.take().orElseThrow()) {
          received.output().write("hello".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(packet.take()).isEmpty();
      }
      byte[] text = new byte[5];
      assertThat(pipe.read().input().read(text)).isEqualTo(5);
      assertThat(text).asString().isEqualTo("hello");
    }
    assertThat(Fd.openCount()).isEqualTo(before);
  }

  @Test
  void descriptorsNobodyTakesAreClosed() throws Exception {
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        Pipe pipe = Pipe.open()) {
      int before = Fd.openCount();
      pair.near().send(new byte[] {1}, List.of(pipe.read(), pipe.write()));
      pair.far().receive(64, SOON).packet().orElseThrow().close();
      assertThat(Fd.openCount()).isEqualTo(before);
    }
  }

  @Test
  void carriesAsManyDescriptorsAsTheKernelAllows() throws Exception {
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        Pipe pipe = Pipe.open()) {
      List<Fd> many = new ArrayList<>();
      for (int i = 0; i < SeqpacketSocket.DESCRIPTORS_MAX; i++) {
        many.add(pipe.write());
      }
      pair.near().send(new byte[] {1}, many);
      int count = 0;
      try (SeqpacketSocket.Packet packet = pair.far().receive(64, SOON).packet().orElseThrow()) {
        for (var fd = packet.take(); fd.isPresent(); fd = packet.take()) {
          fd.get().close();
          count++;
        }
      }
      assertThat(count).isEqualTo(SeqpacketSocket.DESCRIPTORS_MAX);
      many.add(pipe.write());
      assertThatThrownBy(() -> pair.near().send(new byte[] {1}, many))
          .hasMessageContaining("at most 253");
    }
  }

  @Test
  void tellsSilenceFromTheEnd() throws Exception {
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair()) {
      assertThat(pair.far().receive(64, Duration.ZERO).arrival()).isEqualTo(Arrival.NOTHING_YET);
      assertThat(pair.far().receive(64, Duration.ofMillis(20)).arrival())
          .isEqualTo(Arrival.NOTHING_YET);
      pair.near().close();
      assertThat(pair.far().receive(64, SOON).arrival()).isEqualTo(Arrival.END);
      assertThatThrownBy(() -> pair.far().send(new byte[] {1}, List.of()))
          .hasMessageContaining("EPIPE");
    }
  }

  /** unix(7) has an error for the unread packet, which comes before the peer's own last words. */
  @Test
  void hearsThePeersLastWordsAlthoughItDidNotListen() throws Exception {
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair()) {
      pair.near().send(new byte[] {1}, List.of());
      pair.far().send(new byte[] {2}, List.of());
      pair.far().close();
      try (SeqpacketSocket.Packet last = pair.near().receive(64, SOON).packet().orElseThrow()) {
        assertThat(last.bytes().get(0)).isEqualTo((byte) 2);
      }
      assertThat(pair.near().receive(64, SOON).arrival()).isEqualTo(Arrival.END);
    }
  }

  @Test
  void refusesAPacketLongerThanExpected() throws Exception {
    try (SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        Pipe pipe = Pipe.open()) {
      int before = Fd.openCount();
      pair.near().send(new byte[65], List.of(pipe.read()));
      assertThatThrownBy(() -> pair.far().receive(64, SOON)).hasMessageContaining("EMSGSIZE");
      assertThat(Fd.openCount()).isEqualTo(before);
    }
  }

  @Test
  void connectsThroughADirectoryWhateverItsLength() throws Exception {
    Path deep = temporary;
    for (int i = 0; i < 8; i++) {
      deep = deep.resolve("a-directory-name-of-some-length");
    }
    Files.createDirectories(deep);
    try (Directory directory = Directory.open(deep, Resolution.BENEATH);
        SeqpacketSocket listener = SeqpacketSocket.listen(directory, "socket", 4);
        SeqpacketSocket client = SeqpacketSocket.connect(directory, "socket");
        SeqpacketSocket server = listener.accept(SOON).orElseThrow()) {
      client.send(new byte[] {7}, List.of());
      assertThat(server.receive(8, SOON).packet().orElseThrow().bytes().get()).isEqualTo((byte) 7);
      assertThat(directory.status("socket").orElseThrow().permissions()).isEqualTo(0600);
      assertThat(listener.accept(Duration.ofMillis(10))).isEmpty();
      assertThatThrownBy(() -> SeqpacketSocket.connect(directory, "absent"))
          .hasMessageContaining("ENOENT");
    }
  }

  @Test
  void onePollerFollowsManyAndStopsWhenTold() throws Exception {
    int before = Fd.openCount();
    List<SeqpacketSocket.Pair> pairs = new ArrayList<>();
    CountDownLatch heard = new CountDownLatch(20);
    try (Poller poller = Poller.start()) {
      for (int i = 0; i < 20; i++) {
        SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        pairs.add(pair);
        Poller.Watch[] watch = new Poller.Watch[1];
        synchronized (heard) {
          watch[0] =
              poller.watch(
                  pair.far().fd(),
                  () -> {
                    synchronized (heard) {
                      watch[0].close();
                    }
                    heard.countDown();
                  });
        }
      }
      for (SeqpacketSocket.Pair pair : pairs) {
        pair.near().close();
      }
      assertThat(heard.await(5, TimeUnit.SECONDS)).isTrue();
    }
    pairs.forEach(SeqpacketSocket.Pair::close);
    assertThat(Fd.openCount()).isEqualTo(before);
  }
}
