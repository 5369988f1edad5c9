package dev.stockade.shim.cli;

import com.google.protobuf.ByteString;
import dev.stockade.cri.v1.Image;
import dev.stockade.cri.v1.ImageServiceGrpc;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.ImageStatusResponse;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.cri.v1.ListImagesResponse;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.cri.v1.RemoveImageResponse;
import dev.stockade.v1.ImageImportGrpc;
import dev.stockade.v1.ImportRequest;
import dev.stockade.v1.ImportResponse;
import dev.stockade.v1.ImportSource;
import dev.stockade.v1.ImportedImage;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The images of {@link TestDaemon}: a list, and an import that keeps what it was sent. */
final class TestImages extends ImageServiceGrpc.ImageServiceImplBase {
  final List<Image> images = Collections.synchronizedList(new ArrayList<>());
  final List<ImportSource> sources = Collections.synchronizedList(new ArrayList<>());
  volatile ByteString received = ByteString.EMPTY;

  /** After how many bytes the import is refused. */
  volatile int refusedAfter = Integer.MAX_VALUE;

  void add(String id, String reference, long size) {
    images.add(Image.newBuilder().setId(id).addRepoTags(reference).setSize(size).build());
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> to) {
    to.onNext(ListImagesResponse.newBuilder().addAllImages(List.copyOf(images)).build());
    to.onCompleted();
  }

  @Override
  public void imageStatus(ImageStatusRequest request, StreamObserver<ImageStatusResponse> to) {
    String word = request.getImage().getImage();
    ImageStatusResponse.Builder response = ImageStatusResponse.newBuilder();
    images.stream()
        .filter(image -> image.getId().equals(word) || image.getRepoTagsList().contains(word))
        .forEach(response::setImage);
    to.onNext(response.build());
    to.onCompleted();
  }

  @Override
  public void removeImage(RemoveImageRequest request, StreamObserver<RemoveImageResponse> to) {
    images.removeIf(image -> image.getId().equals(request.getImage().getImage()));
    to.onNext(RemoveImageResponse.getDefaultInstance());
    to.onCompleted();
  }

  ImageImportGrpc.ImageImportImplBase imports() {
    return new ImageImportGrpc.ImageImportImplBase() {
      @Override
      public StreamObserver<ImportRequest> import_(StreamObserver<ImportResponse> to) {
        return new Receiver(to);
      }
    };
  }

  private final class Receiver implements StreamObserver<ImportRequest> {
    private final StreamObserver<ImportResponse> to;

    Receiver(StreamObserver<ImportResponse> to) {
      this.to = to;
    }

    @Override
    public void onNext(ImportRequest request) {
      if (request.hasSource()) {
        sources.add(request.getSource());
      }
      received = received.concat(request.getChunk());
      if (received.size() > refusedAfter) {
        to.onError(
            Status.INVALID_ARGUMENT.withDescription("this is no archive").asRuntimeException());
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {
      ImportedImage image =
          ImportedImage.newBuilder().setId("sha256:abcdef").addReferences("a:1").setSize(5).build();
      to.onNext(ImportResponse.newBuilder().addImages(image).build());
      to.onCompleted();
    }
  }
}
