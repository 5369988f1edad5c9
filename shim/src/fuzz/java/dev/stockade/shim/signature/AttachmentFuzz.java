package dev.stockade.shim.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.shim.fuzz.FuzzTarget;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageSignature;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.RemoteImage;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A manifest of signatures, every blob of which exists: as many as are bounded, or a refusal. */
public final class AttachmentFuzz implements FuzzTarget {
  private static final Digest SIGNED = Digest.sha256(new byte[0]);

  @Override
  public Stream<byte[]> seeds() {
    byte[] payload = Signer.payload(SIGNED, "r.example/app:1");
    Attachment several = new Attachment().layer(payload, "AAAA").layer(payload, "*");
    return Stream.of(
        new Attachment().manifest(),
        several.layer("application/vnd.dsse.envelope.v1+json", payload, "x").manifest(),
        new String(several.manifest(), StandardCharsets.UTF_8)
            .replace("\"size\":", "\"size\":99")
            .getBytes(StandardCharsets.UTF_8),
        LayoutBuilder.utf8(LayoutBuilder.index()));
  }

  @Override
  public void take(byte[] input) throws Exception {
    try {
      List<ImageSignature> read = CosignAttachments.read(new Repository(input), SIGNED);
      assertThat(read).hasSizeLessThanOrEqualTo(64);
      for (ImageSignature each : read) {
        assertThat(each.manifest()).isEqualTo(SIGNED);
        assertThat(each.signature()).isNotEmpty().hasSizeLessThanOrEqualTo(4 << 10);
      }
    } catch (ImageException e) {
      assertThat(e.kind()).isEqualTo(ImageException.Kind.UNTRUSTED);
      assertThat(e.getMessage())
          .startsWith("tag " + Attachment.tag(SIGNED) + ": ")
          .hasSizeLessThan(2000)
          .matches("[\\x20-\\x7e]+");
    }
  }

  /** Has the manifest, and something for every digest. */
  private static final class Repository implements RemoteImage {
    private final byte[] manifest;

    Repository(byte[] manifest) {
      this.manifest = manifest;
    }

    @Override
    public Document root(List<String> accepted, int limit) {
      return new Document(LayoutBuilder.MANIFEST, Digest.sha256(manifest), manifest);
    }

    @Override
    public Optional<Document> tagged(String tag, List<String> accepted, int limit) {
      return Optional.of(root(accepted, limit));
    }

    @Override
    public byte[] manifest(Digest digest, List<String> accepted, int limit) {
      return manifest;
    }

    @Override
    public byte[] document(Digest digest, int limit) {
      return new byte[limit];
    }

    @Override
    public InputStream blob(Digest digest, long size, BooleanSupplier unwanted) {
      return InputStream.nullInputStream();
    }
  }
}
