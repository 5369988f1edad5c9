package dev.stockade.launcher.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The packets of native/src/protocol.h: little endian, a header of type, version and length first.
 */
final class Message {
  static final int MALFORMED = 0;
  static final int HELLO = 1;
  static final int LAUNCH = 2;
  static final int QUIT = 3;
  static final int HELPER = 4;
  static final int WELCOME = 17;
  static final int LAUNCHED = 18;
  static final int FAILED = 33;
  static final int FILTER = 34;
  static final int STOPPED = 35;
  static final int RUNNING = 36;
  static final int EXITED = 37;
  static final int STATE = 38;
  static final int LISTENER = 39;
  static final int VERDICT = 49;
  static final int REOPEN_LOG = 50;
  static final int RESIZE = 51;
  static final int CLOSE_STDIN = 52;
  static final int DONE = 53;
  static final int SHOW = 54;

  /** The longest is a filter of 4096 instructions. */
  static final int LENGTH_MAX = 40 * 1024;

  private static final int VERSION = 1;
  private static final int HEADER = 8;
  private static final int REASON = 64;
  private static final int INSTRUCTION = 8;
  private static final int EXITED_LENGTH = 48;

  private Message() {}

  private static ByteBuffer start(int type, int body) {
    return ByteBuffer.allocate(HEADER + body)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort((short) type)
        .putShort((short) VERSION)
        .putInt(HEADER + body);
  }

  static byte[] plain(int type) {
    return start(type, 0).array();
  }

  static byte[] launch(long tag) {
    return start(LAUNCH, 8).putLong(tag).array();
  }

  static byte[] helper(long tag, HelperProgram program, int timeoutMilliseconds) {
    Optional<HelperProgram.Container> shown = program.container();
    return start(HELPER, 32)
        .putLong(tag)
        .putInt(program.arguments().size())
        .putInt(program.environment().size())
        .putInt(timeoutMilliseconds)
        .putInt(shown.map(HelperProgram.Container::flags).orElse(0))
        .putInt(shown.map(HelperProgram.Container::uid).orElse(0))
        .putInt(shown.map(HelperProgram.Container::gid).orElse(0))
        .array();
  }

  static byte[] verdict(boolean release) {
    return start(VERDICT, 8).putInt(release ? 1 : 0).array();
  }

  /** No verdict yet: it has this long from now. */
  static byte[] later(int seconds) {
    return start(VERDICT, 8).putInt(2).putShort((short) seconds).array();
  }

  static byte[] resize(int rows, int columns) {
    return start(RESIZE, 8).putShort((short) rows).putShort((short) columns).array();
  }

  /**
   * The type of a packet. One that is not as long as its header says, or too short for its type, is
   * {@link #MALFORMED}: its sender is not to be listened to any more.
   */
  static int type(ByteBuffer packet) {
    if (packet.limit() < HEADER || packet.getInt(4) != packet.limit()) {
      return MALFORMED;
    }
    int type = Short.toUnsignedInt(packet.getShort(0));
    return packet.limit() < leastLength(type) ? MALFORMED : type;
  }

  /** Fields are only ever added at the end, so these are the lengths of the first build. */
  private static int leastLength(int type) {
    return switch (type) {
      case WELCOME, STATE -> 32;
      case LAUNCHED, EXITED -> 24;
      case FAILED -> 96;
      case FILTER, DONE -> 16;
      case STOPPED -> 292;
      default -> HEADER;
    };
  }

  record Welcome(int planAbi, int pid, String build) {
    static Welcome read(ByteBuffer packet) {
      byte[] build = new byte[16];
      packet.get(16, build);
      return new Welcome(
          Short.toUnsignedInt(packet.getShort(8)),
          packet.getInt(12),
          java.util.HexFormat.of().formatHex(build));
    }
  }

  record Launched(long tag, int pid, int error) {
    static Launched read(ByteBuffer packet) {
      return new Launched(packet.getLong(8), packet.getInt(16), packet.getInt(20));
    }
  }

  /** Who failed. */
  enum Phase {
    NONE,
    VERIFY,
    MONITOR,
    CHILD,
    EXEC_KILLED,
    VERDICT
  }

  record Failed(Phase phase, int step, int code, int error, long detail, String reason) {
    static Failed read(ByteBuffer packet) {
      byte[] reason = new byte[REASON];
      packet.get(32, reason);
      int end = 0;
      while (end < REASON && reason[end] != 0) {
        end++;
      }
      int phase = packet.getInt(8);
      Phase[] phases = Phase.values();
      return new Failed(
          phase >= 0 && phase < phases.length ? phases[phase] : Phase.NONE,
          packet.getInt(12),
          packet.getInt(16),
          packet.getInt(20),
          packet.getLong(24),
          new String(Arrays.copyOf(reason, end), StandardCharsets.UTF_8));
    }
  }

  /**
   * The child stands still and can be looked at. The packet also lists the steps whose failure the
   * plan tolerated; the receipt shows what came of them.
   *
   * @param keyring serial of its session keyring, or a negated errno
   * @param monitorKeyring what it would have inherited
   */
  record Stopped(
      int pid, int filters, int secureBits, int keyring, int monitorKeyring, boolean traced) {
    /** The kernel does not show filters to the monitor. */
    static final int FILTERS_UNREADABLE = -1;

    private static final int MONITOR_KEYRING = 288;

    static Stopped read(ByteBuffer packet) {
      return new Stopped(
          packet.getInt(8),
          packet.getInt(12),
          packet.getInt(16),
          packet.getInt(20),
          packet.getInt(MONITOR_KEYRING),
          packet.getInt(24) == 1);
    }
  }

  /** The instructions of one installed filter. */
  static byte[] filter(ByteBuffer packet) {
    int count = packet.getInt(12);
    if (count < 0 || count > (packet.limit() - 16) / INSTRUCTION) {
      throw new IllegalArgumentException(
          "a filter of " + count + " instructions in a short packet");
    }
    byte[] code = new byte[count * INSTRUCTION];
    packet.get(16, code);
    return code;
  }

  static ExitStatus exited(ByteBuffer packet) {
    return ExitStatus.reaped(
        packet.getInt(8),
        Integer.toUnsignedLong(packet.getInt(12)),
        packet.getLong(16),
        logLoss(packet));
  }

  /** A monitor of an older build does not tell. */
  private static LogLoss logLoss(ByteBuffer packet) {
    return packet.limit() < EXITED_LENGTH
        ? LogLoss.NONE
        : new LogLoss(packet.getLong(24), packet.getLong(32), packet.getInt(40));
  }

  record State(int pid, boolean exited, ExitStatus status) {
    static State read(ByteBuffer packet) {
      return new State(
          packet.getInt(8),
          packet.getInt(12) == 1,
          ExitStatus.reaped(
              packet.getInt(16),
              Integer.toUnsignedLong(packet.getInt(20)),
              packet.getLong(24),
              LogLoss.NONE));
    }
  }

  record Done(int type, int error) {
    static Done read(ByteBuffer packet) {
      return new Done(packet.getInt(8), packet.getInt(12));
    }
  }
}
