package dev.stockade.shim.cli;

import dev.stockade.v1.ExportChunk;
import dev.stockade.v1.ExportRequest;
import dev.stockade.v1.ImageExportGrpc;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stockade images export}. */
@Command(
    name = "export",
    description = {
      "Writes images to a tar archive that is an OCI layout and a docker archive at the same time,",
      "for \"stockade images import\", skopeo, podman, docker and others. The images keep their ids;",
      "their layers are uncompressed. The file is there when it is whole, and not before.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  stockade images export busybox:local -o busybox.tar",
      "  stockade images export app:1 db:2 -o - | zstd >images.tar.zst",
    })
final class ImagesExportCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";

  private final Stockade stockade;

  @Parameters(
      arity = "1..*",
      paramLabel = "IMAGE",
      description = "Reference, digest, or beginning of an id.")
  private List<String> words = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE|-",
      required = true,
      description = "Where to; \"-\" is standard output.")
  private String target = "";

  ImagesExportCommand(Stockade stockade) {
    this.stockade = stockade;
  }

  @Override
  public Integer call() throws IOException {
    try (Daemon daemon = stockade.connect()) {
      ExportRequest.Builder request = ExportRequest.newBuilder();
      words.forEach(word -> request.addImages(ImageWord.resolve(daemon, word)));
      if (target.equals(STANDARD_OUTPUT)) {
        if (Output.isTerminal(1)) {
          throw CommandFailure.usage("a terminal shows no archive; name a file, or use a pipe");
        }
        copy(daemon, request.build(), stockade.output().out());
        stockade.output().out().flush();
      } else {
        write(daemon, request.build(), Path.of(target).toAbsolutePath());
      }
    }
    return ExitCode.OK;
  }

  private static void write(Daemon daemon, ExportRequest request, Path file) throws IOException {
    Path directory = file.getParent();
    boolean other =
        Files.exists(file, LinkOption.NOFOLLOW_LINKS)
            && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    if (directory == null || !Files.isDirectory(directory) || other) {
      throw CommandFailure.of(
          "cannot write "
              + file
              + ": it is no regular file in a directory that is there; name one, or -");
    }
    Path part = Files.createTempFile(directory, ".stockade-export-", ".part");
    InterruptGuard guard = InterruptGuard.over(() -> delete(part));
    try {
      try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
        copy(daemon, request, Channels.newOutputStream(channel));
        channel.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (UncheckedIOException e) {
      throw CommandFailure.of("cannot write " + file + ": " + e.getCause(), e);
    } finally {
      guard.close();
      delete(part);
    }
  }

  private static void delete(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      throw CommandFailure.of("cannot delete " + part + ": " + e, e);
    }
  }

  private static void copy(Daemon daemon, ExportRequest request, OutputStream out) {
    long written =
        daemon.ask(
            "export",
            () -> {
              long bytes = 0;
              Iterator<ExportChunk> chunks =
                  ImageExportGrpc.newBlockingStub(daemon.channel()).export(request);
              while (chunks.hasNext()) {
                ExportChunk chunk = chunks.next();
                try {
                  chunk.getChunk().writeTo(out);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
                bytes += chunk.getChunk().size();
              }
              return bytes;
            });
    if (written == 0) {
      throw CommandFailure.of("cannot export: the daemon sent nothing");
    }
  }
}
