package dev.stockade.shim.registry;

import static dev.stockade.shim.registry.PolicedStore.ACCEPT;
import static dev.stockade.shim.registry.PolicedStore.LAYER;
import static dev.stockade.shim.registry.PolicedStore.REJECT;
import static dev.stockade.shim.registry.PolicedStore.signed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.stockade.launcher.linux.Linux;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.image.ImageException;
import dev.stockade.shim.image.LayoutBuilder;
import dev.stockade.shim.image.TarBuilder;
import dev.stockade.shim.signature.SignaturePolicy;
import dev.stockade.shim.signature.Signer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of the node are judged again, and those that are imported, by the policy of that time. */
final class SignedUseTest {
  private static final int SWAPPED_IMPORTS = 200;

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
  void whatCameBeforeThePolicyIsNotUsedAfterIt() throws Exception {
    node.policy(ACCEPT);
    Image image = node.pull(node.name());
    node.store.requireAdmitted(image, node.name());
    node.policy(signed(node.signer, ""));
    for (String asked : new String[] {node.name(), image.id().toString(), image.id().hex()}) {
      assertThatThrownBy(() -> node.store.requireAdmitted(image, asked))
          .hasMessageContaining("no signature was kept")
          .hasMessageContaining("pull it again");
    }
    node.sign(node.name());
    node.pull(node.name());
    Image again = node.store.find(node.name()).orElseThrow();
    node.store.requireAdmitted(again, node.name());
    node.policy(signed(Signer.p256(), ""));
    assertThatThrownBy(() -> node.store.requireAdmitted(again, node.name()))
        .hasMessageContaining("no key of the policy");
  }

  /** Otherwise any image could be used by saying that it is a better one. */
  @Test
  void anImageIsNotUsedUnderANameItDoesNotHave() throws Exception {
    node.policy(ACCEPT);
    Image image = node.pull(node.name());
    for (String better :
        new String[] {"better.example/app:1", node.registry.host() + "/team/app:2"}) {
      assertThatThrownBy(() -> node.store.requireAdmitted(image, better))
          .hasMessageContaining(better + " is not a name of " + image.id());
    }
  }

  @Test
  void aPolicyThatBreaksInMidLifeRefusesEverything() throws Exception {
    node.policy(ACCEPT);
    node.policy.check();
    Image image = node.pull(node.name());
    for (String text : new String[] {"{", "{'default':[]}", "{'default':" + ACCEPT + ",'x':1}"}) {
      node.write(text);
      assertThatThrownBy(node.policy::check).hasMessageContaining("correct the file");
      assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("correct the file");
      assertThatThrownBy(() -> node.store.requireAdmitted(image, node.name()))
          .hasMessageContaining("correct");
    }
    node.policy(ACCEPT);
    Files.setPosixFilePermissions(node.file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("chmod go-w");
    Files.delete(node.file);
    assertThatThrownBy(() -> node.pull(node.name())).hasMessageContaining("does not exist");
  }

  @Test
  void aFileThatNobodyNamedMayBeMissingUntilItWasThere() throws Exception {
    SignaturePolicy byDefault = new SignaturePolicy(node.directory.resolve("default.json"), true);
    byDefault.check();
    node.policy(REJECT);
    Files.copy(node.file, node.directory.resolve("default.json"));
    byDefault.check();
    Files.delete(node.directory.resolve("default.json"));
    assertThatThrownBy(byDefault::check).hasMessageContaining("does not exist; restore it");
  }

  @Test
  void aFileThatIsAnotherUsersOrLeadsNowhereRefusesEverything() throws Exception {
    assumeTrue(Linux.root(), "needs root: a file is given to another user");
    SignaturePolicy byDefault = new SignaturePolicy(node.file, true);
    byDefault.check();
    Files.setAttribute(node.file, "unix:uid", 1000);
    assertThatThrownBy(byDefault::check)
        .hasMessageContaining(node.file.toString())
        .hasMessageContaining("belongs to user 1000; chown it to root");
    Path link = Files.createSymbolicLink(node.directory.resolve("link"), Path.of("nowhere"));
    assertThatThrownBy(new SignaturePolicy(link, true)::check).hasMessageContaining("cannot read");
  }

  @Test
  void anImportIsJudgedByItsFileAndByTheNamesItGives() throws Exception {
    Path source = layout("app", LAYER);
    assertThatThrownBy(() -> node.store.importFrom(source, Optional.empty()))
        .hasMessageContaining("oci:" + source + ": refused by " + node.file)
        .hasMessageContaining(" at default[0] (reject)");
    String here = "'oci':{'" + node.directory + "':" + ACCEPT + "}";
    node.transports(here);
    assertThatThrownBy(() -> node.store.importFrom(source, Optional.empty()))
        .hasMessageContaining("r.example/app:1: refused by");
    node.transports(here + ",'docker':{'r.example':" + ACCEPT + "}");
    Image image = node.store.importFrom(source, Optional.empty()).get(0);
    node.store.requireAdmitted(image, "r.example/app:1");
    node.store.requireAdmitted(image, image.id().toString());
    node.transports("'docker':{'r.example':" + ACCEPT + "}");
    assertThatThrownBy(() -> node.store.requireAdmitted(image, "r.example/app:1"))
        .hasMessageContaining("oci:" + source);
    node.transports("'oci':{'':" + ACCEPT + "},'docker':{'':" + signed(node.signer, "") + "}");
    for (String asked : new String[] {"r.example/app:1", image.id().toString()}) {
      assertThatThrownBy(() -> node.store.requireAdmitted(image, asked))
          .hasMessageContaining("(sigstoreSigned)");
    }
  }

  /** Whoever can swap a link on the way cannot have one directory judged and another one taken. */
  @Test
  void whatIsJudgedIsWhatIsImported() throws Exception {
    Path good = layout("good", LAYER);
    Path evil = layout("evil", new TarBuilder().file("evil", "").build());
    node.transports("'oci':{'" + good + "':" + ACCEPT + "},'docker':{'':" + ACCEPT + "}");
    Path link = Files.createSymbolicLink(node.directory.resolve("link"), good);
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Void> swapping =
        CompletableFuture.runAsync(() -> swap(link, over, good, evil));
    int refused = 0;
    try {
      for (int i = 0; i < SWAPPED_IMPORTS; i++) {
        try {
          assertThat(node.store.importFrom(link, Optional.empty()).get(0).tags())
              .hasToString("[r.example/good:1]");
        } catch (ImageException e) {
          assertThat(e).hasMessageContaining("oci:" + evil + ": refused by");
          refused++;
        }
      }
    } finally {
      over.set(true);
      swapping.get(30, TimeUnit.SECONDS);
    }
    assertThat(refused).isBetween(1, SWAPPED_IMPORTS - 1);
  }

  private Path layout(String name, byte[] layer) throws IOException {
    return LayoutBuilder.of("r.example/" + name + ":1", layer)
        .writeTo(Files.createDirectory(node.directory.resolve(name)));
  }

  private static void swap(Path link, AtomicBoolean over, Path... targets) {
    Path next = link.resolveSibling("next");
    try {
      for (int i = 0; !over.get(); i++) {
        Files.createSymbolicLink(next, targets[i % targets.length]);
        Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
