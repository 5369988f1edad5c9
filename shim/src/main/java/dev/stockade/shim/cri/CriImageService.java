package dev.stockade.shim.cri;

import dev.stockade.cri.v1.AuthConfig;
import dev.stockade.cri.v1.ImageFilter;
import dev.stockade.cri.v1.ImageFsInfoRequest;
import dev.stockade.cri.v1.ImageFsInfoResponse;
import dev.stockade.cri.v1.ImageServiceGrpc;
import dev.stockade.cri.v1.ImageStatusRequest;
import dev.stockade.cri.v1.ImageStatusResponse;
import dev.stockade.cri.v1.ListImagesRequest;
import dev.stockade.cri.v1.ListImagesResponse;
import dev.stockade.cri.v1.PullImageRequest;
import dev.stockade.cri.v1.PullImageResponse;
import dev.stockade.cri.v1.RemoveImageRequest;
import dev.stockade.cri.v1.RemoveImageResponse;
import dev.stockade.cri.v1.StreamImagesRequest;
import dev.stockade.cri.v1.StreamImagesResponse;
import dev.stockade.shim.call.Call;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.PinnedImages;
import dev.stockade.shim.image.PullProgress;
import dev.stockade.shim.image.WritableUsage;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.registry.Credentials;
import dev.stockade.shim.registry.Pulls;
import dev.stockade.shim.registry.RegistryException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The image service of the protocol. */
final class CriImageService extends ImageServiceGrpc.ImageServiceImplBase {
  private static final String FIELD = "image.image";

  private static final int IMAGES_IN_ONE_MESSAGE = 100;

  private final ImageStore images;
  private final PinnedImages pinned;
  private final WritableUsage written;
  private final Pulls pulls;

  CriImageService(Node node, Pulls pulls) {
    this.images = node.images();
    this.pinned = node.settings().pinned();
    this.written = new WritableUsage(node.paths().containerRecords());
    this.pulls = pulls;
  }

  @Override
  public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> observer) {
    Answer.giveInterruptibly(
        "PullImage",
        observer,
        call -> {
          Image image = pulled(pulls, request, call, new PullProgress());
          return PullImageResponse.newBuilder().setImageRef(image.id().toString()).build();
        });
  }

  /** The image a request asks for, from its registry. */
  static Image pulled(Pulls pulls, PullImageRequest request, Call call, PullProgress progress)
      throws CallFailure, ImageException, RegistryException, InterruptedException {
    ImageReference reference = reference(named(request.getImage().getImage()));
    Credentials credentials = credentials(request.getAuth(), reference);
    return pulls.pull(reference, credentials, call, progress);
  }

  private static ImageReference reference(String text) throws ImageException {
    try {
      return ImageReference.parse(text);
    } catch (ImageException e) {
      throw e.ofName("PullImage refused: " + FIELD);
    }
  }

  private static Credentials credentials(AuthConfig auth, ImageReference reference)
      throws CallFailure {
    try {
      return Credentials.of(auth, reference.domain());
    } catch (IllegalArgumentException e) {
      throw new CallFailure(
          CallFailure.Kind.INVALID,
          "PullImage refused: " + e.getMessage() + "; correct the pull secret",
          e);
    }
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> observer) {
    Answer.give(
        "ListImages",
        observer,
        call -> ListImagesResponse.newBuilder().addAllImages(items(request.getFilter())).build());
  }

  /** As ListImages, in several messages, because one has a limit. */
  @Override
  public void streamImages(
      StreamImagesRequest request, StreamObserver<StreamImagesResponse> observer) {
    Answer.giveEach(
        "StreamImages",
        observer,
        call -> {
          List<dev.stockade.cri.v1.Image> items = items(request.getFilter());
          List<StreamImagesResponse> messages = new ArrayList<>();
          for (int from = 0; from < items.size(); from += IMAGES_IN_ONE_MESSAGE) {
            int to = Math.min(items.size(), from + IMAGES_IN_ONE_MESSAGE);
            messages.add(
                StreamImagesResponse.newBuilder().addAllImages(items.subList(from, to)).build());
          }
          return messages;
        });
  }

  private List<dev.stockade.cri.v1.Image> items(ImageFilter filter) throws ImageException {
    String text = filter.getImage().getImage();
    List<Image> found =
        text.isEmpty() ? images.list() : find("filter.image.image", text).stream().toList();
    return found.stream().map(this::item).toList();
  }

  private dev.stockade.cri.v1.Image item(Image image) {
    return ImageMessages.item(image, pinned.contains(image));
  }

  /** An image that is not there is an empty answer, not an error. */
  @Override
  public void imageStatus(
      ImageStatusRequest request, StreamObserver<ImageStatusResponse> observer) {
    Answer.give(
        "ImageStatus",
        observer,
        call -> {
          Optional<Image> image = find(FIELD, named(request.getImage().getImage()));
          ImageStatusResponse.Builder answer = ImageStatusResponse.newBuilder();
          image.map(this::item).ifPresent(answer::setImage);
          if (image.isPresent() && request.getVerbose()) {
            answer.putAllInfo(VerboseText.of(image.get(), images.configDocument(image.get())));
          }
          return answer.build();
        });
  }

  @Override
  public void removeImage(
      RemoveImageRequest request, StreamObserver<RemoveImageResponse> observer) {
    Answer.give(
        "RemoveImage",
        observer,
        call -> {
          // That there was none is no error: the call may be a repetition.
          String image = named(request.getImage().getImage());
          boolean unused = find(FIELD, image).isPresent() && images.remove(image);
          return RemoveImageResponse.getDefaultInstance();
        });
  }

  @Override
  public void imageFsInfo(
      ImageFsInfoRequest request, StreamObserver<ImageFsInfoResponse> observer) {
    Answer.give(
        "ImageFsInfo",
        observer,
        call -> {
          return ImageFsInfoResponse.newBuilder()
              .addImageFilesystems(ImageMessages.usage(images.usage()))
              .addContainerFilesystems(ImageMessages.usage(written.now()))
              .build();
        });
  }

  /** The image that a field names, which must be there. */
  static Image existing(ImageStore images, String field, String text) throws ImageException {
    try {
      return images
          .find(text)
          .orElseThrow(() -> ImageException.notFound("no image " + text + " on this node"));
    } catch (ImageException e) {
      throw e.ofName(field);
    }
  }

  private Optional<Image> find(String field, String text) throws ImageException {
    try {
      return images.find(text);
    } catch (ImageException e) {
      throw e.ofName(field);
    }
  }

  private static String named(String image) throws CallFailure {
    if (image.isEmpty()) {
      throw new CallFailure(
          CallFailure.Kind.INVALID, FIELD + ": is empty; name the image by reference or id");
    }
    return image;
  }
}
