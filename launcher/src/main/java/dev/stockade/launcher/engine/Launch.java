package dev.stockade.launcher.engine;

import dev.stockade.launcher.caps.Executable;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.Memfd;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.ProcDirectory;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SeqpacketSocket.Arrival;
import dev.stockade.launcher.linux.SeqpacketSocket.Packet;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.Constraint;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.FinalStep;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchPlan;
import dev.stockade.launcher.plan.PlanEncoder;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.spec.OciLinux;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One launch, from descriptors to a verdict that was carried out. Used by one thread, once. */
final class Launch {
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  /** Beyond the time of a hook: for warden to end it, and for the verification. */
  private static final int VERDICT_SECONDS = 20;

  private final Engine engine;
  private final LaunchPlan plan;
  private final LaunchSubject subject;
  private final LaunchFiles files;
  private final long deadline;
  private final List<byte[]> filters = new ArrayList<>();
  private Optional<ContainerCgroup> cgroup = Optional.empty();
  private @Nullable SlotTable slots;
  private @Nullable SeqpacketSocket socket;
  private @Nullable Pidfd pidfd;
  private @Nullable Fd listener;
  private @Nullable Monitor monitor;
  private Message.@Nullable Stopped stopped;
  private @Nullable Expectation expected;
  private Serve.@Nullable Sent order;

  Launch(Engine engine, LaunchPlan plan, LaunchSubject subject, LaunchFiles files) {
    this.engine = engine;
    this.plan = plan;
    this.subject = subject;
    this.files = files;
    this.deadline = System.nanoTime() + engine.launchLimit().toNanos();
  }

  /** Work on a stopped child whose receipt is good, before it is released. */
  @FunctionalInterface
  interface BeforeRelease<T> {
    T run(ProcDirectory proc) throws IOException;
  }

  RunningProcess run(StartHooks hooks) throws LaunchFailure {
    RunningProcess process = release(verified(Optional.of(hooks), proc -> true).receipt());
    hooks.afterRelease(process);
    return process;
  }

  /** What was verified, and what was done before the release. */
  record Verified<T>(Receipt receipt, T result) {}

  /** Launches up to a good receipt; on any failure nothing is left. */
  <T> Verified<T> verified(BeforeRelease<T> work) throws LaunchFailure {
    return verified(Optional.empty(), work);
  }

  private <T> Verified<T> verified(Optional<StartHooks> hooks, BeforeRelease<T> work)
      throws LaunchFailure {
    try {
      Verification.requirePossible(this);
      begin();
      expected = Expectation.of(this);
      Message.Stopped stop = awaitStopped();
      stopped = stop;
      Verification.requireStop(this, stop);
      if (hooks.isPresent()) {
        hooks.get().whileHeld(stop, pidfd(), this::postpone);
      }
      try (ProcDirectory proc = Verification.look(this, stop)) {
        Receipt receipt = new Verification(this, stop, proc).receipt();
        if (!receipt.passed()) {
          throw LaunchFailure.mismatch(receipt);
        }
        if (listener != null) {
          SeccompAgent.tell(subject, stop.pid(), listener);
        }
        return new Verified<>(receipt, work.run(proc));
      }
    } catch (IOException e) {
      throw abandoned(new LaunchFailure(LaunchFailure.Cause.PREPARATION, message(e), e));
    } catch (LaunchFailure e) {
      throw abandoned(e);
    } catch (RuntimeException e) {
      throw abandoned(new LaunchFailure(LaunchFailure.Cause.PREPARATION, e.toString(), e));
    }
  }

  /** The monitor kills a process whose verdict does not come in time. */
  private void postpone(Duration limit) throws IOException {
    int seconds = (int) limit.toSeconds() + VERDICT_SECONDS;
    java.util.Objects.requireNonNull(socket).send(Message.later(seconds), List.of());
  }

  private static String message(Exception e) {
    return String.valueOf(e.getMessage());
  }

  LaunchPlan plan() {
    return plan;
  }

  LaunchSubject subject() {
    return subject;
  }

  Engine engine() {
    return engine;
  }

  Optional<ContainerCgroup> cgroup() {
    return cgroup;
  }

  List<byte[]> filters() {
    return filters;
  }

