package dev.stockade.shim.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerMetadata;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.ExecSyncRequest;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.ImageServiceGrpc;
import dev.stockade.cri.v1.ImageSpec;
import dev.stockade.cri.v1.LinuxPodSandboxConfig;
import dev.stockade.cri.v1.LinuxSandboxSecurityContext;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.NamespaceMode;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import dev.stockade.cri.v1.PodSandboxState;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.RemoveContainerRequest;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.cri.v1.RemovePodSandboxRequest;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.RuntimeServiceGrpc;
import dev.stockade.cri.v1.StartContainerRequest;
import dev.stockade.cri.v1.StopContainerRequest;
import dev.stockade.cri.v1.StopPodSandboxRequest;
import dev.stockade.v1.CollectRequest;
import dev.stockade.v1.CollectedPart;
import dev.stockade.v1.ImageImportGrpc;
import dev.stockade.v1.ImageStoreGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A kubelet that asks for little. */
public final class CriClient implements AutoCloseable {
  public static final String IMAGE = "docker.io/library/busybox:local";

  /** Both streams of a command, and what is around them. */
  private static final int LARGEST_ANSWER = 33 << 20;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ManagedChannel channel;
  private final Path logs;

  public CriClient(Path socket, Path logs) {
    this.logs = logs;
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .eventLoopGroup(loop)
            .channelType(NioDomainSocketChannel.class)
            .overrideAuthority("localhost")
            .usePlaintext()
            .maxInboundMessageSize(LARGEST_ANSWER)
            .build();
  }

  public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
    return RuntimeServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  public ImageServiceGrpc.ImageServiceBlockingStub images() {
    return ImageServiceGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  public ImageImportGrpc.ImageImportStub imports() {
    return ImageImportGrpc.newStub(channel);
  }

  /** What the store's collection of garbage finds, which it deletes. */
  List<CollectedPart> collect(boolean unused) {
    return ImageStoreGrpc.newBlockingStub(channel)
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .collect(CollectRequest.newBuilder().setUnused(unused).build())
        .getPartsList();
  }

  /** A pod with the host's network and containers with PID namespaces of their own. */
  public PodSandboxConfig.Builder pod(String name) {
    NamespaceOption.Builder namespaces =
        NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE).setPid(NamespaceMode.CONTAINER);
    return pod(name, namespaces);
  }

  public PodSandboxConfig.Builder pod(String name, NamespaceOption.Builder namespaces) {
    return PodSandboxConfig.newBuilder()
        .setMetadata(
            PodSandboxMetadata.newBuilder()
                .setName(name)
                .setNamespace("default")
                .setUid("uid-" + name))
        .setLogDirectory(logs.resolve(name).toString())
        .setLinux(
            LinuxPodSandboxConfig.newBuilder()
                .setSecurityContext(
                    LinuxSandboxSecurityContext.newBuilder().setNamespaceOptions(namespaces)));
  }

  public String run(PodSandboxConfig.Builder pod) {
    return runtime()
        .runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(pod).build())
        .getPodSandboxId();
  }

  public ContainerConfig.Builder container(String name, String... command) {
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setImage(ImageSpec.newBuilder().setImage(IMAGE))
        .addAllCommand(List.of(command))
        .setLogPath(name + ".log");
  }

  /** A container in a pod whose containers have PID namespaces of their own. */
  public String create(String pod, ContainerConfig.Builder container) {
    var linux = container.getLinuxBuilder().getSecurityContextBuilder();
    if (!linux.hasNamespaceOptions()) {
      linux.setNamespaceOptions(NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER));
    }
    return createAsIs(pod, container);
  }

  public String createAsIs(String pod, ContainerConfig.Builder container) {
    return runtime()
        .createContainer(
            CreateContainerRequest.newBuilder().setPodSandboxId(pod).setConfig(container).build())
        .getContainerId();
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  public void start(String container) {
    runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(container).build());
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  public void stop(String container, long seconds) {
    runtime()
        .stopContainer(
            StopContainerRequest.newBuilder()
                .setContainerId(container)
                .setTimeout(seconds)
                .build());
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  public void remove(String container) {
    runtime()
        .removeContainer(RemoveContainerRequest.newBuilder().setContainerId(container).build());
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  public void removeImage(String image) {
    images()
        .removeImage(
            RemoveImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(image))
                .build());
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  public void stopPod(String pod) {
    runtime().stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
  }

  @SuppressWarnings("CheckReturnValue") // The answer is empty.
  public void removePod(String pod) {
    runtime().removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod).build());
  }

  /** After a test that failed there may be something. */
  public void removeEverything() {
    runtime()
        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
        .getItemsList()
        .forEach(pod -> removePod(pod.getId()));
  }

  public boolean isReady(String pod) {
    return runtime()
            .podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(pod).build())
            .getStatus()
            .getState()
        == PodSandboxState.SANDBOX_READY;
  }

  public ContainerStatus status(String container) {
    return verbose(container).getStatus();
  }

  public ContainerStatusResponse verbose(String container) {
    return runtime()
        .containerStatus(
            ContainerStatusRequest.newBuilder().setContainerId(container).setVerbose(true).build());
  }

  /** Its process as the host numbers it, 0 when it does not run. */
  public int pid(String container) throws IOException {
    return info(verbose(container).getInfoMap()).path("pid").asInt();
  }

  /** What was asked of a container and what the kernel showed. */
  public JsonNode receipt(String container) throws IOException {
    return new ObjectMapper().readTree(verbose(container).getInfoOrThrow("receipt"));
  }

  public static JsonNode info(Map<String, String> verbose) throws IOException {
    return new ObjectMapper().readTree(verbose.get("info"));
  }

  public ContainerStatus awaitEnd(String container) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      ContainerStatus status = status(container);
      if (status.getState() == ContainerState.CONTAINER_EXITED) {
        return status;
      }
      if (System.nanoTime() > end) {
        throw new AssertionError("container did not end: " + status);
      }
      Thread.sleep(20);
    }
  }

  public ExecSyncResponse exec(String container, long timeout, String... command) {
    return runtime()
        .execSync(
            ExecSyncRequest.newBuilder()
                .setContainerId(container)
                .setTimeout(timeout)
                .addAllCmd(List.of(command))
                .build());
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
