package dev.stockade.shim.cri;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.v1.ImageImportGrpc;
import dev.stockade.v1.ImportRequest;
import dev.stockade.v1.ImportResponse;
import dev.stockade.v1.ImportSource;
import dev.stockade.v1.ImportedImage;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Images from files, over the protocol of our own. */
final class ImageImportService extends ImageImportGrpc.ImageImportImplBase {
  private final ImageStore images;
  private final Path uploads;

  /**
   * For a store.
   *
   * @param uploads private directory for archives that come as a stream
   */
  ImageImportService(ImageStore images, Path uploads) {
    this.images = images;
    this.uploads = uploads;
  }

  @Override
  public StreamObserver<ImportRequest> import_(StreamObserver<ImportResponse> observer) {
    ServerCallStreamObserver<ImportResponse> call =
        (ServerCallStreamObserver<ImportResponse>) observer;
    call.disableAutoRequest();
    call.request(1);
    return new Importing(call);
  }

  private ImportResponse run(ImportSource source, Optional<Upload> upload)
      throws CallFailure, ImageException {
    Path path = upload.isPresent() ? upload.get().file() : Path.of(source.getPath());
    if (!path.isAbsolute()) {
      throw new CallFailure(
          CallFailure.Kind.INVALID, "source.path: is not absolute; give the whole path");
    }
    Optional<ImageReference> reference =
        source.getReference().isEmpty()
            ? Optional.empty()
            : Optional.of(ImageReference.parse(source.getReference()));
    List<Image> imported = images.importFrom(path, reference);
    ImportResponse.Builder answer = ImportResponse.newBuilder();
    for (Image image : imported) {
      answer.addImages(
          ImportedImage.newBuilder()
              .setId(image.id().toString())
              .addAllReferences(
                  Stream.concat(image.tags().stream(), image.digests().stream())
                      .map(ImageReference::toString)
                      .toList())
              .setSize(image.bytes()));
    }
    return answer.build();
  }

  /** One import under way; its messages come one after the other. */
  private final class Importing implements StreamObserver<ImportRequest> {
    private final ServerCallStreamObserver<ImportResponse> call;
    private Optional<ImportSource> source = Optional.empty();
    private Optional<Upload> upload = Optional.empty();
    private boolean failed;

    Importing(ServerCallStreamObserver<ImportResponse> call) {
      this.call = call;
    }

    @Override
    public void onNext(ImportRequest request) {
      if (failed) {
        return;
      }
      try {
        take(request);
        call.request(1);
      } catch (CallFailure | IOException e) {
        fail(e);
      }
    }

    private void take(ImportRequest request) throws CallFailure, IOException {
      if (request.hasSource() == source.isPresent()) {
        throw new CallFailure(
            CallFailure.Kind.INVALID, "source: must be in the first message and in no other");
      }
      if (request.hasSource()) {
        source = Optional.of(request.getSource());
        if (request.getSource().getPath().isEmpty()) {
          upload = Optional.of(Upload.begin(uploads));
        }
        return;
      }
      if (upload.isEmpty()) {
        throw new CallFailure(
            CallFailure.Kind.INVALID, "chunk: is not expected for a source with a path");
      }
      upload.get().add(request.getChunk());
    }

    private void fail(Exception e) {
      failed = true;
      discard();
      call.onError(Failures.status(e).asRuntimeException());
    }

    @Override
    public void onError(Throwable gone) {
      discard();
    }

    @Override
    public void onCompleted() {
      if (failed) {
        return;
      }
      Answer.give(
          "Import",
          call,
          context -> {
            try {
              if (source.isEmpty()) {
                throw new CallFailure(CallFailure.Kind.INVALID, "source: is missing");
              }
              return run(source.get(), upload);
            } finally {
              discard();
            }
          });
    }

    private void discard() {
      upload.ifPresent(Upload::discard);
    }
  }
}