  boolean holds() {
    return !plan.child().isEmpty()
        && plan.child().get(plan.child().size() - 1) instanceof FinalStep.Hold;
  }

  Pidfd pidfd() {
    return java.util.Objects.requireNonNull(pidfd);
  }

  /** Inode of the mount namespace that the monitor was born in. */
  Serve.Origin origin() {
    return java.util.Objects.requireNonNull(order).origin();
  }

  Message.Stopped stopped() {
    return java.util.Objects.requireNonNull(stopped);
  }

  Expectation expected() {
    return java.util.Objects.requireNonNull(expected);
  }

  SlotTable slots() {
    return java.util.Objects.requireNonNull(slots);
  }

  private void begin() throws IOException, LaunchFailure {
    byte[] bytes = PlanEncoder.encode(plan);
    cgroup = openCgroup();
    MountSources mounts =
        new MountSources(engine.idMaps(), subject.detachedLayers(), engine.privateDirectory());
    Preparation preparation =
        new Preparation(engine, mounts, files, cgroup.map(ContainerCgroup::cgroup));
    SlotTable table = preparation.open(plan);
    slots = table;
    requireTarget();
    try (Fd memfd = Memfd.sealed("plan", bytes)) {
      SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
      socket = pair.near();
      try (SeqpacketSocket far = pair.far()) {
        List<Fd> descriptors = new ArrayList<>();
        descriptors.add(memfd);
        descriptors.add(far.fd());
        descriptors.addAll(table.supplied());
        order = engine.serve().send(Message::launch, descriptors);
      }
    }
  }

  /** If it has ended, what was opened may be the namespaces of whoever has its pid now. */
  private void requireTarget() throws IOException, LaunchFailure {
    if (files.target().isPresent() && !files.target().get().pidfd().alive()) {
      throw new LaunchFailure(
          LaunchFailure.Cause.PREPARATION, files.target().get().id() + " is not running any more");
    }
  }

  private Optional<ContainerCgroup> openCgroup() throws IOException, LaunchFailure {
    boolean events = plan.slots().stream().anyMatch(FdSource.MemoryEvents.class::isInstance);
    boolean born = plan.slots().stream().anyMatch(FdSource.CgroupDirectory.class::isInstance);
    OciLinux linux = subject.spec().linux();
    if (linux == null || !(events || born)) {
      return Optional.empty();
    }
    return Optional.of(
        subject.kind() == LaunchKind.EXEC
            ? ContainerCgroup.open(engine.hierarchy(), linux.cgroupsPath())
            : ContainerCgroup.make(
                engine.hierarchy(),
                linux.cgroupsPath(),
                linux.resources(),
                events ? Set.of("memory") : Set.of(),
                subject.mayDegrade().contains(Constraint.CGROUP_LIMIT)));
  }

