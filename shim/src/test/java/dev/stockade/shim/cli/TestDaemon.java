package dev.stockade.shim.cli;

import dev.stockade.cri.v1.Container;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerState;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.cri.v1.ContainerStatusRequest;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.CreateContainerResponse;
import dev.stockade.cri.v1.ExecSyncRequest;
import dev.stockade.cri.v1.ExecSyncResponse;
import dev.stockade.cri.v1.ListContainersRequest;
import dev.stockade.cri.v1.ListContainersResponse;
import dev.stockade.cri.v1.ListPodSandboxRequest;
import dev.stockade.cri.v1.ListPodSandboxResponse;
import dev.stockade.cri.v1.PodSandbox;
import dev.stockade.cri.v1.PodSandboxState;
import dev.stockade.cri.v1.PodSandboxStatus;
import dev.stockade.cri.v1.PodSandboxStatusRequest;
import dev.stockade.cri.v1.PodSandboxStatusResponse;
import dev.stockade.cri.v1.RemoveContainerRequest;
import dev.stockade.cri.v1.RemoveContainerResponse;
import dev.stockade.cri.v1.RemovePodSandboxRequest;
import dev.stockade.cri.v1.RemovePodSandboxResponse;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.cri.v1.RunPodSandboxResponse;
import dev.stockade.cri.v1.RuntimeServiceGrpc;
import dev.stockade.cri.v1.StartContainerRequest;
import dev.stockade.cri.v1.StartContainerResponse;
import dev.stockade.cri.v1.StatusRequest;
import dev.stockade.cri.v1.StatusResponse;
import dev.stockade.cri.v1.StopContainerRequest;
import dev.stockade.cri.v1.StopContainerResponse;
import dev.stockade.cri.v1.StopPodSandboxRequest;
import dev.stockade.cri.v1.StopPodSandboxResponse;
import dev.stockade.cri.v1.VersionRequest;
import dev.stockade.cri.v1.VersionResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A daemon without a kernel: real messages over a real unix socket, containers that end at once
 * with the output and exit code a test chose. What it was asked is kept for the test to see.
 */
final class TestDaemon extends RuntimeServiceGrpc.RuntimeServiceImplBase {
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;
  private final Path socket;

  final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  final Map<String, PodSandbox> pods = Collections.synchronizedMap(new LinkedHashMap<>());
  final Map<String, ContainerStatus> containers =
      Collections.synchronizedMap(new LinkedHashMap<>());
  final Map<String, String> podOf = Collections.synchronizedMap(new LinkedHashMap<>());
  final List<RunPodSandboxRequest> podRequests = Collections.synchronizedList(new ArrayList<>());
  final List<ContainerConfig> containerRequests = Collections.synchronizedList(new ArrayList<>());
  final Map<String, String> info = Collections.synchronizedMap(new LinkedHashMap<>());
  final TestImages images = new TestImages();

  /** What containers write, as lines of a log. */
  volatile String output = "";

  volatile int exitCode;
  volatile Optional<Status> startFailure = Optional.empty();
  volatile ExecSyncResponse execAnswer = ExecSyncResponse.getDefaultInstance();

  /** How often a container is reported running before it has ended; -1 for always. */
  final AtomicInteger reportsRunning = new AtomicInteger();

  TestDaemon(Path directory) throws IOException {
    socket = directory.resolve("cri.sock");
    server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(loop)
            .workerEventLoopGroup(loop)
            .addService(this)
            .addService(images)
            .addService(images.imports())
            .build()
            .start();
  }

  CommandLineRun run(String... args) {
    return CommandLineRun.of(Map.of("STOCKADE_SOCKET", socket.toString()), args);
  }

  PodSandbox addPod(String id, String namespace, String name) {
    PodSandbox.Builder pod = PodSandbox.newBuilder().setId(id).setCreatedAt(1);
    pod.getMetadataBuilder().setNamespace(namespace).setName(name);
    pods.put(id, pod.build());
    return pod.build();
  }

