package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.shim.cli.manifest.ManifestRejection;
import dev.stockade.shim.cli.manifest.NodeFacts;
import dev.stockade.shim.cli.manifest.PodManifest;
import dev.stockade.shim.cli.manifest.PodPlace;
import dev.stockade.shim.cli.manifest.PodRequest;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.ConfigException;
import dev.stockade.shim.config.ConfigLoader;
import dev.stockade.shim.explain.Explanation;
import dev.stockade.shim.explain.NodeExplainer;
import dev.stockade.shim.image.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade explain}. */
@Command(
    name = "explain",
    sortOptions = false,
    description = {
      "Tells what a pod would come to on this node, without making anything: each constraint with",
      "what gave it, the OCI spec, the launch plan, and what may surprise. Needs no daemon; beside one",
      "it goes by the capabilities and labels that one has.",
      "FILE is a Kubernetes v1 Pod in YAML or JSON, or CRI messages as crictl takes them in JSON: a",
      "PodSandboxConfig and any ContainerConfigs, or a CreateContainerRequest. \"-\" is standard"
          + " input.",
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:it would start here",
      "1:it would be refused; the output says why",
      "2:wrong usage, or a file that is no manifest and no message",
      "4:nothing is in the way but an image that is not on this node",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade explain pod.yaml",
      "  stockade explain --plan pod.yaml",
      "  stockade explain --json pod-config.json container-config.json",
    })
final class ExplainCommand implements Callable<Integer> {
  /** A uid as those of pods look, of a pod that nobody makes. */
  private static final String UID = "00000000-0000-4000-8000-000000000000";

  private final Stockade stockade;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "What to explain.")
  private List<String> files = List.of();

  @Option(names = "--spec", description = "Print the OCI spec of each container too.")
  private boolean spec;

  @Option(names = "--plan", description = "Print the launch plan of each container too.")
  private boolean plan;

  @Option(names = "--json", description = "Print all of it as JSON.")
  private boolean asJson;

  @Mixin private SeccompDirectoryOption seccompDirectory = new SeccompDirectoryOption();

  @Mixin private PodDirectoryOption podDirectory = new PodDirectoryOption();

  ExplainCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws IOException {
    RootUser.require("stockade explain");
    PodDirectory directory = podDirectory.at(UID);
    Config config = config();
    Path warden = WardenPath.of(config, stockade.environment());
    try (NodeExplainer node = NodeExplainer.open(config, directory.volumes(), warden)) {
      PodRequest request = request(node, directory);
      Explanation explanation = explain(node, request);
      ExplanationView view = new ExplanationView(explanation, spec, plan);
      if (asJson) {
        stockade.output().out().println(view.json());
      } else {
        request.notices().forEach(stockade.output()::notice);
        view.print(stockade.output());
      }
      return code(explanation);
    } catch (ImageException e) {
      throw CommandFailure.of("cannot look into the images of this node: " + e.getMessage(), e);
    }
  }

  private static int code(Explanation explanation) {
    if (explanation.starts()) {
      return ExitCode.OK;
    }
    return explanation.lacksImagesOnly() ? ExitCode.IMAGE_MISSING : ExitCode.FAILED;
  }

  private Config config() {
    try {
      return ConfigLoader.load(stockade.configFlag(), List.of());
    } catch (ConfigException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private PodRequest request(NodeExplainer node, PodDirectory directory) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    for (String file : files) {
      contents.add(read(file));
    }
    PodPlace place =
        new PodPlace(UID, directory.logs(), directory.volumes(), seccompDirectory.path());
    try {
      if (CriDocument.isManifest(contents.get(0))) {
        if (files.size() > 1) {
          throw CommandFailure.usage("a manifest is a whole pod; name no other file");
        }
        NodeFacts facts = new NodeFacts(NodeReport.memory(), node.recursiveReadOnly());
        return PodManifest.translate(contents.get(0), place, facts);
      }
      return CriDocument.read(contents);
    } catch (ManifestRejection e) {
      throw CommandFailure.usage(
          String.join(", ", files) + " cannot be read:\n  " + String.join("\n  ", e.problems()));
    }
  }

  private static Explanation explain(NodeExplainer node, PodRequest plain) {
    PodRequest known = plain.ownUserNamespace() ? UserNamespaceIds.example().into(plain) : plain;
    List<ContainerConfig> containers = new ArrayList<>();
    for (OneContainer container :
        Stream.concat(known.initContainers().stream(), known.containers().stream()).toList()) {
      try {
        containers.add(ImageUserLookup.resolve(node::image, container).config());
      } catch (CommandFailure e) {
        return refused(known, container, e.text());
      }
    }
    return node.explain(known.sandbox(), known.runtimeHandler(), containers);
  }

  /** What {@code run} itself refuses before it asks the daemon. */
  private static Explanation refused(PodRequest pod, OneContainer container, String why) {
    boolean missing = why.startsWith(ImageUserLookup.NO_IMAGE);
    Explanation.OfContainer refused =
        new Explanation.OfContainer(
            container.name(), Optional.of(new Explanation.Refusal(why, missing)), Optional.empty());
    String name = pod.sandbox().getMetadata().getName();
    return new Explanation(name, Optional.empty(), List.of(refused));
  }

  private static byte[] read(String file) throws IOException {
    int most = PodManifest.MAX_BYTES + 1;
    if (file.equals("-")) {
      return System.in.readNBytes(most);
    }
    try (InputStream bytes = Files.newInputStream(Path.of(file))) {
      return bytes.readNBytes(most);
    } catch (IOException e) {
      throw CommandFailure.usage("cannot read " + file + ": " + e);
    }
  }
}
