package dev.stockade.shim.registry;

import static dev.stockade.shim.registry.PolicedStore.REJECT;
import static dev.stockade.shim.registry.PolicedStore.requirement;
import static dev.stockade.shim.registry.PolicedStore.signed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.Platform;
import dev.stockade.shim.signature.Attachment;
import dev.stockade.shim.signature.Signer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only images that the policy accepts come, whatever a registry says. */
final class SignedPullTest {
  private PolicedStore node;

  @BeforeEach
  void start(@TempDir Path directory) throws Exception {
    node = new PolicedStore(directory);
  }

  @AfterEach
  void end() {
    node.close();
  }

  @Test
  void aSignedImageIsPulledAndStaysAccepted() throws Exception {
    node.sign(node.name());
    Image image = node.pull(node.name());
    assertThat(image.arrival().signatures()).hasSize(1);
    node.registry.close();
    node.reopen();
    Image again = node.store.find(node.name()).orElseThrow();
    assertThat(again).isEqualTo(image);
    node.store.requireAdmitted(again, node.name());
    node.store.requireAdmitted(again, again.id().toString());
    node.store.requireAdmitted(again, again.id().hex());
  }

  @Test
  void anUnsignedImageIsRefused() {
    assertThat(node.refused(node.name()))
        .contains("transports.docker.\"\"[0] (sigstoreSigned)", "no signature of " + node.manifest);
  }

  @Test
  void aSignatureOfAnotherKeyIsNone() throws Exception {
    node.attach(node.manifest, Attachment.of(Signer.p256(), node.manifest, node.name()));
    assertThat(node.refused(node.name())).contains("was made by no key of the policy");
  }

  @Test
  void aSignatureOfAnotherImageIsNone() throws Exception {
    Digest other = Digest.sha256(node.manifest(",'author':'another'"));
    node.attach(node.manifest, Attachment.of(node.signer, other, node.name()));
    assertThat(node.refused(node.name())).contains("is of another image, " + other);
  }

  @Test
  void aSignatureOfAnotherNameIsNone() throws Exception {
    node.sign(node.registry.host() + "/team/app:2");
    assertThat(node.refused(node.name())).contains("matchRepoDigestOrExact does not accept");
  }

  @Test
  void aRepositoryAloneCountsWhereThePolicySaysSo() throws Exception {
    node.sign(node.registry.host() + "/team/app");
    assertThat(node.refused(node.name())).contains("signedIdentity is matchRepository");
    node.policy(signed(node.signer, "{'type':'matchRepository'}"));
    node.pull(node.name());
  }

  @Test
  void aTagThatIsMovedToAnUnsignedImageIsRefused() throws Exception {
    node.sign(node.name());
    Image image = node.pull(node.name());
    byte[] moved = node.manifest(",'author':'mallory'");
    node.registry.serving(node.layout, "1", moved);
    assertThatThrownBy(() -> node.pull(node.name()))
        .hasMessageContaining("no signature of " + Digest.sha256(moved));
    // And with the signature of the image that the tag led to before.
    node.attach(Digest.sha256(moved), Attachment.of(node.signer, node.manifest, node.name()));
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("is of another image");
    assertThat(node.store.list()).containsExactly(image);
  }

  @Test
  void aPayloadThatWasChangedIsNotAccepted() throws Exception {
    byte[] payload = Signer.payload(node.manifest, node.name());
    String made = node.signer.base64(payload);
    byte[] changed =
        new String(payload, StandardCharsets.UTF_8)
            .replace("null", "{}")
            .getBytes(StandardCharsets.UTF_8);
    node.attach(node.manifest, new Attachment().layer(changed, made));
    assertThat(node.refused(node.name())).contains("was made by no key");
  }

  @Test
  void aPayloadWithMoreThanIsKnownIsNotAccepted() throws Exception {
    String more =
        new String(Signer.payload(node.manifest, node.name()), StandardCharsets.UTF_8)
            .replace("\"critical\":{", "\"critical\":{\"expires\":1,");
    byte[] payload = more.getBytes(StandardCharsets.UTF_8);
    node.attach(node.manifest, new Attachment().signed(node.signer, payload));
    assertThat(node.refused(node.name())).contains("payload that is not accepted", "expires");
  }

