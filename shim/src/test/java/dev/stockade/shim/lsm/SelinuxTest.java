package dev.stockade.shim.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.shim.intent.IntentRejection;
import dev.stockade.shim.intent.Problem;
import dev.stockade.shim.intent.SelinuxIntent;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The choice alone; the kernel's own answers are tried in the guests. */
final class SelinuxTest {
  private static final String FIELD = "linux.security_context.selinux_options";
  private static final ContainerContexts CONTEXTS =
      new ContainerContexts(
          context("system_u:system_r:container_t:s0"),
          context("system_u:object_r:container_file_t:s0"),
          context("system_u:object_r:container_ro_file_t:s0"));

  private static SelinuxContext context(String text) {
    return SelinuxContext.parse(text).orElseThrow();
  }

  /** Knows a handful of names, and lets container types be started. */
  private record Small(boolean enforcing, Set<String> types) implements SelinuxPolicy {
    private static final Set<String> STARTED =
        Set.of("container_t", "spc_t", "unconfined_t", "lenient_t", "site_super_t");
    private static final Set<String> CONSTRAINED = Set.of("container_t", "lenient_t");

    @Override
    public Optional<SelinuxContext> find(SelinuxContext c) {
      boolean known =
          Set.of("system_u", "user_u").contains(c.user())
              && Set.of("system_r", "object_r").contains(c.role())
              && types.contains(c.type())
              && c.level().matches("s0(:c[0-9]+,c[0-9]+)?");
      return known
          ? Optional.of(c.withLevel(c.level().replace("c2,c1", "c1,c2")))
          : Optional.empty();
    }

    @Override
    public boolean enforces(SelinuxContext context) {
      return enforcing && !context.type().equals("lenient_t");
    }

    @Override
    public boolean mayStart(SelinuxContext context) {
      return STARTED.contains(context.type());
    }

    @Override
    public boolean mayRead(SelinuxContext process, SelinuxContext file) {
      return !CONSTRAINED.contains(process.type()) || process.level().equals(file.level());
    }
  }

  private static Selinux of(boolean enforcing, int categories, String... more) {
    return of(new Small(enforcing, types(more)), categories, false);
  }

  private static Selinux of(SelinuxPolicy policy, int categories, boolean mayBePermissive) {
    return new Selinux(
        policy,
        Optional.of(CONTEXTS),
        "",
        new CategoryPairs(categories),
        Optional.empty(),
        mayBePermissive);
  }

  /** Where privileged containers get a type that the configuration names. */
  private static Selinux withPrivilegedType(String configured, String... more) {
    return new Selinux(
        new Small(true, types(more)),
        Optional.of(CONTEXTS),
        "",
        new CategoryPairs(9),
        Optional.of(configured),
        false);
  }

  private static Set<String> types(String... more) {
    Set<String> types =
        new java.util.HashSet<>(List.of("container_t", "container_file_t", "sshd_t"));
    types.addAll(List.of(more));
    return types;
  }

  private static Optional<SelinuxIntent> asking(
      String user, String role, String type, String level) {
    return Optional.of(new SelinuxIntent(user, role, type, level));
  }

  private static SelinuxLabels labels(String type, String level) {
    return new SelinuxLabels(
        "system_u:system_r:" + type + ":" + level, "system_u:object_r:container_file_t:" + level);
  }

  private static List<String> refused(Selinux selinux, Optional<SelinuxIntent> asked) {
    return refused(() -> selinux.claim(asked));
  }

  private static List<String> refused(ThrowingCallable request) {
    IntentRejection rejection = catchThrowableOfType(IntentRejection.class, request);
    return rejection.problems().stream().map(Problem::field).toList();
  }

  @Test
  void aPodGetsThePolicysContextsAndCategoriesOfItsOwn() throws Exception {
    Selinux selinux = of(true, 2);
    SelinuxLabels labels = selinux.claim(Optional.empty());
    assertThat(labels).isEqualTo(labels("container_t", "s0:c0,c1"));
    assertThat(refused(selinux, Optional.empty())).containsExactly(FIELD + ".level");
    assertThat(catchThrowableOfType(IntentRejection.class, () -> selinux.claim(Optional.empty())))
        .hasMessageContaining("every pair of the 2 SELinux categories belongs to a pod")
        .hasMessageContaining("raise selinux.categories of the configuration");
    selinux.release(labels);
    assertThat(selinux.claim(Optional.empty())).isEqualTo(labels);
  }

