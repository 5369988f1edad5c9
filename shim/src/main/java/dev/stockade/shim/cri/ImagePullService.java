package dev.stockade.shim.cri;

import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.PullProgress;
import dev.stockade.shim.registry.Pulls;
import dev.stockade.v1.ImagePullGrpc;
import dev.stockade.v1.PullEvent;
import dev.stockade.v1.PullRequest;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;

/** Pulls that tell how far they are, over the protocol of our own. */
final class ImagePullService extends ImagePullGrpc.ImagePullImplBase {
  private final Pulls pulls;

  ImagePullService(Pulls pulls) {
    this.pulls = pulls;
  }

  @Override
  public void pull(PullRequest request, StreamObserver<PullEvent> observer) {
    ServerCallStreamObserver<PullEvent> watcher = (ServerCallStreamObserver<PullEvent>) observer;
    PullProgress progress = new PullProgress();
    Answer.giveInterruptibly(
        "Pull",
        observer,
        call -> {
          Image image;
          try (PullReports reports = new PullReports(progress, watcher)) {
            image = CriImageService.pulled(pulls, request.getPull(), call, progress);
            reports.last();
          }
          return PullEvent.newBuilder().setImageRef(image.id().toString()).build();
        });
  }
}
