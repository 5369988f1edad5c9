package dev.stockade.shim.cli;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code stockade}: what holds for all of its subcommands, and the list of them. */
@Command(
    name = "stockade",
    description =
        "Runs pods under exactly the constraints asked for, and shows the kernel's proof.",
    synopsisSubcommandLabel = "COMMAND",
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the request failed; the message on standard error says why",
      "2:wrong usage or pod manifest; nothing was asked of the daemon",
      "3:the daemon cannot be reached at the socket",
      "125..:run and exec end with the command's own code, or with 125 if Stockade failed",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade images import busybox.tar",
      "  stockade run --rm --receipt --image busybox:local -- id",
      "  stockade ps --json",
    })
public final class Stockade implements Runnable {
  private static final String SOCKET_VARIABLE = "STOCKADE_SOCKET";

  private final Output output;
  private final Map<String, String> environment;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      scope = ScopeType.INHERIT,
      description =
          "Socket of the daemon. Default: that of --config, else $$STOCKADE_SOCKET, else that of"
              + " /etc/stockade/config.toml, else /run/stockade/stockade.sock.")
  private @Nullable Path socket;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Configuration of the daemon. Default: /etc/stockade/config.toml if it exists.")
  private @Nullable Path config;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of a failure.")
  private boolean debug;

  Stockade(Output output, Map<String, String> environment) {
    this.output = output;
    this.environment = environment;
  }

  /** Runs one command line and ends the process with its exit code. */
  public static void main(String... args) {
    System.exit(run(args));
  }

  /** Runs one command line on the process's own streams and returns its exit code. */
  public static int run(String... args) {
    Map<String, String> environment = System.getenv();
    return new Stockade(Output.ofProcess(environment), environment).execute(args);
  }

  /** Runs one command line. */
  int execute(String... args) {
    int code = commandLine(args).execute(args);
    output.out().flush();
    output.err().flush();
    return code;
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "which command? See \"stockade --help\"");
    }
  }

  /** Where commands print. */
  Output output() {
    return output;
  }

  /** This program's environment. */
  Map<String, String> environment() {
    return environment;
  }

  /** A connection to the daemon, which is the caller's to close. */
  Daemon connect() {
    return new Daemon(socketPath());
  }

  /** The socket of {@code --socket}. */
  Optional<Path> socketFlag() {
    return Optional.ofNullable(socket).map(Path::toAbsolutePath);
  }

  /** The file of {@code --config}. */
  Optional<Path> configFlag() {
    return Optional.ofNullable(config).map(Path::toAbsolutePath);
  }

  private Path socketPath() {
    if (socket != null) {
      return socket.toAbsolutePath();
    }
    String variable = environment.getOrDefault(SOCKET_VARIABLE, "");
    if (config == null && !variable.isEmpty()) {
      return Path.of(variable).toAbsolutePath();
    }
    return ConfiguredSocket.of(configFlag());
  }

  private CommandLine commandLine(String... args) {
    CommandSpec root = CommandSpec.forAnnotatedObject(this);
    root.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .scopeType(ScopeType.INHERIT)
            .description("Show this help.")
            .build());
    CommandLine line = new CommandLine(root);
    Subcommand.named(args).forEach(command -> line.addSubcommand(command.make(this)));
    line.setOut(writer(output.out()));
    line.setErr(writer(output.err()));
    line.setColorScheme(CommandLine.Help.defaultColorScheme(ansi()));
    line.setUsageHelpAutoWidth(false);
    line.setUsageHelpWidth(100);
    line.setExecutionExceptionHandler((e, command, result) -> failed(e, command));
    return line;
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  private Ansi ansi() {
    return output.colours() ? Ansi.ON : Ansi.OFF;
  }

  private int failed(Exception e, CommandLine command) {
    String text = e instanceof CommandFailure failure ? failure.text() : "unexpected failure: " + e;
    output.notice(text);
    if (debug) {
      e.printStackTrace(output.err());
    } else if (!(e instanceof CommandFailure)) {
      output.notice("run again with --debug for the place; this is a defect worth reporting");
    }
    int code = e instanceof CommandFailure failure ? failure.exitCode() : ExitCode.FAILED;
    int own = command.getCommandSpec().exitCodeOnExecutionException();
    return own == ExitCode.NOT_THE_WORKLOAD ? Math.max(own, code) : code;
  }
}
