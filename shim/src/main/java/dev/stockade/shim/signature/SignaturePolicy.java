package dev.stockade.shim.signature;

import dev.stockade.shim.image.Admission;
import dev.stockade.shim.image.Arrival.ImageFile;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.ImageReference;
import dev.stockade.shim.image.ImageSignature;
import dev.stockade.shim.image.RemoteImage;
import dev.stockade.shim.journal.Field;
import dev.stockade.shim.journal.Journal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Stream;

/**
 * The policy of a file, which is read anew, with the keys it names, for each decision. While it
 * cannot be read or is not sound, every image is refused.
 */
public final class SignaturePolicy implements Admission {
  private static final Journal JOURNAL = Journal.of(SignaturePolicy.class);
  private static final String IMPORTED = "what is imported has no signatures; pull it instead";
  private static final int LARGEST = 1 << 20;
  private static final int SHORTEST_ID = 4;

  private final Path file;
  private volatile boolean mayBeMissing;

  /**
   * The policy of a file.
   *
   * @param mayBeMissing whether every image is accepted as long as the file was never there
   */
  public SignaturePolicy(Path file, boolean mayBeMissing) {
    this.file = file;
    this.mayBeMissing = mayBeMissing;
  }

  /** Refuses a policy that is not sound, and tells what holds. */
  public void check() throws ImageException {
    boolean there = policy().isPresent();
    JOURNAL.info(
        there ? "signature policy in force" : "no signature policy, so every image is accepted",
        Field.of("file", file));
  }

  private Optional<Policy> policy() throws ImageException {
    Optional<byte[]> content = TrustedFile.read(file, LARGEST);
    if (content.isEmpty()) {
      if (mayBeMissing) {
        return Optional.empty();
      }
      throw ImageException.untrusted(
          "the signature policy " + file + " (images.signature_policy) does not exist; restore it");
    }
    mayBeMissing = false;
    return Optional.of(PolicyReader.read(file.toString(), content.get()));
  }

  @Override
  public List<ImageSignature> pulled(ImageReference name, Digest manifest, RemoteImage remote)
      throws ImageException, InterruptedException {
    Optional<Policy> policy = policy();
    if (policy.isEmpty()) {
      return List.of();
    }
    Judgement judgement =
        judgement(
            policy.get(),
            name,
            "manifest " + manifest,
            "its repository has no signature of " + manifest + "; sign that manifest");
    return judgement.accepted(() -> CosignAttachments.read(remote, manifest));
  }

  /** With a tag and a digest, the digest counts, as it does for pulls. */
  private Judgement judgement(Policy policy, ImageReference name, String subject, String lacking) {
    ImageReference identity = name.digest().map(name::withDigest).orElse(name);
    return new Judgement(
        file.toString(), subject, Optional.of(identity), policy.docker(identity), lacking);
  }

  @Override
  public void imported(SortedSet<ImageReference> names, ImageFile source) throws ImageException {
    Optional<Policy> policy = policy();
    if (policy.isPresent()) {
      requireFile(policy.get(), source);
      for (ImageReference name : names) {
        require(judgement(policy.get(), name, name.toString(), IMPORTED), List.of());
      }
    }
  }

  private void requireFile(Policy policy, ImageFile source) throws ImageException {
    require(
        new Judgement(
            file.toString(),
            source.transport() + ":" + source.path(),
            Optional.empty(),
            policy.file(source.transport(), source.path()),
            IMPORTED),
        List.of());
  }

  private static void require(Judgement judgement, List<ImageSignature> signatures)
      throws ImageException {
    try {
      List<ImageSignature> unused = judgement.accepted(() -> signatures);
    } catch (InterruptedException e) {
      throw new IllegalStateException("signatures that are here are not waited for", e);
    }
  }

  @Override
  public void used(Image image, String asked) throws ImageException {
    Optional<Policy> policy = policy();
    if (policy.isEmpty()) {
      return;
    }
    Optional<ImageFile> source = image.arrival().file();
    if (source.isPresent()) {
      requireFile(policy.get(), source.get());
    }
    Optional<ImageReference> name = name(image, asked);
    if (name.isPresent()) {
      require(kept(policy.get(), name.get()), image.arrival().signatures());
    } else {
      requireAnyName(policy.get(), image);
    }
  }

  private Judgement kept(Policy policy, ImageReference name) {
    return judgement(
        policy, name, name.toString(), "no signature was kept when it came here; pull it again");
  }

  /** What the image was asked for as, unless that is an id. */
  private static Optional<ImageReference> name(Image image, String asked) throws ImageException {
    String id = image.id().toString();
    if (asked.equals(id) || asked.equals(image.id().hex())) {
      return Optional.empty();
    }
    ImageReference name;
    try {
      name = ImageReference.parse(asked);
    } catch (ImageException e) {
      throw ImageException.untrusted(e.getMessage() + "; name the image by a reference or its id");
    }
    boolean known =
        name.digest().isPresent()
            ? image.digests().contains(name.withDigest(name.digest().get()))
            : image.tags().contains(name);
    if (known) {
      return Optional.of(name);
    }
    if (asked.length() >= SHORTEST_ID && image.id().hex().startsWith(asked)) {
      return Optional.empty();
    }
    throw ImageException.untrusted(
        name + " is not a name of " + id + " on this node, so it cannot be judged by it; pull it");
  }

  /** An image that is asked for by its id may be used if it may be under one of its names. */
  private void requireAnyName(Policy policy, Image image) throws ImageException {
    List<ImageReference> names =
        Stream.concat(image.tags().stream(), image.digests().stream()).toList();
    Optional<ImageException> first = Optional.empty();
    for (ImageReference name : names) {
      try {
        require(kept(policy, name), image.arrival().signatures());
        return;
      } catch (ImageException e) {
        first = first.or(() -> Optional.of(e));
      }
    }
    if (first.isPresent()) {
      throw first.get();
    }
    if (image.arrival().file().isEmpty()) {
      String id = image.id().toString();
      require(
          new Judgement(
              file.toString(), id, Optional.empty(), policy.docker(), "it has no name; pull it"),
          List.of());
    }
  }
}