  void addContainer(String pod, String id, String name, ContainerState state) {
    ContainerStatus.Builder status =
        ContainerStatus.newBuilder().setId(id).setState(state).setCreatedAt(1);
    status.getMetadataBuilder().setName(name);
    status.getImageBuilder().setImage("busybox:local");
    containers.put(id, status.build());
    podOf.put(id, pod);
  }

  void stop() throws InterruptedException {
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS).await(5, TimeUnit.SECONDS);
  }

  private <T> void answer(StreamObserver<T> to, String call, Supplier<T> work) {
    calls.add(call);
    try {
      T value = work.get();
      to.onNext(value);
      to.onCompleted();
    } catch (StatusRuntimeException e) {
      to.onError(e);
    }
  }

  @Override
  public void version(VersionRequest request, StreamObserver<VersionResponse> to) {
    answer(
        to,
        "Version",
        () ->
            VersionResponse.newBuilder()
                .setVersion("0.1.0")
                .setRuntimeName("stockade")
                .setRuntimeVersion("9.8.7")
                .setRuntimeApiVersion("v1")
                .build());
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> to) {
    StatusResponse.Builder response = StatusResponse.newBuilder();
    response
        .addRuntimeHandlersBuilder()
        .getFeaturesBuilder()
        .setRecursiveReadOnlyMounts(true)
        .setUserNamespaces(true);
    answer(to, "Status", response::build);
  }

  @Override
  public void runPodSandbox(
      RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> to) {
    podRequests.add(request);
    String id = "pod" + pods.size() + "0000000000000000";
    answer(
        to,
        "RunPodSandbox",
        () -> {
          PodSandbox.Builder pod = PodSandbox.newBuilder().setId(id).setCreatedAt(1);
          pod.setMetadata(request.getConfig().getMetadata());
          pods.put(id, pod.build());
          return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
        });
  }

  @Override
  public void stopPodSandbox(
      StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> to) {
    answer(
        to,
        "StopPodSandbox " + request.getPodSandboxId(),
        () -> {
          pods.computeIfPresent(
              request.getPodSandboxId(),
              (id, pod) -> pod.toBuilder().setState(PodSandboxState.SANDBOX_NOTREADY).build());
          return StopPodSandboxResponse.getDefaultInstance();
        });
  }

  @Override
  public void removePodSandbox(
      RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> to) {
    answer(
        to,
        "RemovePodSandbox " + request.getPodSandboxId(),
        () -> {
          pods.remove(request.getPodSandboxId());
          podOf.values().removeIf(request.getPodSandboxId()::equals);
          containers.keySet().retainAll(podOf.keySet());
          return RemovePodSandboxResponse.getDefaultInstance();
        });
  }

  @Override
  public void podSandboxStatus(
      PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> to) {
    answer(
        to,
        "PodSandboxStatus",
        () -> {
          PodSandbox pod = pods.get(request.getPodSandboxId());
          if (pod == null) {
            throw Status.NOT_FOUND.withDescription("no such pod").asRuntimeException();
          }
          return PodSandboxStatusResponse.newBuilder()
              .setStatus(
                  PodSandboxStatus.newBuilder().setId(pod.getId()).setMetadata(pod.getMetadata()))
              .putAllInfo(request.getVerbose() ? info : Map.of())
              .build();
        });
  }

  @Override
  public void listPodSandbox(
      ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> to) {
    answer(
        to,
        "ListPodSandbox",
        () -> ListPodSandboxResponse.newBuilder().addAllItems(List.copyOf(pods.values())).build());
  }

  @Override
  public void createContainer(
      CreateContainerRequest request, StreamObserver<CreateContainerResponse> to) {
    containerRequests.add(request.getConfig());
    String id = "container" + containers.size() + "00000000";
    answer(
        to,
        "CreateContainer",
        () -> {
          ContainerConfig config = request.getConfig();
          containers.put(
              id,
              ContainerStatus.newBuilder()
                  .setId(id)
                  .setMetadata(config.getMetadata())
                  .setImage(config.getImage())
                  .setCreatedAt(1)
                  .setLogPath(
                      request.getSandboxConfig().getLogDirectory() + "/" + config.getLogPath())
                  .build());
          podOf.put(id, request.getPodSandboxId());
          return CreateContainerResponse.newBuilder().setContainerId(id).build();
        });
  }

  @Override
  public void startContainer(
      StartContainerRequest request, StreamObserver<StartContainerResponse> to) {
    answer(
        to,
        "StartContainer",
        () -> {
          String id = request.getContainerId();
          startFailure.ifPresent(
              failure -> {
                containers.computeIfPresent(
                    id,
                    (key, status) ->
                        status.toBuilder()
                            .setState(ContainerState.CONTAINER_EXITED)
                            .setFinishedAt(2)
                            .setExitCode(exitCode)
                            .setReason("StartError")
                            .build());
                throw failure.asRuntimeException();
              });
          containers.computeIfPresent(
              id,
              (key, status) ->
                  status.toBuilder().setState(ContainerState.CONTAINER_RUNNING).build());
          writeLog(Objects.requireNonNull(containers.get(id)));
          return StartContainerResponse.getDefaultInstance();
        });
  }

  private void writeLog(ContainerStatus status) {
    try {
      Path log = Path.of(status.getLogPath());
      Files.writeString(log, output, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw Status.INTERNAL.withDescription("log: " + e).asRuntimeException();
    }
  }

  private static ContainerStatus ended(ContainerStatus status, int code) {
    return status.toBuilder()
        .setState(ContainerState.CONTAINER_EXITED)
        .setFinishedAt(2)
        .setExitCode(code)
        .setReason(code == 0 ? "Completed" : "Error")
        .build();
  }

  @Override
  public void stopContainer(
      StopContainerRequest request, StreamObserver<StopContainerResponse> to) {
    answer(
        to,
        "StopContainer " + request.getContainerId() + " " + request.getTimeout(),
        () -> {
          containers.computeIfPresent(request.getContainerId(), (id, status) -> ended(status, 143));
          return StopContainerResponse.getDefaultInstance();
        });
  }

  @Override
  public void removeContainer(
      RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> to) {
    answer(
        to,
        "RemoveContainer " + request.getContainerId(),
        () -> {
          containers.remove(request.getContainerId());
          return RemoveContainerResponse.getDefaultInstance();
        });
  }

  @Override
  public void listContainers(
      ListContainersRequest request, StreamObserver<ListContainersResponse> to) {
    answer(
        to,
        "ListContainers",
        () -> {
          ListContainersResponse.Builder all = ListContainersResponse.newBuilder();
          containers.forEach(
              (id, status) ->
                  all.addContainers(
                      Container.newBuilder()
                          .setId(id)
                          .setPodSandboxId(podOf.getOrDefault(id, ""))
                          .setMetadata(status.getMetadata())
                          .setImage(status.getImage())
                          .setState(status.getState())
                          .setCreatedAt(status.getCreatedAt())));
          return all.build();
        });
  }

  @Override
  public void containerStatus(
      ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> to) {
    answer(
        to,
        "ContainerStatus",
        () -> {
          ContainerStatus status = containers.get(request.getContainerId());
          if (status == null) {
            throw Status.NOT_FOUND.withDescription("no such container").asRuntimeException();
          }
          ContainerStatusResponse response =
              ContainerStatusResponse.newBuilder()
                  .setStatus(status)
                  .putAllInfo(request.getVerbose() ? info : Map.of())
                  .build();
          if (status.getState() == ContainerState.CONTAINER_RUNNING
              && reportsRunning.getAndUpdate(n -> n > 0 ? n - 1 : n) == 0) {
            containers.put(status.getId(), ended(status, exitCode));
          }
          return response;
        });
  }

  @Override
  public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> to) {
    answer(
        to,
        "ExecSync " + request.getCmdList() + " " + request.getTimeout(),
        () -> {
          if (execAnswer.getExitCode() < 0) {
            throw Status.DEADLINE_EXCEEDED.withDescription("took too long").asRuntimeException();
          }
          return execAnswer;
        });
  }
}
