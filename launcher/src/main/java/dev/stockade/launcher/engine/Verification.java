package dev.stockade.launcher.engine;

import dev.stockade.launcher.caps.Executable;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.FileStatus;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Claim;
import dev.stockade.launcher.plan.Claims;
import dev.stockade.launcher.plan.FinalStep;
import dev.stockade.launcher.plan.MountSlots;
import dev.stockade.launcher.plan.NamespaceKind;
import dev.stockade.launcher.plan.Reading;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.ReceiptComparison;
import dev.stockade.launcher.plan.Slot;
import dev.stockade.launcher.plan.Step;
import dev.stockade.launcher.seccomp.BpfProgram;
import dev.stockade.launcher.spec.OciProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Holds what the kernel shows of a stopped child against what its plan claims. */
final class Verification {
  private final Launch launch;
  private final Message.Stopped stopped;
  private final ProcDirectory proc;

  Verification(Launch launch, Message.Stopped stopped, ProcDirectory proc) {
    this.launch = launch;
    this.stopped = stopped;
    this.proc = proc;
  }

  private Receipt.Verification when() {
    if (launch.holds()) {
      return Receipt.Verification.HELD;
    }
    return stopped.traced() ? Receipt.Verification.BEFORE_EXEC : Receipt.Verification.AFTER_EXEC;
  }

  /**
   * The receipt. The process was alive after the last reading, so every reading is of it and of no
   * other.
   */
  Receipt receipt() throws IOException, LaunchFailure {
    try {
      Receipt receipt = read();
      if (launch.pidfd().alive()) {
        return receipt;
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ESRCH) && launch.pidfd().alive()) {
        throw e;
      }
    }
    if (when() == Receipt.Verification.AFTER_EXEC) {
      return new Receipt(Receipt.Verification.EXITED_FIRST, List.of());
    }
    throw new LaunchFailure(
        LaunchFailure.Cause.DIED, "the process was killed from outside while it was verified");
  }

  private Receipt read() throws IOException, LaunchFailure {
    LaunchSubject subject = launch.subject();
    Executable executable = launch.executable(proc);
    List<Claim> claims =
        Claims.resolve(
            Claims.of(launch.plan(), subject.spec(), executable), hostNamespaces(), this::joined);
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
        mounts(),
        image());
  }

  private Map<String, FileStatus> mounts() throws IOException {
    Map<String, FileStatus> mounts = new HashMap<>();
    for (Map.Entry<String, Slot> slot : MountSlots.of(launch.plan()).entrySet()) {
      mounts.put(slot.getKey(), launch.slots().at(slot.getValue()).status());
    }
    return mounts;
  }

  private Optional<FileStatus> image() throws IOException {
    List<Step> steps = launch.plan().child();
    Step last = steps.get(steps.size() - 1);
    return last instanceof FinalStep.ExecFd exec
        ? Optional.of(launch.slots().at(exec.image()).status())
        : Optional.empty();
  }

  private long joined(Slot slot) {
    try {
      return launch.slots().at(slot).status().inode();
    } catch (SyscallException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The namespaces a child would be in had nothing been unshared: serve's, whose mount namespace is
   * its own.
   */
  private Map<NamespaceKind, Long> hostNamespaces() throws IOException, LaunchFailure {
    Map<NamespaceKind, Long> host = new EnumMap<>(NamespaceKind.class);
    try (ProcDirectory self = ProcDirectory.open(Linux.pid());
        ProcDirectory serve = ProcDirectory.open(launch.engine().serve().pid())) {
      for (NamespaceKind kind : NamespaceKind.values()) {
        ProcDirectory of = kind == NamespaceKind.MOUNT ? serve : self;
        String link = of.readLink("ns/" + kind.procName());
        host.put(kind, Long.parseLong(link.replaceAll("[^0-9]", "")));
      }
    }
    return host;
  }
}
