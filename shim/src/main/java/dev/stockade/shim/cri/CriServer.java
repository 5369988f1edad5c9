package dev.stockade.shim.cri;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Serves the protocol on a unix socket that only root can open. */
public final class CriServer implements AutoCloseable {
  private static final int MAX_CALLS_PER_CONNECTION = 1024;
  private static final int EVENT_THREADS = 1;
  private static final int GRACE_SECONDS = 5;

  /** Held so that its level stays: the transport warns of options that unix sockets do not have. */
  private static final Logger TRANSPORT_LOG = Logger.getLogger("io.grpc.netty");

  private final SocketFile file;
  private final MultiThreadIoEventLoopGroup loops;
  private final Server server;

  private CriServer(SocketFile file, MultiThreadIoEventLoopGroup loops, Server server) {
    this.file = file;
    this.loops = loops;
    this.server = server;
  }

  /**
   * Starts to serve.
   *
   * @param messageBytes the largest request
   * @param executor does the calls' work
   * @throws IOException also when another daemon answers at the socket
   */
  public static CriServer start(
      Path socket, int messageBytes, List<BindableService> services, Executor executor)
      throws IOException {
    TRANSPORT_LOG.setLevel(Level.SEVERE);
    SocketFile file = new SocketFile(socket);
    MultiThreadIoEventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            EVENT_THREADS, new DefaultThreadFactory("cri-io", true), NioIoHandler.newFactory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(file.bindAt()))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(loops)
            .workerEventLoopGroup(loops)
            .executor(executor)
            .maxInboundMessageSize(messageBytes)
            .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION);
    services.forEach(builder::addService);
    Server server = builder.build();
    try {
      server.start();
      file.publish();
      return new CriServer(file, loops, server);
    } catch (IOException e) {
      server.shutdownNow();
      var unused = loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw e;
    }
  }

  /** Takes no more calls, lets those under way end for a moment, then cancels them. */
  @Override
  public void close() throws IOException {
    file.remove();
    server.shutdown();
    try {
      if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow().awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
