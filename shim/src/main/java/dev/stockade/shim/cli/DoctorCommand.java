package dev.stockade.shim.cli;

import dev.stockade.launcher.engine.ServeRecord;
import dev.stockade.launcher.linux.Cgroup2;
import dev.stockade.launcher.linux.HostProbe;
import dev.stockade.launcher.linux.Linux;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.launcher.plan.NodeReview;
import dev.stockade.launcher.plan.NodeReview.Finding;
import dev.stockade.launcher.plan.NodeReview.State;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.ConfigException;
import dev.stockade.shim.config.ConfigLoader;
import dev.stockade.shim.config.ConfigProblem;
import dev.stockade.shim.config.NetworkConfig;
import dev.stockade.shim.explain.IdMapFindings;
import dev.stockade.shim.explain.NodeExplainer;
import dev.stockade.shim.lsm.AppArmor;
import dev.stockade.shim.lsm.ModuleFindings;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.node.NodePaths;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code stockade doctor}. */
@Command(
    name = "doctor",
    description = {
      "Tells what this node can enforce, tried rather than guessed from versions, and what to do",
      "about what is missing. Needs no daemon. Ends with 1 if nothing could be launched here.",
    },
    footerHeading = "%nExamples:%n",
    footer = {"  stockade doctor", "  stockade doctor --json"})
final class DoctorCommand implements Callable<Integer> {
  private final Stockade stockade;

  @Option(names = "--json", description = "Print JSON: an object per finding.")
  private boolean asJson;

  DoctorCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws IOException {
    RootUser.require("stockade doctor");
    List<Finding> findings = findings();
    if (asJson) {
      stockade.output().out().println(json(findings));
    } else {
      table(findings).print(stockade.output());
    }
    boolean launches = findings.stream().noneMatch(f -> f.state() == State.NO);
    return launches ? ExitCode.OK : ExitCode.FAILED;
  }

  private List<Finding> findings() throws IOException {
    try {
      Config config = ConfigLoader.load(stockade.configFlag(), List.of());
      List<Finding> findings = ofNode(config);
      findings.addAll(IdMapFindings.of(config, WardenPath.of(config, stockade.environment())));
      findings.add(network(config.network()));
      return findings;
    } catch (ConfigException e) {
      List<Finding> findings = ofNode(Config.DEFAULT);
      findings.add(
          new Finding(
              "configuration",
              State.NO,
              e.problems().stream().map(ConfigProblem::toString).collect(Collectors.joining("; ")),
              "correct it; the daemon does not start with it"));
      return findings;
    }
  }

  /** For the daemon that serves, or for one that would be started. */
  private static List<Finding> ofNode(Config config) throws IOException {
    OptionalInt serve = ServeRecord.running(new NodePaths(config.root(), config.runDir()).warden());
    HostFacts facts = HostProbe.probe(Cgroup2.find(), serve.orElse(Linux.pid()));
    List<Finding> findings = new ArrayList<>(NodeReview.of(facts));
    findings.addAll(
        ModuleFindings.of(
            AppArmor.preview(config, facts.appArmor()),
            facts.seLinux() ? Optional.of(Selinux.preview(config, serve)) : Optional.empty()));
    return findings;
  }

  private static Finding network(NetworkConfig network) {
    Optional<String> obstacle = NodeExplainer.networkObstacle(network);
    return new Finding(
        "pod networks (CNI)",
        obstacle.isEmpty() ? State.YES : State.LIMITED,
        obstacle.orElse("by " + network.cniConfDir()),
        obstacle.isEmpty()
            ? ""
            : "put a configuration into "
                + network.cniConfDir()
                + ", with plugins that are in one of "
                + network.cniBinDirs()
                + "; until then pods have the host's network or none start");
  }

  private static Table table(List<Finding> findings) {
    Table table = new Table("WHAT", "HERE", "FOUND", "TO DO");
    for (Finding finding : findings) {
      table.row(
          List.of(
              Table.Cell.plain(finding.subject()),
              new Table.Cell(word(finding.state()), colour(finding.state())),
              Table.Cell.plain(finding.found()),
              Table.Cell.plain(finding.fix())));
    }
    return table;
  }

  private static String word(State state) {
    return switch (state) {
      case YES -> "yes";
      case LIMITED -> "limited";
      case NO -> "no";
    };
  }

  private static Table.Colour colour(State state) {
    return switch (state) {
      case YES -> Table.Colour.GOOD;
      case LIMITED -> Table.Colour.WAITING;
      case NO -> Table.Colour.BAD;
    };
  }

  private static String json(List<Finding> findings) {
    return JsonText.of(
        json -> {
          json.writeStartArray();
          for (Finding finding : findings) {
            json.writeStartObject();
            json.writeStringField("subject", finding.subject());
            json.writeStringField("state", word(finding.state()));
            json.writeStringField("found", finding.found());
            json.writeStringField("fix", finding.fix());
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }
}
