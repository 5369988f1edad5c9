package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/**
 * What a monitor tells of an end, in its record and over its socket, in this build and older ones.
 */
final class ExitRecordTest {
  private static final String OLD = "status 768\noom_kills 2\ntime_ns 1000000007\n";

  @Test
  void aRecordOfAnOlderMonitorTellsOfNoLoss() {
    ExitStatus status = ExitRecord.parse(OLD).orElseThrow();
    assertThat(status.code()).isEqualTo(3);
    assertThat(status.oomKills()).isEqualTo(2);
    assertThat(status.time()).isEqualTo(Instant.ofEpochSecond(1, 7));
    assertThat(status.logLoss()).isEqualTo(LogLoss.NONE);
    assertThat(status.logLoss().text()).isEmpty();
  }

  @Test
  void lossesAreRead() {
    String text = OLD + "log_lost_records 12\nlog_lost_bytes 3456\nlog_error 28\nof_the_future 1\n";
    LogLoss loss = ExitRecord.parse(text).orElseThrow().logLoss();
    assertThat(loss).isEqualTo(new LogLoss(12, 3456, Errno.ENOSPC.number()));
    assertThat(loss.text())
        .isEqualTo("12 records (3456 bytes) are missing in the log: no space left");
  }

  @Test
  void whatIsNotARecordIsNone() {
    assertThat(ExitRecord.parse("")).isEmpty();
    assertThat(ExitRecord.parse("status 768\n")).isEmpty();
    assertThat(ExitRecord.parse(OLD + "log_lost_records many\n")).isEmpty();
  }

  @Test
  void messagesOfBothLengthsAreUnderstood() {
    ByteBuffer packet = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    packet.putInt(8, 9).putLong(16, 5).putLong(24, 7).putLong(32, 300).putInt(40, 122);
    assertThat(Message.exited(packet).logLoss())
        .isEqualTo(new LogLoss(7, 300, Errno.EDQUOT.number()));
    packet.limit(24);
    assertThat(Message.exited(packet).signal()).isEqualTo(9);
    assertThat(Message.exited(packet).logLoss()).isEqualTo(LogLoss.NONE);
  }
}
