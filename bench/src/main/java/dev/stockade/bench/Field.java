package dev.stockade.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cri.v1.ContainerStatusResponse;
import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.ProfileException;
import dev.stockade.launcher.seccomp.SeccompCompiler;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.launcher.spec.OciSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Whom the daemon is measured beside, all given what a container of its own was given. */
final class Field implements AutoCloseable {
  private static final Path POD_SEEN = Path.of("/mnt");

  private final List<TimedProcess> others = new ArrayList<>();

  private Field() {}

  /**
   * Starts the others.
   *
   * @param model verbose status of a container that runs in the pod
   */
  static Field prepare(
      Arguments arguments, ContainerStatusResponse model, String pod, String program)
      throws IOException, ProfileException {
    Field field = new Field();
    try {
      JsonNode info = new ObjectMapper().readTree(model.getInfoOrThrow("info"));
      String json = info.get("runtimeSpec").toString();
      OciSpec spec = OciJson.read(json.getBytes(StandardCharsets.UTF_8));
      Path podDirectory = arguments.path("run").resolve("pods").resolve(pod);
      field.peers(arguments, spec, podDirectory, program);
      field.floor(arguments, spec, podDirectory, program);
      return field;
    } catch (IOException | ProfileException | RuntimeException e) {
      field.close();
      throw e;
    }
  }

  List<TimedProcess> others() {
    return others;
  }

  private void peers(Arguments arguments, OciSpec spec, Path pod, String program)
      throws IOException {
    Optional<Path> root = arguments.optionalPath("peers");
    if (root.isEmpty()) {
      return;
    }
    Path bundle = arguments.path("bundle");
    new PeerBundle(pod, POD_SEEN).write(spec, root.get().resolve(bundle), program);
    String inside = "/" + bundle;
    for (List<String> peer :
        List.of(List.of("crun"), List.of("crun", "--cgroup-manager=disabled"), List.of("runc"))) {
      List<String> command = new ArrayList<>();
      command.add(arguments.text("enter"));
      command.addAll(List.of(root.get().toString(), pod.toString(), inside + "/stopwatch"));
      command.addAll(peer);
      command.addAll(List.of("--root", "/run/bench", "run", "--bundle", inside, "%"));
      others.add(new TimedProcess(String.join(" ", peer) + " run", command));
    }
  }

  private void floor(Arguments arguments, OciSpec spec, Path pod, String program)
      throws IOException, ProfileException {
    Arch arch = System.getProperty("os.arch", "").equals("aarch64") ? Arch.AARCH64 : Arch.X86_64;
    Path filter = arguments.path("work").resolve("filter");
    var profile = Objects.requireNonNull(Objects.requireNonNull(spec.linux()).seccomp());
    Files.write(filter, SeccompCompiler.compile(profile, arch).bytes());
    Path work = Files.createDirectory(arguments.path("work").resolve("floor-work"));
    others.add(
        new TimedProcess(
            "floor",
            List.of(
                arguments.text("floor"),
                arguments.text("rootfs"),
                work.toString(),
                pod.toString(),
                arguments.text("cgroup"),
                pod.resolve("ns/net").toString(),
                pod.resolve("ns/ipc").toString(),
                pod.resolve("ns/uts").toString(),
                filter.toString(),
                program)));
  }

  @Override
  public void close() throws IOException {
    for (TimedProcess other : others) {
      other.close();
    }
  }
}