  @Test
  void categoriesThatWereAskedForOrRecordedAreNobodyElses() throws Exception {
    Selinux selinux = of(true, 3);
    assertThat(selinux.claim(asking("", "", "", "s0:c2,c1")))
        .isEqualTo(labels("container_t", "s0:c1,c2"));
    selinux.hold(labels("container_t", "s0:c0,c2"));
    assertThat(selinux.claim(Optional.empty())).isEqualTo(labels("container_t", "s0:c0,c1"));
    assertThat(refused(selinux, Optional.empty())).containsExactly(FIELD + ".level");
  }

  @Test
  void aRefusedPodHoldsNoCategories() throws Exception {
    Selinux selinux = of(true, 2);
    assertThat(refused(selinux, asking("", "", "none_t", ""))).containsExactly(FIELD + ".type");
    assertThat(selinux.claim(Optional.empty())).isEqualTo(labels("container_t", "s0:c0,c1"));
  }

  @Test
  void everyPartThatThePolicyDoesNotKnowIsNamed() {
    Selinux selinux = of(true, 9);
    assertThat(refused(selinux, asking("nobody_u", "", "container_t", "s1")))
        .containsExactly(FIELD + ".user", FIELD + ".level");
    assertThat(refused(selinux, asking("", "none_r", "", ""))).containsExactly(FIELD + ".role");
    assertThat(refused(selinux, asking("", "", "sshd_t", ""))).containsExactly(FIELD + ".type");
  }

  @Test
  void whatAPermissiveNodeWouldNotEnforceIsRefused() throws Exception {
    Selinux selinux = of(false, 9);
    for (Optional<SelinuxIntent> asked :
        List.of(asking("", "", "container_t", ""), Optional.<SelinuxIntent>empty())) {
      IntentRejection rejection =
          catchThrowableOfType(IntentRejection.class, () -> selinux.claim(asked));
      assertThat(rejection)
          .hasMessageContaining(FIELD)
          .hasMessageContaining("SELinux is permissive on this node or for container_t")
          .hasMessageContaining("degradation.selinux_mode");
    }
    assertThat(selinux.obstacle().orElseThrow().remedy()).contains("setenforce 1");
    Selinux reporting = of(new Small(false, types()), 2, true);
    assertThat(reporting.claim(Optional.empty())).isEqualTo(labels("container_t", "s0:c0,c1"));
    assertThat(reporting.obstacle()).isPresent();
  }

  @Test
  void aTypeThatIsPermissiveAloneIsRefusedToo() throws Exception {
    Selinux selinux = of(true, 2, "lenient_t");
    assertThat(refused(selinux, asking("", "", "lenient_t", ""))).containsExactly(FIELD);
    assertThat(selinux.claim(Optional.empty())).isEqualTo(labels("container_t", "s0:c0,c1"));
    assertThat(selinux.obstacle()).isEmpty();
  }

  @Test
  void aContainerHasItsPodsContextsButForWhatItAsks() throws Exception {
    Selinux selinux = of(true, 9);
    SelinuxLabels pod = labels("container_t", "s0:c4,c5");
    assertThat(selinux.container(pod, Optional.empty(), false)).isEqualTo(pod);
    SelinuxLabels own = selinux.container(pod, asking("user_u", "", "", "s0:c4,c5"), false);
    assertThat(own.process()).isEqualTo("user_u:system_r:container_t:s0:c4,c5");
    assertThat(own.file()).isEqualTo(pod.file());
  }

  @Test
  void aContainersOwnLevelIsOfItsProcessAndItsFiles() throws Exception {
    Selinux selinux = of(true, 9, "spc_t");
    SelinuxLabels pod = labels("container_t", "s0:c4,c5");
    assertThat(selinux.container(pod, asking("", "", "", "s0:c2,c1"), false))
        .as("as the policy writes it")
        .isEqualTo(labels("container_t", "s0:c1,c2"));
    assertThat(selinux.container(pod, asking("", "", "", "s0"), false))
        .isEqualTo(labels("container_t", "s0"));
    assertThat(selinux.container(pod, asking("", "", "", "s0:c6,c7"), true))
        .isEqualTo(labels("spc_t", "s0:c6,c7"));
    assertThat(refused(() -> selinux.container(pod, asking("", "", "", "s1:c6,c7"), false)))
        .containsExactly(FIELD + ".level");
  }

  @Test
  void categoriesThatAContainerHasAreNoNewPods() throws Exception {
    Selinux selinux = of(true, 3);
    SelinuxLabels pod = selinux.claim(asking("", "", "", "s0:c0,c1"));
    SelinuxLabels own = selinux.container(pod, asking("", "", "", "s0:c0,c2"), false);
    selinux.hold(own);
    selinux.hold(own);
    SelinuxLabels last = selinux.claim(Optional.empty());
    assertThat(last).isEqualTo(labels("container_t", "s0:c1,c2"));
    selinux.release(own);
    assertThat(refused(selinux, Optional.empty())).containsExactly(FIELD + ".level");
    selinux.release(own);
    assertThat(selinux.claim(Optional.empty())).isEqualTo(own);
  }

