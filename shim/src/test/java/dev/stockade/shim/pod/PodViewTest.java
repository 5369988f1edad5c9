package dev.stockade.shim.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.PodSandboxConfig;
import dev.stockade.cri.v1.PodSandboxMetadata;
import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.intent.PodIntentReader;
import dev.stockade.shim.lsm.SelinuxLabels;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodViewTest {
  private static final Path HOME = Path.of("/run/s/pods/p");

  private static Optional<SelinuxLabels> labels(String type, String level) {
    return Optional.of(new SelinuxLabels("u:r:" + type + ":" + level, "u:r:f:" + level));
  }

  private static PodView pod(Optional<SelinuxLabels> selinux) throws Exception {
    PodSandboxMetadata.Builder web =
        PodSandboxMetadata.newBuilder().setName("web").setNamespace("n").setUid("u");
    PodIntent intent = PodIntentReader.read(PodSandboxConfig.newBuilder().setMetadata(web).build());
    return new PodView(
        "p",
        intent,
        PodContexts.of("p", intent, "web", Map.of(), new PodFiles(HOME), "/s", selinux),
        HOME);
  }

  @Test
  void aContainerOfAnotherLabelHasFilesOfItsOwn() throws Exception {
    PodView pod = pod(labels("p", "s0:c1,c2"));
    assertThat(pod.contextFor(labels("spc_t", "s0:c1,c2"))).isEqualTo(pod.context());
    Map<String, Path> own = pod.contextFor(labels("p", "s0:c3,c4")).files();
    assertThat(own.keySet()).isEqualTo(pod.context().files().keySet());
    assertThat(own.values())
        .allSatisfy(path -> assertThat(path).startsWithRaw(HOME))
        .doesNotContainAnyElementsOf(pod.context().files().values());
    assertThat(pod.contextFor(labels("other", "s0:c3,c4")).files()).isEqualTo(own);
    assertThat(pod.contextFor(labels("p", "s0:c3,c5")).files().values())
        .doesNotContainAnyElementsOf(own.values());
  }

  @Test
  void withoutSelinuxTheFilesAreThePods() throws Exception {
    PodView pod = pod(Optional.empty());
    assertThat(pod.contextFor(Optional.empty())).isEqualTo(pod.context());
  }
}
