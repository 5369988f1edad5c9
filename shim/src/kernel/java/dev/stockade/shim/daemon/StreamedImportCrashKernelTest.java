package dev.stockade.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.stockade.shim.config.Config;
import dev.stockade.v1.ImportRequest;
import dev.stockade.v1.ImportResponse;
import dev.stockade.v1.ImportSource;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon is killed while an archive comes as a stream, most of which takes memory where the run
 * directory is a tmpfs.
 */
@Timeout(300)
class StreamedImportCrashKernelTest {
  private static final int CHUNK = 1 << 20;
  private static final int CHUNKS = 4;

  private static List<Path> uploads(Config config) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path top : List.of(config.root(), config.runDir())) {
      try (Stream<Path> files = Files.walk(top)) {
        files
            .filter(file -> Files.isRegularFile(file) && file.toFile().length() == CHUNKS * CHUNK)
            .forEach(found::add);
      }
    }
    return found;
  }

  @Test
  void nothingOfTheArchiveIsLeft(@TempDir Path directory) throws Exception {
    Config config = Machine.config(directory);
    DaemonProcess daemon = DaemonProcess.start(directory, config);
    CompletableFuture<ImportResponse> answer = new CompletableFuture<>();
    try (CriClient client = new CriClient(config.socket(), directory.resolve("logs"))) {
      StreamObserver<ImportRequest> archive = client.imports().import_(new Answer(answer));
      archive.onNext(
          ImportRequest.newBuilder().setSource(ImportSource.getDefaultInstance()).build());
      for (int i = 0; i < CHUNKS; i++) {
        ByteString chunk = ByteString.copyFrom(new byte[CHUNK]);
        archive.onNext(ImportRequest.newBuilder().setChunk(chunk).build());
      }
      Wait.until("the archive to be there", () -> !uploads(config).isEmpty());
      assertThat(uploads(config))
          .singleElement()
          .satisfies(file -> assertThat(file).startsWith(config.root().resolve("images/staging")));
      daemon.kill();
      Wait.until("the client to be told", answer::isCompletedExceptionally);
    } finally {
      daemon.kill();
    }
    daemon = DaemonProcess.start(directory, config);
    try {
      assertThat(uploads(config)).isEmpty();
      assertThat(config.root().resolve("images/staging")).isEmptyDirectory();
    } finally {
      daemon.end();
    }
    assertThat(Machine.leftovers(config)).isEmpty();
  }

  private record Answer(CompletableFuture<ImportResponse> response)
      implements StreamObserver<ImportResponse> {
    @Override
    public void onNext(ImportResponse value) {
      response.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      response.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      response.completeExceptionally(new AssertionError("no answer to the import"));
    }
  }
}