  @Test
  void aPrivilegedContainerIsNotConfinedUnlessItAsks() throws Exception {
    SelinuxLabels pod = labels("container_t", "s0:c4,c5");
    assertThat(of(true, 9, "spc_t").container(pod, Optional.empty(), true))
        .isEqualTo(new SelinuxLabels("system_u:system_r:spc_t:s0", pod.file()));
    assertThat(of(true, 9, "unconfined_t").container(pod, Optional.empty(), true).process())
        .isEqualTo("system_u:system_r:unconfined_t:s0");
    assertThat(of(true, 9, "spc_t").container(pod, asking("", "", "container_t", ""), true))
        .as("with the categories without which it could not read its root")
        .isEqualTo(pod);
  }

  @Test
  void aPrivilegedContainerHasTheConfiguredTypeUnlessItAsks() throws Exception {
    SelinuxLabels pod = labels("container_t", "s0:c4,c5");
    Selinux selinux = withPrivilegedType("site_super_t", "site_super_t", "spc_t");
    assertThat(selinux.container(pod, Optional.empty(), true).process())
        .isEqualTo("system_u:system_r:site_super_t:s0");
    assertThat(selinux.container(pod, asking("", "", "", "s0:c6,c7"), true).process())
        .isEqualTo("system_u:system_r:site_super_t:s0:c6,c7");
    assertThat(selinux.container(pod, asking("", "", "spc_t", ""), true).process())
        .isEqualTo("system_u:system_r:spc_t:s0");
    assertThat(selinux.container(pod, Optional.empty(), false)).isEqualTo(pod);
    assertThat(withPrivilegedType("container_t", "spc_t").container(pod, Optional.empty(), true))
        .isEqualTo(pod);
  }

  @Test
  void aConfiguredTypeThatThePolicyDoesNotHaveOrAllowIsRefusedByItsKey() throws Exception {
    SelinuxLabels pod = labels("container_t", "s0:c4,c5");
    for (String type : List.of("site_super_t", "sshd_t")) {
      Selinux selinux = withPrivilegedType(type, "spc_t");
      IntentRejection rejection =
          catchThrowableOfType(
              IntentRejection.class, () -> selinux.container(pod, Optional.empty(), true));
      assertThat(rejection)
          .hasMessageContaining(FIELD + ".type: is unset, which asks for")
          .hasMessageContaining("privileged.selinux_type = \"" + type + "\", and the ")
          .hasMessageContaining(
              type.equals("sshd_t") ? "does not let this daemon start" : "has no such type")
          .hasMessageContaining("set that key to a type");
      assertThat(selinux.container(pod, Optional.empty(), false)).isEqualTo(pod);
      assertThat(selinux.container(pod, asking("", "", "spc_t", ""), true).process())
          .isEqualTo("system_u:system_r:spc_t:s0");
    }
  }

  @Test
  void onlyPrivilegedTypesThatCategoriesLetThroughAreNotConfined() throws Exception {
    Selinux plain = of(true, 9, "spc_t", "unconfined_t", "site_super_t");
    assertThat(plain.confines(labels("container_t", "s0:c4,c5"))).isTrue();
    assertThat(plain.confines(labels("site_super_t", "s0"))).isTrue();
    assertThat(plain.confines(labels("spc_t", "s0:c4,c5"))).isFalse();
    assertThat(plain.confines(labels("unconfined_t", "s0"))).isFalse();
    Selinux configured = withPrivilegedType("site_super_t", "site_super_t", "spc_t");
    assertThat(configured.confines(labels("site_super_t", "s0"))).isFalse();
    assertThat(configured.confines(labels("spc_t", "s0"))).isFalse();
    assertThat(configured.confines(labels("container_t", "s0"))).isTrue();
    assertThat(withPrivilegedType("container_t").confines(labels("container_t", "s0:c4,c5")))
        .isTrue();
  }

  @Test
  void whereThePolicyHasNothingForContainersEveryPodIsRefusedWithTheReason() {
    Selinux selinux =
        new Selinux(
            new Small(true, Set.of()),
            Optional.empty(),
            "the reason",
            new CategoryPairs(9),
            Optional.empty(),
            false);
    assertThat(selinux.obstacle().orElseThrow().reason()).contains("the reason");
    IntentRejection rejection =
        catchThrowableOfType(IntentRejection.class, () -> selinux.claim(Optional.empty()));
    assertThat(rejection).hasMessageContaining(FIELD).hasMessageContaining("the reason");
  }
}
