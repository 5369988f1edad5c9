package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Claim;
import dev.stockade.launcher.plan.Reading;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.ReceiptComparison;
import dev.stockade.launcher.seccomp.BpfProgram;
import dev.stockade.launcher.spec.OciProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Holds what the kernel shows of a stopped child against what its plan claims. */
final class Verification {
  private static final int STAT_LENGTH = 4096;

  /** Of the fields behind the name, proc_pid_stat(5). */
  private static final int STAT_FLAGS = 6;

  private static final long PF_EXITING = 4;
  private static final int READINGS = 5;
  private static final Duration SETTLE = Duration.ofMillis(20);

  /** From the moment that memory and files are gone to the one that the pidfd tells. */
  private static final Duration END_OF_EXIT = Duration.ofSeconds(1);

  private final Launch launch;
  private final Message.Stopped stopped;
  private final ProcDirectory proc;
  private final Expectation expected;

  Verification(Launch launch, Message.Stopped stopped, ProcDirectory proc) {
    this.launch = launch;
    this.stopped = stopped;
    this.proc = proc;
    this.expected = launch.expected();
  }

  /** Before anything is made: a program that could only be verified while it runs is refused. */
  static void requirePossible(Launch launch) throws LaunchFailure {
    if (launch.engine().beforeExec() && !launch.holds() && !launch.plan().traced()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.HOST,
          launch.subject().id()
              + " cannot be verified before its first instruction, as verify.require ="
              + " \"before-exec\" demands: "
              + launch.subject().tracing().obstacle(),
          "remove the obstacle, or set verify.require = \"when-possible\"");
    }
  }

  /** A program that should stand at the exec-stop and does not has run unverified. */
  static void requireStop(Launch launch, Message.Stopped stopped) throws LaunchFailure {
    if (launch.plan().traced() && !stopped.traced()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.WARDEN,
          "the monitor did not stop " + launch.subject().id() + " at its exec; it was killed");
    }
  }

  private Receipt.Verification when() {
    if (launch.holds()) {
      return Receipt.Verification.HELD;
    }
    return stopped.traced() ? Receipt.Verification.BEFORE_EXEC : Receipt.Verification.AFTER_EXEC;
  }

  /**
   * The receipt. The process ran after the last reading, so every reading is of it and of no other,
   * and none is of one that has given up part of what it had.
   */
  Receipt receipt() throws IOException, LaunchFailure {
    if (when() == Receipt.Verification.AFTER_EXEC) {
      return ofRunning();
    }
    try {
      Receipt receipt = read();
      if (runs()) {
        return receipt;
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ESRCH) && runs()) {
        throw e;
      }
    }
    throw died();
  }

  /** Somebody killed what was stopped. */
  private static LaunchFailure died() {
    return new LaunchFailure(
        LaunchFailure.Cause.DIED, "the process was killed from outside while it was verified");
  }

  /** What /proc has of the stopped process, which may have been killed and reaped meanwhile. */
  static ProcDirectory look(Launch launch, Message.Stopped stopped)
      throws IOException, LaunchFailure {
    try {
      return ProcDirectory.open(stopped.pid());
    } catch (SyscallException e) {
      if (launch.pidfd().alive()) {
        throw e;
      }
      throw died();
    }
  }

  /**
   * The pidfd alone tells the end too late: files and memory go before, do_exit() of the kernel.
   */
  private boolean runs() throws IOException {
    try {
      String stat = proc.read("stat", STAT_LENGTH);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return (Long.parseLong(fields[STAT_FLAGS]) & PF_EXITING) == 0 && launch.pidfd().alive();
    } catch (SyscallException e) {
      if (e.is(Errno.ESRCH)) {
        return false;
      }
      throw e;
    }
  }

  /**
   * A process that nobody holds: what it shows is read again if it does not fit, because the end of
   * its exec and its own end take a moment in which it shows things of both sides.
   */
  private Receipt ofRunning() throws IOException, LaunchFailure {
    for (int left = READINGS; ; left--) {
      try {
        Receipt receipt = read();
        boolean last = receipt.passed() || left == 0;
        if (!launch.pidfd().awaitExit(last ? Duration.ZERO : SETTLE)) {
          if (last) {
            return receipt;
          }
          continue;
        }
      } catch (SyscallException e) {
        if (!launch.pidfd().awaitExit(END_OF_EXIT)) {
          throw e;
        }
      }
      return new Receipt(Receipt.Verification.EXITED_FIRST, List.of());
    }
  }

  private Receipt read() throws IOException, LaunchFailure {
    LaunchSubject subject = launch.subject();
    List<Claim> claims = expected.claims(launch.executable(proc));
    try (ReceiptReader reader = ReceiptReader.open(observed(), proc)) {
      List<Reading> readings = reader.read(claims);
      return ReceiptComparison.compare(claims, readings, subject.mayDegrade(), when());
    }
  }

  private ReceiptReader.Observed observed() throws IOException {
    boolean readable = stopped.filters() != Message.Stopped.FILTERS_UNREADABLE;
    List<String> digests =
        launch.filters().stream().map(code -> BpfProgram.of(code).digest()).toList();
    OciProcess process = launch.subject().spec().process();
    return new ReceiptReader.Observed(
        launch.pidfd(),
        readable ? Optional.of(digests) : Optional.empty(),
        stopped.secureBits(),
        stopped.keyring(),
        stopped.monitorKeyring(),
        launch.cgroup(),
        process == null ? List.of() : process.env(),
        expected.mounts(),
        expected.image());
  }
}
