package dev.stockade.shim.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.stockade.launcher.plan.NodeReview.Finding;
import dev.stockade.launcher.plan.NodeReview.State;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The state alone; a node's own answers are tried in the guests. */
final class ModuleFindingsTest {
  private static final ContainerContexts CONTEXTS =
      new ContainerContexts(context("container_t"), context("file_t"), context("ro_file_t"));

  private static SelinuxContext context(String type) {
    return SelinuxContext.parse("system_u:system_r:" + type + ":s0").orElseThrow();
  }

  /** Whether it denies, and which types the daemon may start. */
  private record Loaded(boolean enforcing, Set<String> started) implements SelinuxPolicy {
    @Override
    public Optional<SelinuxContext> find(SelinuxContext context) {
      return Optional.of(context);
    }

    @Override
    public boolean enforces(SelinuxContext context) {
      return enforcing;
    }

    @Override
    public boolean mayStart(SelinuxContext context) {
      return started.contains(context.type());
    }

    @Override
    public boolean mayRead(SelinuxContext process, SelinuxContext file) {
      return false;
    }
  }

  private static Finding selinux(
      boolean enforcing, String started, Optional<ContainerContexts> contexts, boolean lenient)
      throws Exception {
    return ModuleFindings.of(
        new Selinux(
            new Loaded(enforcing, Set.of(started)),
            contexts,
            "no such file",
            new CategoryPairs(9),
            Optional.empty(),
            lenient));
  }

  @Test
  void whereSelinuxConfinesContainersNothingIsToDo() throws Exception {
    assertThat(selinux(true, "container_t", Optional.of(CONTEXTS), false))
        .isEqualTo(new Finding("SELinux", State.YES, "enforcing", ""));
  }

  @Test
  void whereEveryPodIsRefusedNothingCanBeLaunched() throws Exception {
    for (boolean lenient : new boolean[] {false, true}) {
      Finding without = selinux(true, "container_t", Optional.empty(), lenient);
      assertThat(without.state()).as("lenient: %s", lenient).isEqualTo(State.NO);
      assertThat(without.found()).contains("no context for containers: no such file");
      assertThat(without.fix()).contains("policy with container_t");
      Finding unstartable = selinux(true, "sshd_t", Optional.of(CONTEXTS), lenient);
      assertThat(unstartable.state()).as("lenient: %s", lenient).isEqualTo(State.NO);
      assertThat(unstartable.found()).contains("does not let this daemon start", "container_t");
      assertThat(unstartable.fix()).contains("packaging/selinux");
    }
    Finding permissive = selinux(false, "container_t", Optional.of(CONTEXTS), false);
    assertThat(permissive.state()).isEqualTo(State.NO);
    assertThat(permissive.found()).contains("denies nothing");
    assertThat(permissive.fix()).contains("setenforce 1");
  }

  @Test
  void wherePodsRunUnconfinedByConfigurationItIsLimited() throws Exception {
    Finding permissive = selinux(false, "container_t", Optional.of(CONTEXTS), true);
    assertThat(permissive.state()).isEqualTo(State.LIMITED);
    assertThat(permissive.found()).contains("denies nothing");
    assertThat(permissive.fix()).contains("setenforce 1");
  }

  @Test
  void aDefaultProfileThatCannotBeLoadedIsToldWithWhatToDo() {
    assertThat(ModuleFindings.appArmor("12 enforce", Optional.empty()))
        .isEqualTo(new Finding("AppArmor", State.YES, "enabled, profiles: 12 enforce", ""));
    Obstacle obstacle = new Obstacle("cannot be loaded: there is no parser", "install it");
    assertThat(ModuleFindings.appArmor("12 enforce", Optional.of(obstacle)))
        .isEqualTo(
            new Finding(
                "AppArmor",
                State.LIMITED,
                "enabled, profiles: 12 enforce; the default profile cannot be loaded: there is no"
                    + " parser",
                "install it; until then containers that get it are refused"));
  }

  @Test
  void whatTheKernelHasNotIsToldSo() throws Exception {
    AppArmor none = new AppArmor(false, true, false, Optional.empty());
    assertThat(ModuleFindings.of(none, Optional.empty()))
        .extracting(Finding::subject, Finding::state, Finding::found)
        .containsExactly(
            tuple("AppArmor", State.LIMITED, "not enabled"),
            tuple("SELinux", State.LIMITED, "not enabled"));
  }
}
