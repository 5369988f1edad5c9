package dev.stockade.shim.daemon;

import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;

import com.google.protobuf.ByteString;
import dev.stockade.v1.ImportRequest;
import dev.stockade.v1.ImportResponse;
import dev.stockade.v1.ImportSource;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Imports of images that must be refused, from a path and as a stream. */
final class ImportRefusals {
  private static final String PATH = "source.path";

  private final List<Refusal> rows = new ArrayList<>();

  private ImportRefusals() {}

  static List<Refusal> all() {
    ImportRefusals table = new ImportRefusals();
    table.messages();
    table.paths();
    table.streams();
    return table.rows;
  }

  private void messages() {
    row("nothing", INVALID_ARGUMENT, "source");
    row("bytes of nothing", INVALID_ARGUMENT, "source", chunk("a"));
    row("a source twice", INVALID_ARGUMENT, "source", source(""), source(""));
    row("a message without a part", INVALID_ARGUMENT, "chunk", source("@/img"), empty());
    row("a path and bytes", INVALID_ARGUMENT, "chunk", source("@/img"), chunk("a"));
    row(
        "a name of no form",
        INVALID_ARGUMENT,
        "source.reference",
        request(ImportSource.newBuilder().setPath("@/img").setReference("UPPER//case")));
  }

  private void paths() {
    row("a relative path", INVALID_ARGUMENT, PATH, source("img"));
    row("NUL in a path", INVALID_ARGUMENT, PATH, source("/a\0b"));
    row("a path that is missing", NOT_FOUND, PATH, source("@/none"));
    row("a file that is no archive", FAILED_PRECONDITION, PATH, source("@/plain"));
    row("a directory that is no layout", FAILED_PRECONDITION, PATH, source("@/logs"));
    row("a device", FAILED_PRECONDITION, PATH, source("/dev/zero"));
    row("a layout without its blobs", FAILED_PRECONDITION, PATH, source("@/hollow"));
    row("a blob of another digest", FAILED_PRECONDITION, PATH, source("@/forged"));
  }

  private void streams() {
    row("no bytes", FAILED_PRECONDITION, "chunk", source(""));
    row("bytes that are no archive", FAILED_PRECONDITION, "chunk", source(""), chunk("a"));
  }

  private void row(String what, Status.Code code, String field, ImportRequest... requests) {
    rows.add(Refusal.of("import of " + what, code, field, scene -> send(scene, requests)));
  }

  private static ImportRequest source(String path) {
    return request(ImportSource.newBuilder().setPath(path));
  }

  private static ImportRequest request(ImportSource.Builder source) {
    return ImportRequest.newBuilder().setSource(source).build();
  }

  private static ImportRequest chunk(String text) {
    return ImportRequest.newBuilder().setChunk(ByteString.copyFromUtf8(text.repeat(2000))).build();
  }

  private static ImportRequest empty() {
    return ImportRequest.getDefaultInstance();
  }

  private static void send(RefusalScene scene, ImportRequest... requests) throws Exception {
    Answer answer = new Answer();
    StreamObserver<ImportRequest> call = scene.client.imports().import_(answer);
    for (ImportRequest request : requests) {
      call.onNext(ours(scene, request));
    }
    call.onCompleted();
    try {
      var unused = answer.response.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw (Exception) e.getCause();
    }
  }

  /** The same with our directory for {@code @}. */
  private static ImportRequest ours(RefusalScene scene, ImportRequest request) {
    if (!request.hasSource()) {
      return request;
    }
    ImportSource.Builder source = request.getSource().toBuilder();
    return request(source.setPath(source.getPath().replace("@", scene.directory.toString())));
  }

  private static final class Answer implements StreamObserver<ImportResponse> {
    private final CompletableFuture<ImportResponse> response = new CompletableFuture<>();

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
