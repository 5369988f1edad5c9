package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Pidfd;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.Spawn;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.linux.WaitStatus;
import dev.stockade.launcher.plan.BuildId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds a running serve of this build, or replaces one of another build, or starts one. */
final class ServeStart {
  private static final String SOCKET = "serve.sock";
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
  private static final int KILL = 9;

  private final Directory run;
  private final LauncherConfig config;
  private final Optional<String> cgroup;

  /**
   * @param cgroup the directory serve moves itself to
   */
  ServeStart(Directory run, LauncherConfig config, Optional<String> cgroup) {
    this.run = run;
    this.config = config;
    this.cgroup = cgroup;
  }

  /** A connection on which serve has said who it is. */
  record Greeted(SeqpacketSocket socket, int pid) {}

  Greeted greet() throws IOException, LaunchFailure {
    Optional<Greeted> found = find();
    if (found.isPresent()) {
      return found.get();
    }
    spawn();
    return find()
        .orElseThrow(
            () ->
                new LaunchFailure(
                    LaunchFailure.Cause.WARDEN,
                    config.warden()
                        + " was started in "
                        + run
                        + " but is of another build or does not accept this process",
                    "give this daemon the warden of build "
                        + BuildId.hex()
                        + " (warden --abi prints it)"));
  }

  /** Empty when there is none, or there was one that had to go. */
  private Optional<Greeted> find() throws IOException, LaunchFailure {
    SeqpacketSocket socket;
    try {
      socket = SeqpacketSocket.connect(run, SOCKET);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ECONNREFUSED)) {
        return Optional.empty();
      }
      throw e;
    }
    try {
      Optional<Message.Welcome> welcome = hello(socket);
      if (welcome.isPresent() && welcome.get().build().equals(BuildId.hex())) {
        return Optional.of(new Greeted(socket, welcome.get().pid()));
      }
      replace(socket, welcome);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
    socket.close();
    return Optional.empty();
  }

  private static Optional<Message.Welcome> hello(SeqpacketSocket socket) throws IOException {
    try {
      socket.send(Message.plain(Message.HELLO), List.of());
    } catch (SyscallException e) {
      if (e.is(Errno.EPIPE)) {
        return Optional.empty();
      }
      throw e;
    }
    SeqpacketSocket.Received received = socket.receive(Message.LENGTH_MAX, ANSWER_LIMIT);
    if (received.packet().isEmpty()) {
      return Optional.empty();
    }
    try (SeqpacketSocket.Packet packet = received.packet().get()) {
      ByteBuffer bytes = packet.bytes();
      boolean known = Message.type(bytes) == Message.WELCOME;
      return known ? Optional.of(Message.Welcome.read(bytes)) : Optional.empty();
    }
  }

  /**
   * One of another build is told to end; one that turns this process away, or does not answer, is
   * killed, because it obeys no other signal. Its monitors stay.
   */
  private void replace(SeqpacketSocket socket, Optional<Message.Welcome> welcome)
      throws IOException, LaunchFailure {
    int pid = welcome.isPresent() ? welcome.get().pid() : recordedPid();
    try (Pidfd process = Pidfd.open(pid)) {
      requireServe(pid);
      if (welcome.isPresent()) {
        socket.send(Message.plain(Message.QUIT), List.of());
      } else if (!process.signal(KILL)) {
        return;
      }
      if (!process.awaitExit(ANSWER_LIMIT)) {
        throw new LaunchFailure(
            LaunchFailure.Cause.WARDEN,
            "warden serve, pid " + pid + ", was told to end and did not",
            "end it by hand");
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.ESRCH)) {
        throw e;
      }
    }
  }

  private static void requireServe(int pid) throws IOException, LaunchFailure {
    if (!ServeRecord.isServe(pid)) {
      throw new LaunchFailure(
          LaunchFailure.Cause.WARDEN,
          "the serve socket answers, but pid " + pid + " is not warden serve",
          "end it by hand");
    }
  }

  private int recordedPid() throws IOException, LaunchFailure {
    return ServeRecord.read(run)
        .orElseThrow(
            () ->
                new LaunchFailure(
                    LaunchFailure.Cause.WARDEN,
                    run + "/" + ServeRecord.FILE + " holds no pid",
                    "end warden serve by hand"));
  }

  /**
   * Returns when serve listens: its first process stays until then and tells with its exit status.
   */
  private void spawn() throws IOException, LaunchFailure {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("warden", "serve", "--run-dir", config.runDirectory().toString()));
    cgroup.ifPresent(path -> arguments.addAll(List.of("--cgroup", path)));
    String own = Cgroup2.own();
    if (!own.isEmpty()) {
      arguments.addAll(List.of("--peer-cgroup", own));
    }
    int pid = Spawn.start(config.warden(), arguments, List.of());
    int code = new WaitStatus(Spawn.await(pid)).exitCode();
    if (code != 0) {
      throw new LaunchFailure(
          LaunchFailure.Cause.WARDEN,
          config.warden() + " serve ended with " + code,
          "it has said why on standard error");
    }
  }
}
