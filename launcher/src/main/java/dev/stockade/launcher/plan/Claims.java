package dev.stockade.launcher.plan;

import dev.stockade.launcher.caps.Executable;
import dev.stockade.launcher.spec.OciSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * What the kernel must show of a launch. Made from what was asked, not from the steps, so that a
 * step that was forgotten shows; from the plan come only what the spec does not say: slots,
 * compiled filters, securebits.
 */
public final class Claims {
  static final String OWN = "own";
  static final String HOST = "host";
  static final String JOINED = "joined @";
  static final String JOINED_SHOWN = "the pod's";
  static final String OWN_NOT = "own, not ";
  static final String DEFAULT = "default ";

  private Claims() {}

  /** The claims of a plan whose program has no set-ID bits and no file capabilities. */
  public static List<Claim> of(LaunchPlan plan, OciSpec spec) {
    return of(plan, spec, Executable.PLAIN);
  }

  /**
   * The claims of a plan.
   *
   * @param spec what it was compiled from
   * @param executable what the program may do to identity and capabilities
   */
  public static List<Claim> of(LaunchPlan plan, OciSpec spec, Executable executable) {
    LaunchContext launch = LaunchContext.of(plan, spec);
    List<Claim> claims = new ArrayList<>(NamespaceClaims.of(launch));
    switch (launch.kind()) {
      case CONTAINER -> {
        claims.addAll(ProcessClaims.of(launch, executable));
        claims.addAll(FileSystemClaims.of(launch));
        claims.addAll(CgroupClaims.of(launch));
      }
      case EXEC -> {
        claims.addAll(ProcessClaims.of(launch, executable));
        claims.add(CgroupClaims.path(launch));
      }
      case POD_INIT -> {
        claims.addAll(ProcessClaims.of(launch, Executable.PLAIN));
        claims.addAll(FileSystemClaims.ofInit());
        claims.addAll(CgroupClaims.of(launch));
      }
      case NAMESPACES -> {}
    }
    return List.copyOf(claims);
  }

  /**
   * What is expected, for people who know no inode numbers and slots.
   *
   * @param limits as for {@link #resolve}
   */
  public static String shown(Claim claim, Function<String, Optional<String>> limits) {
    String expected = claim.expected();
    if (claim.constraint() == Constraint.PROCESS_RLIMIT && expected.startsWith(DEFAULT)) {
      return limited(claim, limits).expected();
    }
    return claim.constraint().namespace().isPresent() && expected.startsWith(JOINED)
        ? JOINED_SHOWN
        : expected;
  }

  /**
   * Puts inode numbers in the place of {@code own}, {@code host} and {@code joined @SLOT}, and
   * limits in that of {@code default}: one whose hard limit the launch server could not raise is
   * what that has.
   *
   * @param host the inode of each of the host's namespaces
   * @param joined the inode of the namespace that was supplied in a slot
   * @param limits the launch server's own soft and hard limit of a resource, as /proc shows them
   */
  public static List<Claim> resolve(
      List<Claim> claims,
      Map<NamespaceKind, Long> host,
      ToLongFunction<Slot> joined,
      Function<String, Optional<String>> limits) {
    return claims.stream()
        .map(
            claim ->
                claim.constraint() == Constraint.PROCESS_RLIMIT
                        && claim.expected().startsWith(DEFAULT)
                    ? limited(claim, limits)
                    : resolve(claim, host, joined))
        .toList();
  }

  private static Claim limited(Claim claim, Function<String, Optional<String>> limits) {
    LimitPair wanted = LimitPair.parse(claim.expected().substring(DEFAULT.length())).orElseThrow();
    LimitPair limit =
        limits.apply(claim.subject()).flatMap(LimitPair::parse).map(wanted::under).orElse(wanted);
    return new Claim(claim.constraint(), claim.subject(), limit.text());
  }

  private static Claim resolve(
      Claim claim, Map<NamespaceKind, Long> host, ToLongFunction<Slot> joined) {
    Optional<NamespaceKind> kind = claim.constraint().namespace();
    if (kind.isEmpty()) {
      return claim;
    }
    String expected = claim.expected();
    if (expected.startsWith(JOINED)) {
      Slot slot = new Slot(Integer.parseInt(expected.substring(JOINED.length())));
      return new Claim(
          claim.constraint(), claim.subject(), Long.toString(joined.applyAsLong(slot)));
    }
    Long inode = host.get(kind.get());
    if (inode == null) {
      throw new IllegalArgumentException(
          "the inode of the host's " + kind.get() + " namespace is missing");
    }
    String resolved = expected.equals(OWN) ? OWN_NOT + inode : Long.toString(inode);
    return new Claim(claim.constraint(), claim.subject(), resolved);
  }
}