  @Test
  void aSignatureThatIsNoneIsNotAccepted() {
    byte[] payload = Signer.payload(node.manifest, node.name());
    for (String signature : new String[] {"*", "AAAA", "MAYCAQACAQA="}) {
      node.attach(node.manifest, new Attachment().layer(payload, signature));
      assertThat(node.refused(node.name())).contains("of 1 signatures none counts");
    }
  }

  @Test
  void oneGoodSignatureAmongOthersIsEnough() throws Exception {
    Attachment attachment = Attachment.of(Signer.p256(), node.manifest, node.name());
    attachment.layer("application/vnd.dsse.envelope.v1+json", LayoutBuilder.utf8("[]"), "x");
    attachment.layer(LayoutBuilder.utf8("hostile"), "AAAA");
    attachment.signed(node.signer, Signer.payload(node.manifest, node.name()));
    node.attach(node.manifest, attachment);
    assertThat(node.pull(node.name()).arrival().signatures()).hasSize(1);
  }

  @Test
  void anyKeyOfOneRequirementIsEnoughAndEveryRequirementHasToHold() throws Exception {
    Signer other = Signer.p256();
    node.attach(node.manifest, Attachment.of(other, node.manifest, node.name()));
    node.policy("[" + requirement(node.signer, "") + "," + requirement(other, "") + "]");
    assertThat(node.refused(node.name())).contains("[0] (sigstoreSigned)");
    node.policy("[" + requirement(other, "") + "," + requirement(node.signer, "") + "]");
    assertThat(node.refused(node.name())).contains("[1] (sigstoreSigned)");
    node.policy(
        "[{'type':'sigstoreSigned','keyDatas':['"
            + node.signer.data()
            + "','"
            + other.data()
            + "']}]");
    node.pull(node.name());
  }

  /** What is kept has bounds, within which each requirement finds what it needs again. */
  @Test
  void manySignaturesOfOneKeyDoNotCrowdOutAnothers() throws Exception {
    Signer other = Signer.p256();
    byte[] payload = Signer.payload(node.manifest, node.name());
    Attachment attachment = new Attachment();
    for (int i = 0; i < 40; i++) {
      attachment.signed(node.signer, payload);
    }
    node.attach(node.manifest, attachment.signed(other, payload));
    node.policy("[" + requirement(node.signer, "") + "," + requirement(other, "") + "]");
    Image image = node.pull(node.name());
    assertThat(image.arrival().signatures()).hasSize(8 + 1);
    node.reopen();
    node.store.requireAdmitted(node.store.find(node.name()).orElseThrow(), node.name());
  }

  /** Else a tag would lead to whatever image of its repository somebody asks for by a digest. */
  @Test
  void aDigestBesideATagDoesNotMoveTheTag() throws Exception {
    node.policy(signed(node.signer, "{'type':'matchRepository'}"));
    node.sign(node.name());
    Image tagged = node.pull(node.name());
    Digest other = Digest.sha256(node.manifest(",'author':'another'"));
    node.registry.serving(node.layout, "2", node.content);
    node.attach(other, Attachment.of(node.signer, other, node.registry.host() + "/team/app:2"));
    Image digested = node.pull(node.name() + "@" + other);
    assertThat(digested.id()).isNotEqualTo(tagged.id());
    assertThat(digested.tags()).isEmpty();
    assertThat(node.store.find(node.name())).contains(tagged);
    node.store.requireAdmitted(digested, node.name() + "@" + other);
  }

  @Test
  void rejectedImagesAndThoseNobodyCanVerifyAreRefusedWithoutLookingForSignatures()
      throws Exception {
    node.sign(node.name());
    node.policy(REJECT);
    assertThat(node.refused(node.name())).contains("(reject)");
    node.policy("[{'type':'insecureAcceptAnything'},{'type':'reject'}]");
    assertThat(node.refused(node.name())).contains("[1] (reject)");
    node.policy("[{'type':'signedBy','keyType':'GPGKeys','keyPath':'/k'}]");
    assertThat(node.refused(node.name())).contains("(signedBy)", "not verified here");
    node.policy(
        "[{'type':'sigstoreSigned','fulcio':{'caPath':'/c','oidcIssuer':'i','subjectEmail':'e'},"
            + "'rekorPublicKeyPath':'/r'}]");
    assertThat(node.refused(node.name())).contains("Fulcio");
    assertThat(node.registry.asked(".sig")).isZero();
  }

