package dev.stockade.shim.lsm;

import dev.stockade.launcher.engine.HelperRunner;
import dev.stockade.shim.config.AppArmorConfig;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.Response;
import dev.stockade.shim.intent.ContainerSecurityIntent;
import dev.stockade.shim.intent.SecurityProfileIntent;
import java.io.IOException;
import java.util.Optional;

/**
 * AppArmor of this node: which profile a container gets, and whether that is in force. The default
 * profile is loaded at the start, and again where somebody has unloaded it since.
 */
public final class AppArmor {
  /** What the kernel calls a process without a profile. */
  public static final String UNCONFINED = "unconfined";

  private static final System.Logger LOG = System.getLogger(AppArmor.class.getName());
  private static final String DEFAULT = DefaultProfile.OURS.name();
  private static final Obstacle UNMOUNTED =
      new Obstacle(
          "cannot be looked up, because securityfs is not mounted",
          "mount -t securityfs securityfs /sys/kernel/security");

  private final boolean present;
  private final boolean defaultWhenUnset;
  private final boolean complaining;
  private final Optional<Loader> loader;
  private final Object loading = new Object();
  private volatile Optional<Obstacle> defaultObstacle = Optional.empty();

  /** Puts policy in force, or tells why not. */
  @FunctionalInterface
  interface Loader {
    Optional<Obstacle> load(String policy);
  }

  AppArmor(
      boolean present, boolean defaultWhenUnset, boolean complaining, Optional<Loader> loader) {
    this.present = present;
    this.defaultWhenUnset = defaultWhenUnset;
    this.complaining = complaining;
    this.loader = loader;
  }

  /**
   * AppArmor of this node.
   *
   * @param present whether the kernel has it
   * @param defaultWhenUnset whether a container that asks for nothing gets the default profile
   * @param complaining whether a named profile that only complains will do
   * @param helpers that run the compiler of profiles
   */
  public static AppArmor of(
      boolean present, boolean defaultWhenUnset, boolean complaining, HelperRunner helpers) {
    return new AppArmor(
        present, defaultWhenUnset, complaining, Optional.of(new PolicyLoader(helpers)::load));
  }

  /** As {@link #of}, for a look that loads nothing: what could be loaded counts as loaded. */
  public static AppArmor preview(Config config, boolean present) {
    return new AppArmor(
        present,
        config.apparmor().unsetProfile() == AppArmorConfig.UnsetProfile.RUNTIME_DEFAULT,
        config.degradation().apparmorMode() == Response.REPORT,
        Optional.empty());
  }

  /** Has the default profile ready for the first container; without it the node still serves. */
  public void prepare() {
    if (!present) {
      return;
    }
    Optional<Obstacle> obstacle = obstacle(DEFAULT);
    if (obstacle.isPresent()) {
      LOG.log(System.Logger.Level.WARNING, "the default AppArmor profile {0}", obstacle.get());
    } else {
      LOG.log(System.Logger.Level.INFO, "AppArmor confines, by default with {0}", DEFAULT);
    }
  }

  /** The default profile's name; empty on a node without AppArmor. */
  public Optional<String> defaultProfile() {
    return present ? Optional.of(DEFAULT) : Optional.empty();
  }

  /** What was in the way of the default profile when it was last wanted. */
  public Optional<Obstacle> defaultObstacle() {
    return defaultObstacle;
  }

  /**
   * The profile of a container, as {@code process.apparmorProfile} of its spec: empty where there
   * is nothing to say, because the node has no AppArmor.
   */
  public String profile(ContainerSecurityIntent security) {
    if (security.apparmor() instanceof SecurityProfileIntent.Localhost named
        && !security.privileged()) {
      return named.reference();
    }
    if (!present) {
      return "";
    }
    boolean byDefault =
        security.apparmor() instanceof SecurityProfileIntent.RuntimeDefault
            || (security.apparmor() instanceof SecurityProfileIntent.Unset && defaultWhenUnset);
    return byDefault && !security.privileged() ? DEFAULT : UNCONFINED;
  }

  /** Why no process can be confined by this profile of a spec now, if none can. */
  public Optional<Obstacle> obstacle(String profile) {
    if (profile.isEmpty() || profile.equals(UNCONFINED)) {
      return Optional.empty();
    }
    if (!profile.equals(DEFAULT)) {
      return inForce(profile);
    }
    synchronized (loading) {
      Optional<Obstacle> obstacle = inForce(DEFAULT);
      if (obstacle.isPresent() && !obstacle.get().equals(UNMOUNTED)) {
        obstacle = loader.isPresent() ? load(loader.get()) : PolicyLoader.obstacle();
      }
      defaultObstacle = obstacle;
      return obstacle;
    }
  }

  private Optional<Obstacle> load(Loader from) {
    return from.load(DefaultProfile.OURS.policy()).or(() -> inForce(DEFAULT));
  }

  private Optional<Obstacle> inForce(String profile) {
    Optional<String> mode;
    try {
      Optional<LoadedProfiles> loaded = LoadedProfiles.read();
      if (loaded.isEmpty()) {
        return Optional.of(UNMOUNTED);
      }
      mode = loaded.get().mode(profile);
    } catch (IOException e) {
      return Optional.of(
          new Obstacle("cannot be looked up: " + e.getMessage(), "let the daemon read that file"));
    }
    if (mode.isEmpty()) {
      return Optional.of(
          profile.startsWith(DefaultProfile.PREFIX) && !profile.equals(DEFAULT)
              ? new Obstacle("is of another build, and not loaded any more", "make it anew")
              : new Obstacle("is not loaded", "load it with apparmor_parser --replace FILE"));
    }
    return confines(profile, mode.get())
        ? Optional.empty()
        : Optional.of(
            new Obstacle(
                "is loaded in " + mode.get() + " mode, which does not confine as enforce mode does",
                "load it in enforce mode, with aa-enforce or without its flag, or set"
                    + " degradation.apparmor_mode = \"report\" for one that complains"));
  }

  /** The default profile is ours to load, so nothing but enforcing will do for it. */
  boolean confines(String profile, String mode) {
    return mode.equals(LoadedProfiles.ENFORCE)
        || (complaining && mode.equals(LoadedProfiles.COMPLAIN) && !profile.equals(DEFAULT));
  }
}