  private Duration left() {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  /** The next packet of the monitor; empty at the end of the conversation. */
  private Optional<Packet> next(Duration limit) throws IOException, LaunchFailure {
    SeqpacketSocket.Received received =
        java.util.Objects.requireNonNull(socket).receive(Message.LENGTH_MAX, limit);
    if (received.arrival() == Arrival.NOTHING_YET) {
      throw new LaunchFailure(
          LaunchFailure.Cause.WARDEN,
          "the launch took longer than " + engine.launchLimit() + " and was given up");
    }
    return received.packet();
  }

  private LaunchFailure ended() {
    String why =
        Optional.ofNullable(order)
            .flatMap(sent -> engine.serve().refusal(sent.tag()))
            .map(errno -> "warden could not fork: " + errno.meaning())
            .orElse("the monitor ended without a word");
    return new LaunchFailure(LaunchFailure.Cause.WARDEN, why);
  }

  private Message.Stopped awaitStopped() throws IOException, LaunchFailure {
    while (true) {
      Optional<Packet> received = next(left());
      if (received.isEmpty()) {
        throw ended();
      }
      try (Packet packet = received.get()) {
        switch (Message.type(packet.bytes())) {
          case Message.FILTER -> filters.add(Message.filter(packet.bytes()));
          case Message.LISTENER -> listener = packet.take().orElseThrow(this::ended);
          case Message.FAILED -> throw FailureText.of(Message.Failed.read(packet.bytes()), plan);
          case Message.STOPPED -> {
            pidfd = packet.take().map(Pidfd::of).orElseThrow(this::ended);
            return Message.Stopped.read(packet.bytes());
          }
          default ->
              throw new LaunchFailure(
                  LaunchFailure.Cause.WARDEN, "the monitor sent a message of another protocol");
        }
      }
    }
  }

  /** Lets the verified child go. */
  RunningProcess release(Receipt receipt) throws LaunchFailure {
    try {
      slots().closeSupplied();
      SeqpacketSocket link = java.util.Objects.requireNonNull(socket);
      allow(link);
      Optional<ExitStatus> early = awaitRunning();
      Monitor follower =
          early.isPresent()
              ? Monitor.ended(link, early.get())
              : Monitor.follow(link, engine.poller());
      monitor = follower;
      return process(receipt, follower);
    } catch (IOException e) {
      throw abandoned(new LaunchFailure(LaunchFailure.Cause.WARDEN, message(e), e));
    } catch (LaunchFailure e) {
      throw abandoned(e);
    } catch (RuntimeException e) {
      throw abandoned(new LaunchFailure(LaunchFailure.Cause.WARDEN, e.toString(), e));
    }
  }

  /** A monitor whose child was killed at the stop has ended; why is the last it said. */
  private static void allow(SeqpacketSocket link) throws SyscallException {
    try {
      link.send(Message.verdict(true), List.of());
    } catch (SyscallException e) {
      if (!e.is(Errno.EPIPE)) {
        throw e;
      }
    }
  }

  private Optional<ExitStatus> awaitRunning() throws IOException, LaunchFailure {
    Optional<Packet> received = next(END_LIMIT);
    if (received.isEmpty()) {
      throw ended();
    }
    try (Packet packet = received.get()) {
      return switch (Message.type(packet.bytes())) {
        case Message.RUNNING -> Optional.empty();
        case Message.EXITED -> Optional.of(Message.exited(packet.bytes()));
        case Message.FAILED -> throw FailureText.of(Message.Failed.read(packet.bytes()), plan);
        default -> throw ended();
      };
    }
  }

  private RunningProcess process(Receipt receipt, Monitor follower) {
    Message.Stopped stop = stopped();
    Ending ending = new Ending(engine, pidfd(), cgroup, files.directory(), subject.id());
    RunningProcess process =
        new RunningProcess(
            subject.id(),
            stop.pid(),
            pidfd(),
            Optional.of(receipt),
            follower,
            cgroup,
            ending.of(follower));
    for (FdSource.Stream stream : FdSource.Stream.values()) {
      slots().takeKept(stream).ifPresent(end -> process.stream(stream, end));
    }
    if (listener != null) {
      listener.close();
    }
    return process;
  }

  /**
   * Nothing of the launch stays: the child is killed and reaped, its cgroup removed, every
   * descriptor closed.
   */
  LaunchFailure abandoned(LaunchFailure failure) {
    try {
      if (socket != null) {
        endChild(socket);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    try {
      if (cgroup.isPresent()) {
        cgroup.get().dispose();
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    closeAll();
    return failure;
  }

  /** The monitor kills and reaps the child when the verdict is no, or when its engine is gone. */
  private void endChild(SeqpacketSocket link) throws IOException {
    if ((pidfd != null && !pidfd.signal(9)) || monitor != null) {
      return;
    }
    try {
      link.send(Message.verdict(false), List.of());
    } catch (SyscallException e) {
      return; // It has ended.
    }
    SeqpacketSocket.Received received;
    long limit = System.nanoTime() + END_LIMIT.toNanos();
    do {
      Duration left = Duration.ofNanos(Math.max(1, limit - System.nanoTime()));
      received = link.receive(Message.LENGTH_MAX, left);
      received.packet().ifPresent(Packet::close);
    } while (received.arrival() == Arrival.PACKET);
  }

  private void closeAll() {
    if (slots != null) {
      slots.close();
    }
    if (monitor != null) {
      monitor.close();
    } else if (socket != null) {
      socket.close();
    }
    if (pidfd != null) {
      pidfd.close();
    }
    if (listener != null) {
      listener.close();
    }
    cgroup.ifPresent(ContainerCgroup::close);
  }

  Executable executable(ProcDirectory proc) throws IOException {
    return holds() ? Executable.PLAIN : ExecutedFile.of(proc);
  }
}