  @Test
  void tooManyOrTooLargeSignaturesAreRefused() throws Exception {
    Attachment many = new Attachment();
    for (int i = 0; i < 65; i++) {
      many.layer(LayoutBuilder.utf8("" + i), "AAAA");
    }
    node.attach(node.manifest, many);
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("has 65 elements");
    byte[] large = new byte[9000];
    node.attach(node.manifest, new Attachment().layer(large, "AAAA"));
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("more than a signature");
    node.attach(node.manifest, new Attachment().layer(new byte[1], "A".repeat(5000)));
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("more than a signature");
    node.registry.serving(node.layout, Attachment.tag(node.manifest), new byte[2 << 20]);
    ImageException refused =
        catchThrowableOfType(ImageException.class, () -> node.pull(node.name()));
    assertThat(refused).hasMessageContaining("more than 1048576 bytes");
    assertThat(refused.kind()).isEqualTo(ImageException.Kind.UNTRUSTED);
    assertThat(node.store.list()).isEmpty();
  }

  @Test
  void whatIsNoManifestOfSignaturesIsRefused() {
    for (String text : new String[] {"{}", "[]", "{'schemaVersion':2,'layers':[1]}", "x"}) {
      node.registry.serving(node.layout, Attachment.tag(node.manifest), LayoutBuilder.utf8(text));
      assertThat(catchThrowableOfType(ImageException.class, () -> node.pull(node.name())).kind())
          .isEqualTo(ImageException.Kind.UNTRUSTED);
    }
    byte[] index = LayoutBuilder.utf8(LayoutBuilder.index());
    node.registry.serving(node.layout, Attachment.tag(node.manifest), index);
    assertThatThrownBy(() -> node.pull(node.name()))
        .hasMessageContaining("media type \"" + LayoutBuilder.INDEX + "\"");
  }

  @Test
  void aManifestOfSignaturesThatSaysItIsSomethingElseIsRefused() throws Exception {
    Attachment attachment = Attachment.of(node.signer, node.manifest, node.name());
    String said =
        new String(attachment.manifest(), StandardCharsets.UTF_8)
            .replace(LayoutBuilder.MANIFEST, LayoutBuilder.MANIFEST + "2");
    node.registry.serving(
        attachment.blobs(), Attachment.tag(node.manifest), LayoutBuilder.utf8(said));
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("\"mediaType\" is not");
  }

  @Test
  void signaturesThatCannotBeHadAreNotTakenForMissing() throws Exception {
    node.sign(node.name());
    node.registry.mischief =
        exchange -> {
          boolean meant = exchange.getRequestURI().getPath().endsWith(".sig");
          if (meant) {
            ScriptedRegistry.answer(exchange, 503, new byte[0]);
          }
          return meant;
        };
    ImageException failure =
        catchThrowableOfType(ImageException.class, () -> node.pull(node.name()));
    assertThat(failure.kind()).isEqualTo(ImageException.Kind.TRANSFER);
    assertThat(failure).hasRootCauseInstanceOf(RegistryException.class);
  }

  /** As containers/image has it: an index is not what runs. */
  @Test
  void ofAnIndexTheManifestOfThisPlatformHasToBeSigned() throws Exception {
    String own =
        ",'platform':{'os':'linux','architecture':'" + Platform.here().architecture() + "'}";
    String descriptor = node.layout.blob(LayoutBuilder.MANIFEST, node.content, own);
    byte[] index = LayoutBuilder.utf8(LayoutBuilder.index(descriptor));
    node.registry.serving(node.layout, "1", index);
    Digest digest = Digest.sha256(index);
    node.attach(digest, Attachment.of(node.signer, digest, node.name()));
    assertThat(node.refused(node.name())).contains("no signature of " + node.manifest);
    node.sign(node.name());
    node.pull(node.name());
    node.pull(node.registry.host() + "/team/app@" + digest);
  }

  @Test
  void aMirrorServesSignaturesOfTheNameThatIsAskedFor() throws Exception {
    String asked = "origin.example/team/app:1";
    Path settings = Files.createDirectory(node.hosts.resolve("origin.example"));
    Files.writeString(
        settings.resolve("hosts.toml"), "server = \"http://" + node.registry.host() + "\"\n");
    node.sign(node.name());
    assertThat(node.refused(asked)).contains("does not accept");
    node.sign(asked);
    node.pull(asked);
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("does not accept");
    node.policy(
        signed(
            node.signer,
            "{'type':'remapIdentity','prefix':'"
                + node.registry.host()
                + "','signedPrefix':'origin.example'}"));
    node.pull(node.name());
  }
}
