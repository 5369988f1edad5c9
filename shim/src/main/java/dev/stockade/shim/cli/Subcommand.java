package dev.stockade.shim.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * One subcommand, not yet made. Only those a command line names are made, because making one loads
 * every class its methods mention, and that is most of the time a short command takes.
 */
record Subcommand(String name, Function<Stockade, Object> maker) {

  /** All of them, in the order of the help. */
  private static final List<Subcommand> ALL =
      List.of(
          new Subcommand("run", RunCommand::new),
          new Subcommand("explain", ExplainCommand::new),
          new Subcommand("ps", PsCommand::new),
          new Subcommand("stop", StopCommand::new),
          new Subcommand("rm", RmCommand::new),
          new Subcommand("exec", ExecCommand::new),
          new Subcommand("logs", LogsCommand::new),
          new Subcommand("inspect", InspectCommand::new),
          new Subcommand("images", ImagesCommand::line),
          new Subcommand("serve", ServeCommand::new),
          new Subcommand("doctor", DoctorCommand::new),
          new Subcommand("version", VersionCommand::new));

  /** The commands that may be meant: those whose name is among the arguments, or else all. */
  static List<Subcommand> named(String... args) {
    Set<String> words = Set.copyOf(Arrays.asList(args));
    List<Subcommand> meant = ALL.stream().filter(one -> words.contains(one.name)).toList();
    return meant.isEmpty() ? ALL : meant;
  }

  /** The object that picocli reads the command from. */
  Object make(Stockade stockade) {
    return maker.apply(stockade);
  }
}
