package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ImageServiceGrpc;
import dev.stockade.cri.v1.RuntimeServiceGrpc;
import dev.stockade.v1.ImagePullGrpc;
import dev.stockade.v1.ImageStoreGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A connection to the daemon's socket, made with the first call. */
final class Daemon implements AutoCloseable {
  /** As long as a kubelet waits for one call by default. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** ExecSync answers with up to 16 MiB for each of two streams. */
  private static final int MAX_MESSAGE = 40 << 20;

  /** Held so that its level stays: the transport warns of options unix sockets do not have. */
  private static final Logger TRANSPORT_LOG = Logger.getLogger("io.grpc");

  private final Path socket;
  private final MultiThreadIoEventLoopGroup loop;
  private final ManagedChannel channel;

  Daemon(Path socket) {
    TRANSPORT_LOG.setLevel(Level.OFF);
    this.socket = socket;
    this.loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("stockade-client", true), NioIoHandler.newFactory());
    this.channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .eventLoopGroup(loop)
            .channelType(NioDomainSocketChannel.class)
            .overrideAuthority("localhost")
            .usePlaintext()
            .directExecutor()
            .disableRetry()
            .disableServiceConfigLookUp()
            .maxInboundMessageSize(MAX_MESSAGE)
            .build();
  }

  /** CRI's runtime service; a call fails after two minutes. */
  RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
    return runtime(Duration.ZERO);
  }

  /** CRI's runtime service with time for something that may itself take {@code extra}. */
  RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime(Duration extra) {
    return RuntimeServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE.plus(extra).toMillis(), TimeUnit.MILLISECONDS);
  }

  /** CRI's runtime service for a call that may last for ever. */
  RuntimeServiceGrpc.RuntimeServiceBlockingStub patientRuntime() {
    return RuntimeServiceGrpc.newBlockingStub(channel);
  }

  /** CRI's image service. */
  ImageServiceGrpc.ImageServiceBlockingStub images() {
    return ImageServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Pulls, which last as long as a transfer goes on. */
  ImagePullGrpc.ImagePullBlockingStub pulls() {
    return ImagePullGrpc.newBlockingStub(channel);
  }

  /** The image store; a call fails after two minutes. */
  ImageStoreGrpc.ImageStoreBlockingStub imageStore() {
    return patientImageStore().withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The image store for a call that lasts as long as there is something to do. */
  ImageStoreGrpc.ImageStoreBlockingStub patientImageStore() {
    return ImageStoreGrpc.newBlockingStub(channel);
  }

  /** The channel, for services of our own beside CRI. */
  ManagedChannel channel() {
    return channel;
  }

  /**
   * Makes one call.
   *
   * @param attempt what is asked, completing "cannot ..."
   * @throws CommandFailure when the call fails, saying what was attempted and the daemon's answer
   */
  <T> T ask(String attempt, Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw failure(attempt, e);
    }
  }

  /** The failure a call's status means for the person at the command line. */
  CommandFailure failure(String attempt, StatusRuntimeException e) {
    Status status = e.getStatus();
    if (status.getCode() == Status.Code.UNAVAILABLE && status.getCause() instanceof IOException) {
      return unreachable((IOException) status.getCause(), e);
    }
    String description =
        status.getDescription() == null ? "no reason given" : status.getDescription();
    String message = "cannot " + attempt + ": " + description + " (" + status.getCode() + ")";
    return new CommandFailure(ExitCode.FAILED, message, e);
  }

  private CommandFailure unreachable(IOException cause, StatusRuntimeException e) {
    String what =
        Files.exists(socket)
            ? "nobody answers at " + socket + " (" + cause.getMessage() + ")"
            : "there is no socket " + socket;
    String advice = "start the daemon with \"stockade serve\", or name its socket with --socket";
    return new CommandFailure(ExitCode.UNREACHABLE, what + "; " + advice, e);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
  }
}
