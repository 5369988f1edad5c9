package dev.stockade.shim.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** How far the layers of one image are; to be looked at by others while it is pulled. */
public final class PullProgress {
  private volatile List<Arrival> arrivals = List.of();
  private volatile PullProgress shown = this;

  /** How far a layer is. */
  public enum Stage {
    WAITING,
    /** It was on this node before. */
    THERE,
    /** It comes and is unpacked as it comes. */
    ARRIVING,
    /** It is verified and waits for those below. */
    UNPACKED,
    /** It is on disk and known. */
    DONE
  }

  /**
   * One layer at one moment.
   *
   * @param digest as the registry has it
   * @param size bytes that the registry has
   * @param received bytes that have come
   */
  public record Layer(Digest digest, long size, long received, Stage stage) {}

  private static final class Arrival {
    private final Digest digest;
    private final long size;
    private final AtomicLong received = new AtomicLong();
    private volatile Stage stage = Stage.WAITING;

    Arrival(Digest digest, long size) {
      this.digest = digest;
      this.size = size;
    }
  }

  /** The layers of the image, lowest first; none until its manifest is known. */
  public List<Layer> layers() {
    return shown.arrivals.stream()
        .map(each -> new Layer(each.digest, each.size, each.received.get(), each.stage))
        .toList();
  }

  /** Shows another pull from now on, which this one waits for. */
  public void follow(PullProgress other) {
    shown = other;
  }

  void begin(FoundImage image) {
    List<Arrival> found = new ArrayList<>();
    for (int i = 0; i < image.layers().size(); i++) {
      FoundLayer layer = image.layers().get(i);
      found.add(
          new Arrival(
              layer.blob().orElse(image.config().diffIds().get(i)), layer.size().orElse(0L)));
    }
    arrivals = List.copyOf(found);
  }

  void reached(int number, Stage stage) {
    arrivals.get(number).stage = stage;
  }

  /** The bytes of a layer, which are counted as they are read, from the first one again. */
  InputStream counted(int number, InputStream stored) {
    Arrival arrival = arrivals.get(number);
    arrival.received.set(0);
    arrival.stage = Stage.ARRIVING;
    return new FilterInputStream(stored) {
      @Override
      public int read() throws IOException {
        int one = super.read();
        arrival.received.addAndGet(one < 0 ? 0 : 1);
        return one;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        int count = super.read(target, offset, length);
        arrival.received.addAndGet(Math.max(0, count));
        return count;
      }
    };
  }
}
