package dev.stockade.launcher.caps;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

/** The rules of capabilities(7), one property each. */
final class CapabilitySetsProperties {
  private static final long USER = 1000;

  @Provide
  static Arbitrary<CapabilitySet> set() {
    return Arbitraries.longs().between(0, (1L << 41) - 1).map(CapabilitySet::new);
  }

  /** Sets a thread can have: effective and ambient within permitted, ambient within inheritable. */
  @Provide
  static Arbitrary<CapabilitySets> sets() {
    return Combinators.combine(set(), set(), set(), set(), set())
        .as((b, p, e, i, a) -> new CapabilitySets(b, e.and(p), p, i, a.and(p).and(i)));
  }

  @Provide
  static Arbitrary<Executable> executable() {
    Arbitrary<OptionalLong> id =
        Arbitraries.of(OptionalLong.empty(), OptionalLong.of(0), OptionalLong.of(77));
    Arbitrary<Optional<FileCapabilities>> capabilities =
        Combinators.combine(set(), set(), Arbitraries.of(true, false))
            .as(FileCapabilities::new)
            .optional();
    return Combinators.combine(id, id, capabilities).as(Executable::new);
  }

  @Property
  void boundingAndInheritableStay(
      @ForAll("sets") CapabilitySets before,
      @ForAll("executable") Executable file,
      @ForAll @LongRange(max = 3) long uid,
      @ForAll boolean noNewPrivs) {
    CapabilitySets after = before.afterExec(uid, 0, 0, noNewPrivs, file);
    assertThat(after.bounding()).isEqualTo(before.bounding());
    assertThat(after.inheritable()).isEqualTo(before.inheritable());
  }

  @Property
  void setsStayConsistent(
      @ForAll("sets") CapabilitySets before,
      @ForAll("executable") Executable file,
      @ForAll @LongRange(max = 3) long uid,
      @ForAll boolean noNewPrivs,
      @ForAll boolean noRoot) {
    CapabilitySets after =
        before.afterExec(uid, 0, noRoot ? SecureBits.NOROOT : 0, noNewPrivs, file);
    assertThat(after.permitted().containsAll(after.effective())).isTrue();
    assertThat(after.permitted().containsAll(after.ambient())).isTrue();
    assertThat(before.ambient().containsAll(after.ambient())).isTrue();
  }

  @Property
  void usersKeepTheAmbientSetAndNothingElse(
      @ForAll("sets") CapabilitySets before, @ForAll boolean noNewPrivs) {
    CapabilitySets after = before.afterExec(USER, 0, noNewPrivs);
    assertThat(after.permitted()).isEqualTo(before.ambient());
    assertThat(after.effective()).isEqualTo(before.ambient());
    assertThat(after.ambient()).isEqualTo(before.ambient());
  }

  @Property
  void rootGainsTheBoundingSet(@ForAll("sets") CapabilitySets before) {
    CapabilitySets after = before.afterExec(0, 0, false);
    CapabilitySet gained = before.bounding().plus(before.inheritable());
    assertThat(after.permitted()).isEqualTo(gained.plus(before.ambient()));
    assertThat(after.effective()).isEqualTo(after.permitted());
  }

  @Property
  void rootWithNorootIsAUser(@ForAll("sets") CapabilitySets before, @ForAll boolean noNewPrivs) {
    CapabilitySets root = before.afterExec(0, SecureBits.NOROOT, noNewPrivs);
    assertThat(root).isEqualTo(before.afterExec(USER, 0, noNewPrivs));
  }

  @Property
  void noNewPrivsGivesNothing(
      @ForAll("sets") CapabilitySets before,
      @ForAll("executable") Executable file,
      @ForAll @LongRange(max = 3) long uid) {
    CapabilitySets after = before.afterExec(uid, 0, 0, true, file);
    assertThat(before.permitted().containsAll(after.permitted())).isTrue();
  }

  @Property
  void fileCapabilitiesAreBounded(
      @ForAll("sets") CapabilitySets before,
      @ForAll("set") CapabilitySet given,
      @ForAll boolean effective) {
    Executable file = withCapabilities(new FileCapabilities(given, CapabilitySet.NONE, effective));
    CapabilitySets after = before.afterExec(USER, USER, 0, false, file);
    assertThat(after.permitted()).isEqualTo(given.and(before.bounding()));
    assertThat(after.effective()).isEqualTo(effective ? after.permitted() : CapabilitySet.NONE);
    assertThat(after.ambient()).isEqualTo(CapabilitySet.NONE);
  }

  @Property
  void inheritableCountsOnlyWithTheFilesInheritable(
      @ForAll("sets") CapabilitySets before, @ForAll("set") CapabilitySet taken) {
    Executable file = withCapabilities(new FileCapabilities(CapabilitySet.NONE, taken, true));
    CapabilitySets after = before.afterExec(USER, USER, 0, false, file);
    assertThat(after.permitted()).isEqualTo(before.inheritable().and(taken));
  }

  @Property
  void setUserIdRootIsRootUnlessNoNewPrivs(@ForAll("sets") CapabilitySets before) {
    Executable file = new Executable(OptionalLong.of(0), OptionalLong.empty(), Optional.empty());
    CapabilitySets after = before.afterExec(USER, USER, 0, false, file);
    assertThat(after.permitted()).isEqualTo(before.bounding().plus(before.inheritable()));
    assertThat(after.ambient()).isEqualTo(CapabilitySet.NONE);
    CapabilitySets confined = before.afterExec(USER, USER, 0, true, file);
    assertThat(confined).isEqualTo(before.afterExec(USER, 0, true));
  }

  @Property
  void setUserIdRootWithCapabilitiesGetsJustThose(
      @ForAll("sets") CapabilitySets before, @ForAll("set") CapabilitySet given) {
    FileCapabilities capabilities = new FileCapabilities(given, CapabilitySet.NONE, true);
    Executable file =
        new Executable(OptionalLong.of(0), OptionalLong.empty(), Optional.of(capabilities));
    assertThat(before.afterExec(USER, USER, 0, false, file).permitted())
        .isEqualTo(given.and(before.bounding()));
  }

  @Property
  void aSecondExecChangesNothing(
      @ForAll("sets") CapabilitySets before,
      @ForAll @LongRange(max = 3) long uid,
      @ForAll boolean noNewPrivs) {
    CapabilitySets once = before.afterExec(uid, 0, noNewPrivs);
    assertThat(once.afterExec(uid, 0, noNewPrivs)).isEqualTo(once);
  }

  private static Executable withCapabilities(FileCapabilities capabilities) {
    return new Executable(OptionalLong.empty(), OptionalLong.empty(), Optional.of(capabilities));
  }
}
