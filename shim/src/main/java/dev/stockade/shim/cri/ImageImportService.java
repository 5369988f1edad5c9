package dev.stockade.shim.cri;

import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.Refusals;
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
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Images from files, over the protocol of our own. */
final class ImageImportService extends ImageImportGrpc.ImageImportImplBase {
  private static final String REFUSED = "Import refused: ";

  private final ImageStore images;
  private final boolean seLinux;

  /**
   * For a store.
   *
   * @param seLinux whether the kernel has it, which keeps files from the daemon
   */
  ImageImportService(ImageStore images, boolean seLinux) {
    this.images = images;
    this.seLinux = seLinux;
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
    List<Image> imported =
        upload.isPresent()
            ? images("chunk", upload.get().file(), reference(source))
            : images("source.path", path(source), reference(source));
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

  private static Path path(ImportSource source) throws CallFailure {
    try {
      Path path = Path.of(source.getPath());
      if (path.isAbsolute()) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw invalid("source.path: is no path; give one without a NUL");
    }
    throw invalid("source.path: is not absolute; give the whole path");
  }

  private static Optional<ImageReference> reference(ImportSource source) throws ImageException {
    try {
      return source.getReference().isEmpty()
          ? Optional.empty()
          : Optional.of(ImageReference.parse(source.getReference()));
    } catch (ImageException e) {
      throw e.ofName(REFUSED + "source.reference");
    }
  }

  private List<Image> images(String field, Path path, Optional<ImageReference> reference)
      throws ImageException {
    try {
      return images.importFrom(path, reference);
    } catch (ImageException e) {
      throw switch (e.kind()) {
        case STORAGE, FULL, UNTRUSTED -> e;
        case DENIED -> e.of(REFUSED + field, readable());
        default ->
            e.of(REFUSED + field, "give a whole OCI layout or docker archive of this platform");
      };
    }
  }

  /** What to do where even root may not read. */
  private String readable() {
    String instead =
        "copy it to a directory beneath /var/tmp, or give an archive by \"stockade images import"
            + " -\"";
    return seLinux
        ? "the SELinux policy keeps it from the daemon; for images in homes: setsebool -P"
            + " stockade_read_homes on; or "
            + instead
        : instead;
  }

  private static CallFailure invalid(String problem) {
    return new CallFailure(CallFailure.Kind.INVALID, REFUSED + problem);
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
      } catch (CallFailure | ImageException e) {
        fail(e);
      } catch (IOException e) {
        fail(Refusals.of("keep the archive to be imported in the image store", e));
      }
    }

    private void take(ImportRequest request) throws CallFailure, ImageException, IOException {
      if (request.hasSource() == source.isPresent()) {
        throw invalid(
            "source: must be in the first message and in no other; send it once, then the bytes");
      }
      if (request.hasSource()) {
        source = Optional.of(request.getSource());
        if (request.getSource().getPath().isEmpty()) {
          upload = Optional.of(Upload.begin(images));
        }
        return;
      }
      if (upload.isEmpty()) {
        throw invalid("chunk: is not expected for a source with a path; send one or the other");
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
                throw invalid("source: is missing; send it in the first message");
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
