package dev.stockade.shim.cri;

import com.google.protobuf.ByteString;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Garbage;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageFsUsage;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.shim.image.PinnedImages;
import dev.stockade.shim.image.StoreUsage;
import dev.stockade.shim.image.WritableUsage;
import dev.stockade.shim.node.Node;
import dev.stockade.v1.CollectRequest;
import dev.stockade.v1.CollectResponse;
import dev.stockade.v1.CollectedPart;
import dev.stockade.v1.DescribeRequest;
import dev.stockade.v1.DescribeResponse;
import dev.stockade.v1.ImageStoreGrpc;
import dev.stockade.v1.UsageRequest;
import dev.stockade.v1.UsageResponse;
import io.grpc.stub.StreamObserver;
import java.util.Locale;
import java.util.Map;

/** The image store, over the protocol of our own. */
final class ImageStoreService extends ImageStoreGrpc.ImageStoreImplBase {
  private final ImageStore images;
  private final PinnedImages pinned;
  private final WritableUsage written;

  ImageStoreService(Node node) {
    this.images = node.images();
    this.pinned = node.settings().pinned();
    this.written = new WritableUsage(node.paths().containerRecords());
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> observer) {
    Answer.give("Describe", observer, call -> described(request.getImage()));
  }

  private DescribeResponse described(String text) throws ImageException {
    Image image = CriImageService.existing(images, "image", text);
    return DescribeResponse.newBuilder()
        .setImage(
            ImageStoreMessages.image(
                image, images.unpackedLayers(image), images.usageByImage(), pinned.contains(image)))
        .setConfig(ByteString.copyFrom(images.configDocument(image)))
        .build();
  }

  @Override
  public void usage(UsageRequest request, StreamObserver<UsageResponse> observer) {
    Answer.give("Usage", observer, call -> usage());
  }

  private UsageResponse usage() throws ImageException {
    StoreUsage usage = images.usageByImage();
    UsageResponse.Builder answer = ImageStoreMessages.usage(usage);
    answer.setDirectory(images.usage().directory().toString());
    for (Map.Entry<String, Digest> each : usage.containers().entrySet()) {
      ImageFsUsage own = written.of(each.getKey());
      answer
          .addContainersBuilder()
          .setId(each.getKey())
          .setImage(each.getValue().toString())
          .setBytes(own.bytes())
          .setInodes(own.inodes());
    }
    try {
      answer
          .setReclaimable(collect(false, true).bytes())
          .setReclaimableUnused(collect(true, true).bytes());
    } catch (ImageException e) {
      if (e.kind() != ImageException.Kind.REFUSED) {
        throw e;
      }
      answer.setObstacle(String.valueOf(e.getMessage()));
    }
    return answer.build();
  }

  @Override
  public void collect(CollectRequest request, StreamObserver<CollectResponse> observer) {
    Answer.give(
        "Collect",
        observer,
        call -> {
          Garbage garbage = collect(request.getUnused(), request.getDryRun());
          CollectResponse.Builder answer = CollectResponse.newBuilder().setBytes(garbage.bytes());
          for (Garbage.Part part : garbage.parts()) {
            answer.addParts(
                CollectedPart.newBuilder()
                    .setKind(part.kind().name().toLowerCase(Locale.ROOT))
                    .setName(part.name())
                    .setBytes(part.bytes()));
          }
          return answer.build();
        });
  }

  private Garbage collect(boolean unused, boolean dryRun) throws ImageException {
    return images.collect(image -> unused && !pinned.contains(image), dryRun);
  }
}
