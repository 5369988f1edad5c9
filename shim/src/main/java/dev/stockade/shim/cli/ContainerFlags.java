package dev.stockade.shim.cli;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.Capability;
import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.KeyValue;
import dev.stockade.cri.v1.LinuxContainerResources;
import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.NamespaceOption;
import dev.stockade.shim.cli.manifest.CpuTime;
import dev.stockade.shim.cli.manifest.KubeletDefaults;
import dev.stockade.shim.cli.manifest.Quantity;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The flags of {@code run} that describe the container. */
final class ContainerFlags {
  @Option(names = "--image", paramLabel = "REF", description = "Image; has to be on the node.")
  private String image = "";

  @Option(
      names = "--entrypoint",
      paramLabel = "PROGRAM",
      defaultValue = "",
      description = "Program in place of the image's entrypoint.")
  private String entrypoint = "";

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER[:GID]",
      description = "User id or name, and group id. Default: the image's.")
  private String user = "";

  @Option(names = "--group-add", paramLabel = "GID", description = "Further group. Repeatable.")
  private List<Long> groups = List.of();

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME[=VALUE]",
      description =
          "Variable; without a value, this program's own, which keeps secrets out of the"
              + " process list. Repeatable.")
  private List<String> env = List.of();

  @Option(
      names = "--mount",
      paramLabel = "SPEC",
      description = "type=bind,source=PATH,target=PATH[,ro|rro][,propagation=rslave|rshared].")
  private List<String> mounts = List.of();

  @Option(
      names = "--cap-add",
      split = ",",
      paramLabel = "CAP",
      description = "Capability beyond the default set, or ALL. Repeatable.")
  private List<String> capAdd = List.of();

  @Option(
      names = "--cap-drop",
      split = ",",
      paramLabel = "CAP",
      description = "Capability less than the default set, or ALL. Repeatable.")
  private List<String> capDrop = List.of();

  @Option(names = "--read-only", description = "Root file system read-only.")
  private boolean readOnly;

  @Option(names = "--no-new-privs", description = "Set no_new_privs.")
  private boolean noNewPrivs;

  @Option(names = "--privileged", description = "Lift nearly every constraint.")
  private boolean privileged;

  @Option(
      names = "--seccomp",
      paramLabel = "PROFILE",
      defaultValue = "runtime-default",
      description = "runtime-default (the default), unconfined, or localhost:PATH.")
  private String seccomp = "runtime-default";

  @Option(
      names = "--apparmor",
      paramLabel = "PROFILE",
      defaultValue = "",
      description = "runtime-default, unconfined, or localhost:NAME. Default: the daemon's.")
  private String apparmor = "";

  @Option(
      names = "--memory",
      paramLabel = "AMOUNT",
      defaultValue = "",
      description = "Memory limit, as 64Mi.")
  private String memory = "";

  @Option(
      names = "--cpus",
      paramLabel = "AMOUNT",
      defaultValue = "",
      description = "CPU limit, as 1.5 or 500m.")
  private String cpus = "";

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      defaultValue = "",
      description = "Working directory. Default: the image's.")
  private String workdir = "";

  @Option(
      names = {"-t", "--tty"},
      description = "Give it a terminal; it still gets no input.")
  private boolean tty;

  boolean isPrivileged() {
    return privileged;
  }

  /** The container as it is asked of the daemon. */
  ContainerConfig toCri(
      String name, List<String> command, NamespaceOption namespaces, Map<String, String> own) {
    if (image.isEmpty()) {
      throw CommandFailure.usage("--image or --file is required");
    }
    ContainerConfig.Builder config = ContainerConfig.newBuilder();
    config.getMetadataBuilder().setName(name);
    config.getImageBuilder().setImage(image).setUserSpecifiedImage(image);
    if (!entrypoint.isEmpty()) {
      config.addCommand(entrypoint);
    }
    config.addAllArgs(command);
    config.setWorkingDir(workdir);
    config.setTty(tty);
    config.setLogPath(KubeletDefaults.logPath(name));
    env.forEach(variable -> config.addEnvs(variable(variable, own)));
    mounts.forEach(mount -> config.addMounts(MountFlag.parse(mount)));
    config.getLinuxBuilder().setSecurityContext(security(namespaces));
    if (!memory.isEmpty() || !cpus.isEmpty()) {
      config.getLinuxBuilder().setResources(resources());
    }
    return config.build();
  }

  private LinuxContainerSecurityContext security(NamespaceOption namespaces) {
    LinuxContainerSecurityContext.Builder security =
        LinuxContainerSecurityContext.newBuilder()
            .setNamespaceOptions(namespaces)
            .addAllSupplementalGroups(groups)
            .setReadonlyRootfs(readOnly)
            .setNoNewPrivs(noNewPrivs)
            .setPrivileged(privileged)
            .setSeccomp(ProfileFlag.parse("--seccomp", seccomp));
    if (!apparmor.isEmpty()) {
      security.setApparmor(ProfileFlag.parse("--apparmor", apparmor));
    }
    if (!capAdd.isEmpty() || !capDrop.isEmpty()) {
      security.setCapabilities(
          Capability.newBuilder().addAllAddCapabilities(capAdd).addAllDropCapabilities(capDrop));
    }
    if (!privileged) {
      security.addAllMaskedPaths(KubeletDefaults.MASKED_PATHS);
      security.addAllReadonlyPaths(KubeletDefaults.READ_ONLY_PATHS);
    }
    UserFlag.parse(user).into(security);
    return security.build();
  }

  private LinuxContainerResources resources() {
    LinuxContainerResources.Builder resources = LinuxContainerResources.newBuilder();
    if (!memory.isEmpty()) {
      resources.setMemoryLimitInBytes(amount("--memory", memory).units());
    }
    if (!cpus.isEmpty()) {
      CpuTime.of(amount("--cpus", cpus)).into(resources);
    }
    return resources.build();
  }

  private static Quantity amount(String flag, String text) {
    return Quantity.parse(text)
        .filter(quantity -> quantity.value().signum() > 0)
        .orElseThrow(
            () ->
                CommandFailure.usage(
                    flag + " " + text + ": write an amount more than 0, as 64Mi, 1.5 or 500m"));
  }

  private static KeyValue variable(String text, Map<String, String> own) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    if (name.isEmpty()) {
      throw CommandFailure.usage("--env: a variable without a name");
    }
    String value = equals < 0 ? own.get(name) : text.substring(equals + 1);
    if (value == null) {
      throw CommandFailure.usage("--env " + name + ": not set in this program's environment");
    }
    return KeyValue.newBuilder().setKey(name).setValue(ByteString.copyFromUtf8(value)).build();
  }
}
