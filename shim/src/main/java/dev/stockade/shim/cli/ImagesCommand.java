package dev.stockade.shim.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code stockade images}. */
@Command(
    name = "images",
    description = "Works with the images on this node.",
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade images import busybox.tar --ref busybox:local",
      "  stockade images pull registry.example/team/app:1",
      "  stockade images ls",
      "  stockade images inspect busybox:local",
      "  stockade images export busybox:local -o busybox.tar",
      "  stockade images df",
      "  stockade images rm busybox:local",
    })
final class ImagesCommand implements Runnable {
  /** The command with its own subcommands. */
  static CommandLine line(Stockade stockade) {
    return new CommandLine(new ImagesCommand())
        .addSubcommand(new ImagesImportCommand(stockade))
        .addSubcommand(new ImagesPullCommand(stockade))
        .addSubcommand(new ImagesLsCommand(stockade))
        .addSubcommand(new ImagesInspectCommand(stockade))
        .addSubcommand(new ImagesDfCommand(stockade))
        .addSubcommand(new ImagesExportCommand(stockade))
        .addSubcommand(new ImagesRmCommand(stockade))
        .addSubcommand(new ImagesGcCommand(stockade));
  }

  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(
          spec.commandLine(), "which command? See \"stockade images --help\"");
    }
  }
}
