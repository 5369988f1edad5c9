package dev.stockade.shim.cli;

import com.google.protobuf.ByteString;
import dev.stockade.v1.ImageImportGrpc;
import dev.stockade.v1.ImportRequest;
import dev.stockade.v1.ImportResponse;
import dev.stockade.v1.ImportSource;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Sends one image to the daemon, by path or as a stream of bytes that waits for a slow daemon. */
final class ImageUpload {
  private static final int CHUNK = 256 << 10;

  private final Daemon daemon;

  ImageUpload(Daemon daemon) {
    this.daemon = daemon;
  }

  /** Imports what is at a path of the daemon's machine, which is this one. */
  ImportResponse path(Path path, String reference) {
    Call call = start(path.toString(), reference);
    call.requests().onCompleted();
    return call.response("import image " + path);
  }

  /** Imports a tar archive read to its end. */
  ImportResponse stream(InputStream bytes, String reference) throws IOException {
    Call call = start("", reference);
    try {
      for (byte[] chunk = bytes.readNBytes(CHUNK);
          chunk.length > 0 && call.waitUntilReady();
          chunk = bytes.readNBytes(CHUNK)) {
        ImportRequest request =
            ImportRequest.newBuilder().setChunk(ByteString.copyFrom(chunk)).build();
        call.requests().onNext(request);
      }
    } catch (IOException e) {
      call.requests().cancel("reading the archive failed", e);
      throw e;
    }
    if (!call.isOver()) {
      call.requests().onCompleted();
    }
    return call.response("import the image from standard input");
  }

  private Call start(String path, String reference) {
    Call call = new Call();
    // The request observer is the one the stub hands to beforeStart.
    var unused = ImageImportGrpc.newStub(daemon.channel()).import_(call);
    ImportSource source = ImportSource.newBuilder().setPath(path).setReference(reference).build();
    call.requests().onNext(ImportRequest.newBuilder().setSource(source).build());
    return call;
  }

  /** The call under way. */
  private final class Call implements ClientResponseObserver<ImportRequest, ImportResponse> {
    private final CompletableFuture<ImportResponse> response = new CompletableFuture<>();
    private final Semaphore ready = new Semaphore(0);
    private @Nullable ClientCallStreamObserver<ImportRequest> requests;

    @Override
    public void beforeStart(ClientCallStreamObserver<ImportRequest> stream) {
      requests = stream;
      stream.setOnReadyHandler(ready::release);
    }

    @Override
    public void onNext(ImportResponse value) {
      response.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      response.completeExceptionally(failure);
      ready.release();
    }

    @Override
    public void onCompleted() {
      response.completeExceptionally(new IllegalStateException("no answer to the import"));
      ready.release();
    }

    ClientCallStreamObserver<ImportRequest> requests() {
      if (requests == null) {
        throw new IllegalStateException("the call was not started");
      }
      return requests;
    }

    boolean isOver() {
      return response.isDone();
    }

    /** Waits until the daemon takes more; false if the call ended meanwhile. */
    boolean waitUntilReady() {
      while (!isOver() && !requests().isReady()) {
        ready.acquireUninterruptibly();
      }
      return !isOver();
    }

    ImportResponse response(String attempt) {
      try {
        return response.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof StatusRuntimeException status) {
          throw daemon.failure(attempt, status);
        }
        throw CommandFailure.of("cannot " + attempt + ": " + e.getCause(), e);
      }
    }
  }
}
