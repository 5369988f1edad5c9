package dev.stockade.shim.cli.manifest;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.KeyValue;
import dev.stockade.cri.v1.PortMapping;
import dev.stockade.cri.v1.Protocol;
import dev.stockade.cri.v1.Signal;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One container of a manifest. */
final class ContainerFields {
  private static final Pattern VARIABLE = Pattern.compile("[^=\\x00]+");
  private static final long HIGHEST_PORT = 65535;

  private static final Map<String, Protocol> PROTOCOLS =
      Map.of("TCP", Protocol.TCP, "UDP", Protocol.UDP, "SCTP", Protocol.SCTP);

  /** Pulling is for registries, and there are none here: what is on the node is taken. */
  private static final Map<String, Boolean> PULL_POLICIES =
      Map.of("IfNotPresent", true, "Never", true);

  private static final Map<String, Signal> SIGNALS =
      Stream.of(Signal.values())
          .filter(signal -> signal.name().startsWith("SIG"))
          .collect(Collectors.toMap(Signal::name, Function.identity()));

  private final ContainerConfig.Builder config;
  private final ContainerSecurity security;
  private final ResourceAmounts resources;

  private ContainerFields(
      ContainerConfig.Builder config, ContainerSecurity security, ResourceAmounts resources) {
    this.config = config;
    this.security = security;
    this.resources = resources;
  }

  static ContainerFields read(Fields fields, PodContext pod, List<PortMapping> ports) {
    ContainerConfig.Builder config = ContainerConfig.newBuilder();
    String name = fields.requiredText("name");
    if (!name.isEmpty() && !KubeletDefaults.isLabel(name)) {
      fields.problem("name", "has to be a DNS label of small letters, digits and \"-\"");
    }
    config.getMetadataBuilder().setName(name);
    config.setLogPath(KubeletDefaults.logPath(name));
    labels(config, name, pod);
    String image = fields.requiredText("image");
    config.getImageBuilder().setImage(image).setUserSpecifiedImage(image);
    fields.choice("imagePullPolicy", PULL_POLICIES);
    command(fields, config, environment(fields, config));
    config.setWorkingDir(fields.text("workingDir").orElse(""));
    config.addAllMounts(new VolumeMounts(pod.volumes(), pod.node()).read(fields));
    streams(fields, config);
    ports(fields, ports);
    fields.ifObject("lifecycle", lifecycle -> stopSignal(lifecycle, config));
    ContainerSecurity security = ContainerSecurity.read(fields, pod);
    ResourceAmounts[] resources = {ResourceAmounts.NONE};
    fields.ifObject("resources", amounts -> resources[0] = ResourceAmounts.read(amounts));
    return new ContainerFields(config, security, resources[0]);
  }

  String name() {
    return config.getMetadata().getName();
  }

  boolean privileged() {
    return security.privileged();
  }

  ResourceAmounts resources() {
    return resources;
  }

  /** The container as it is asked of the daemon, now that its pod's class is known. */
  OneContainer toRequest(QualityOfService quality, long nodeMemory) {
    config
        .getLinuxBuilder()
        .setSecurityContext(security.toCri())
        .setResources(resources.toCri(quality.oomScoreAdj(resources, nodeMemory)));
    return new OneContainer(config.build(), security.imageUser());
  }

  private static void labels(ContainerConfig.Builder config, String name, PodContext pod) {
    config.putLabels("io.kubernetes.container.name", name);
    config.putLabels("io.kubernetes.pod.name", pod.podName());
    config.putLabels("io.kubernetes.pod.namespace", pod.podNamespace());
    config.putLabels("io.kubernetes.pod.uid", pod.place().uid());
  }

  /** Reads the environment in order: a value may refer to variables before it. */
  private static Map<String, String> environment(Fields fields, ContainerConfig.Builder config) {
    Map<String, String> variables = new LinkedHashMap<>();
    fields.each(
        "env",
        item -> {
          String name = item.requiredText("name");
          if (!name.isEmpty() && !VARIABLE.matcher(name).matches()) {
            item.problem("name", "cannot hold \"=\" or NUL");
          }
          String value = VariableExpansion.expand(item.text("value").orElse(""), variables);
          variables.put(name, value);
          config.addEnvs(
              KeyValue.newBuilder().setKey(name).setValue(ByteString.copyFromUtf8(value)));
        });
    return variables;
  }

  private static void command(
      Fields fields, ContainerConfig.Builder config, Map<String, String> variables) {
    fields.texts("command").stream()
        .map(word -> VariableExpansion.expand(word, variables))
        .forEach(config::addCommand);
    fields.texts("args").stream()
        .map(word -> VariableExpansion.expand(word, variables))
        .forEach(config::addArgs);
  }

  private static void streams(Fields fields, ContainerConfig.Builder config) {
    config.setStdin(fields.flag("stdin", false));
    config.setStdinOnce(fields.flag("stdinOnce", false));
    config.setTty(fields.flag("tty", false));
  }

  private static void ports(Fields fields, List<PortMapping> ports) {
    fields.each(
        "ports",
        item -> {
          item.text("name");
          OptionalLong container = item.number("containerPort", 1, HIGHEST_PORT);
          if (container.isEmpty()) {
            item.problem("containerPort", "is required");
          }
          OptionalLong host = item.number("hostPort", 1, HIGHEST_PORT);
          ports.add(
              PortMapping.newBuilder()
                  .setProtocol(item.choice("protocol", PROTOCOLS).orElse(Protocol.TCP))
                  .setContainerPort((int) container.orElse(1))
                  .setHostPort((int) host.orElse(0))
                  .setHostIp(item.text("hostIP").orElse(""))
                  .build());
        });
  }

  private static void stopSignal(Fields lifecycle, ContainerConfig.Builder config) {
    lifecycle.choice("stopSignal", SIGNALS).ifPresent(config::setStopSignal);
  }
}
