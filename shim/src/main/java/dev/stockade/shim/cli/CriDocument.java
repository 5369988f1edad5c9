package dev.stockade.shim.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Message;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.CreateContainerRequest;
import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.RunPodSandboxRequest;
import dev.stockade.shim.cli.manifest.KubeletDefaults;
import dev.stockade.shim.cli.manifest.ManifestRejection;
import dev.stockade.shim.cli.manifest.PodManifest;
import dev.stockade.shim.cli.manifest.PodRequest;
import dev.stockade.shim.cli.manifest.PodRequest.ImageUser;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.util.ArrayList;
import java.util.List;

/** Requests of the CRI in files, as {@code crictl} takes them. */
final class CriDocument {
  private final PodSandboxConfig.Builder sandbox = PodSandboxConfig.newBuilder();
  private final List<OneContainer> containers = new ArrayList<>();
  private final MessageReader reader = new MessageReader();
  private String handler = "";
  private boolean pod;

  private CriDocument() {}

  /** Whether it is a Kubernetes object and not a message of the CRI. */
  static boolean isManifest(byte[] content) throws ManifestRejection {
    JsonNode document = PodManifest.document(content);
    return document.has("kind") || document.has("apiVersion");
  }

  /** One pod with containers, each message in a file of its own or a request with both. */
  static PodRequest read(List<byte[]> contents) throws ManifestRejection {
    CriDocument document = new CriDocument();
    for (byte[] content : contents) {
      document.add(PodManifest.document(content));
    }
    List<String> problems = new ArrayList<>(document.reader.problems());
    if (!document.pod) {
      problems.add("message: there is no PodSandboxConfig; add its file");
    }
    if (!problems.isEmpty()) {
      throw ManifestRejection.of(problems);
    }
    return new PodRequest(
        document.sandbox.build(),
        document.handler,
        false,
        List.of(),
        List.of(),
        document.containers,
        KubeletDefaults.GRACE_PERIOD_SECONDS,
        List.of());
  }

  private void add(JsonNode json) {
    if (has(json, "sandbox_config", "sandboxConfig")) {
      CreateContainerRequest.Builder request = CreateContainerRequest.newBuilder();
      reader.read("", json, request);
      sandbox(request.getSandboxConfig());
      container(request.getConfig());
    } else if (json.has("config")) {
      RunPodSandboxRequest.Builder request = RunPodSandboxRequest.newBuilder();
      reader.read("", json, request);
      handler = request.getRuntimeHandler();
      sandbox(request.getConfig());
    } else if (json.has("image")) {
      ContainerConfig.Builder config = ContainerConfig.newBuilder();
      reader.read("", json, config);
      container(config.build());
    } else {
      PodSandboxConfig.Builder config = PodSandboxConfig.newBuilder();
      reader.read("", json, config);
      sandbox(config.build());
    }
  }

  private static boolean has(JsonNode json, String... names) {
    for (String name : names) {
      if (json.has(name)) {
        return true;
      }
    }
    return false;
  }

  private void sandbox(Message config) {
    pod = true;
    sandbox.clear().mergeFrom(config);
  }

  private void container(ContainerConfig config) {
    containers.add(new OneContainer(config, ImageUser.LEAVE));
  }
}
