package dev.stockade.shim.cri;

import com.google.protobuf.ByteString;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.image.ExportEnded;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageStore;
import dev.stockade.v1.ExportChunk;
import dev.stockade.v1.ExportRequest;
import dev.stockade.v1.ImageExportGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Images to files, over the protocol of our own. */
final class ImageExportService extends ImageExportGrpc.ImageExportImplBase {
  private static final int CHUNK = 256 << 10;
  private static final int MOST_IMAGES = 1000;

  private final ImageStore images;

  ImageExportService(ImageStore images) {
    this.images = images;
  }

  @Override
  public void export(ExportRequest request, StreamObserver<ExportChunk> observer) {
    ServerCallStreamObserver<ExportChunk> reader = (ServerCallStreamObserver<ExportChunk>) observer;
    Answer.give(
        "Export",
        observer,
        call -> {
          OutputStream out = new BufferedOutputStream(new Chunks(reader), CHUNK);
          images.export(named(request.getImagesList()), out);
          out.flush();
          return ExportChunk.getDefaultInstance();
        });
  }

  private List<Image> named(List<String> names) throws ImageException, CallFailure {
    if (names.isEmpty() || names.size() > MOST_IMAGES) {
      throw new CallFailure(
          CallFailure.Kind.INVALID,
          "images: has " + names.size() + " entries; name 1 to " + MOST_IMAGES + " images");
    }
    List<Image> found = new ArrayList<>();
    for (String name : names) {
      Image image = CriImageService.existing(images, "images", name);
      if (found.stream().noneMatch(other -> other.id().equals(image.id()))) {
        found.add(image);
      }
    }
    return found;
  }

  /** Messages to somebody who may read slowly, as large as they are written. */
  private static final class Chunks extends OutputStream {
    private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private final ServerCallStreamObserver<ExportChunk> reader;

    Chunks(ServerCallStreamObserver<ExportChunk> reader) {
      this.reader = reader;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    /** The transport tells of room on this very thread only, so that it must be looked at. */
    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      while (!reader.isReady() && !reader.isCancelled()) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
      if (reader.isCancelled()) {
        throw new ExportEnded();
      }
      reader.onNext(
          ExportChunk.newBuilder().setChunk(ByteString.copyFrom(from, offset, length)).build());
    }
  }
}
