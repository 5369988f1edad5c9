package dev.stockade.shim.cli;

import dev.stockade.shim.cli.manifest.ManifestRejection;
import dev.stockade.shim.cli.manifest.PodManifest;
import dev.stockade.shim.cli.manifest.PodPlace;
import dev.stockade.shim.cli.manifest.PodRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade run}. */
@Command(
    name = "run",
    sortOptions = false,
    customSynopsis = {
      "stockade run [OPTIONS] --image REF [FLAGS OF THE POD] [-- ARG...]",
      "   or: stockade run [OPTIONS] --file MANIFEST",
    },
    description = {
      "Runs a pod: one container from flags, or what a manifest says (Kubernetes v1 Pod, YAML or",
      "JSON). Prints the output and ends with the exit code. Where nothing is said, Kubernetes'",
      "defaults hold, except that seccomp is runtime-default and not unconfined. An interrupt"
          + " stops",
      "the pod, and with --rm removes it.",
    },
    exitCodeOnInvalidInput = ExitCode.NOT_THE_WORKLOAD,
    exitCodeOnExecutionException = ExitCode.NOT_THE_WORKLOAD,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0..255:the container's own; 128+n if signal n ended it; of several, the first not 0",
      "125:Stockade failed, not the container: refused, wrong usage, daemon unreachable",
      "126:the command was found but cannot be executed",
      "127:the command was not found",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade run --rm --receipt --image busybox:local -- id",
      "  stockade run --rm --image app:1 --user 1000:1000 --cap-drop ALL --no-new-privs"
          + " --read-only",
      "  stockade run --detach --name web --image app:1 --mount"
          + " type=bind,source=/srv,target=/srv,ro",
      "  stockade run --file pod.yaml",
    })
final class RunCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Parameters(
      arity = "0..*",
      paramLabel = "ARG",
      description = "Arguments in place of the image's.")
  private List<String> command = List.of();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "MANIFEST",
      description = "Pod manifest in place of the flags below; \"-\" for standard input.")
  private @Nullable String file;

  @Option(
      names = {"-d", "--detach"},
      description = "Do not wait: print the pod's id and end.")
  private boolean detach;

  @Option(names = "--rm", description = "Remove the pod when it has ended.")
  private boolean remove;

  @Option(names = "--receipt", description = "Print the receipts after the output.")
  private boolean receipt;

  @Option(
      names = "--json",
      description = "Print the outcome as JSON; the output all goes to standard error.")
  private boolean asJson;

  @Option(
      names = "--log-dir",
      paramLabel = "DIR",
      description =
          "Keep the logs in DIR/UID/CONTAINER/0.log. Default: with the pod, removed with it.")
  private @Nullable Path logBase;

  @Mixin private SeccompDirectoryOption seccompDirectory = new SeccompDirectoryOption();

  @Mixin private PodDirectoryOption podDirectory = new PodDirectoryOption();

  @ArgGroup(exclusive = false, heading = "%nFlags of the pod and its container:%n")
  private @Nullable PodFlags flags;

  RunCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws IOException {
    if (detach && (remove || receipt)) {
      throw CommandFailure.usage("--detach cannot go together with --rm or --receipt");
    }
    String uid = UUID.randomUUID().toString();
    PodDirectory directory = podDirectory.at(uid);
    try (Daemon daemon = stockade.connect()) {
      PodRequest request = request(daemon, place(uid, directory));
      request.notices().forEach(stockade.output()::notice);
      Wish wish = new Wish(detach, remove, receipt, asJson);
      return new PodSession(stockade.output(), daemon, wish, request, directory).run();
    }
  }

  /** What is to become of the pod and what of it is to be printed. */
  record Wish(boolean detach, boolean remove, boolean receipt, boolean json) {}

  private PodPlace place(String uid, PodDirectory directory) {
    Path logs = logBase == null ? directory.logs() : logBase.toAbsolutePath().resolve(uid);
    return new PodPlace(uid, logs, directory.volumes(), seccompDirectory.path());
  }

  private PodRequest request(Daemon daemon, PodPlace place) throws IOException {
    if (file == null) {
      return Optional.ofNullable(flags)
          .orElseGet(PodFlags::new)
          .toRequest(place, command, stockade.environment());
    }
    if (flags != null || !command.isEmpty()) {
      throw CommandFailure.usage("--file cannot go together with flags of the pod or a command");
    }
    try {
      return PodManifest.translate(read(file), place, NodeReport.ask(daemon));
    } catch (ManifestRejection e) {
      throw CommandFailure.usage(file + " cannot be run:\n  " + String.join("\n  ", e.problems()));
    }
  }

  private static byte[] read(String file) throws IOException {
    int most = PodManifest.MAX_BYTES + 1;
    if (file.equals("-")) {
      return System.in.readNBytes(most);
    }
    try (InputStream bytes = Files.newInputStream(Path.of(file))) {
      return bytes.readNBytes(most);
    } catch (IOException e) {
      throw CommandFailure.usage("cannot read the manifest " + file + ": " + e);
    }
  }
}
