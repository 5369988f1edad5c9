package dev.stockade.shim.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The whole configuration. Every key has an effect; what each does is said in {@code default.toml}
 * beside this class.
 *
 * <table>
 *   <caption>Who acts on which keys</caption>
 *   <tr><td>daemon</td><td>root, run_dir, socket, launch.warden, limits.message_bytes, log.*</td></tr>
 *   <tr><td>launcher</td><td>launch.timeout, verify.require, degradation.*</td></tr>
 *   <tr><td>OCI spec</td><td>seccomp.unset_profile, apparmor.unset_profile, capabilities.defaults,
 *   privileged.host_devices, devices.owner</td></tr>
 *   <tr><td>SELinux contexts</td><td>privileged.selinux_type, selinux.categories</td></tr>
 *   <tr><td>devices by name</td><td>cdi.spec_dirs</td></tr>
 *   <tr><td>what containers are refused</td><td>users.root, mounts.*</td></tr>
 *   <tr><td>pods</td><td>cgroup.*, network.*; cgroup.driver is RuntimeConfig's answer</td></tr>
 *   <tr><td>image store</td><td>limits.*</td></tr>
 *   <tr><td>pulls</td><td>registry.*</td></tr>
 *   <tr><td>images</td><td>images.*</td></tr>
 * </table>
 *
 * @param root what survives a reboot: images, records, what containers write
 * @param runDir what does not: namespaces, sockets, files mounted into pods
 * @param socket where CRI is served
 */
public record Config(
    Path root,
    Path runDir,
    Path socket,
    CgroupConfig cgroup,
    LaunchConfig launch,
    VerifyConfig verify,
    DegradationConfig degradation,
    SeccompConfig seccomp,
    AppArmorConfig apparmor,
    SelinuxConfig selinux,
    CapabilityConfig capabilities,
    UsersConfig users,
    MountsConfig mounts,
    DevicesConfig devices,
    CdiConfig cdi,
    PrivilegedConfig privileged,
    NetworkConfig network,
    RegistryConfig registry,
    ImagesConfig images,
    LimitsConfig limits,
    LogConfig log) {
  /** What holds without any file or flag. */
  public static final Config DEFAULT =
      new Config(
          Path.of("/var/lib/stockade"),
          Path.of("/run/stockade"),
          Path.of("/run/stockade/stockade.sock"),
          CgroupConfig.DEFAULT,
          LaunchConfig.DEFAULT,
          VerifyConfig.DEFAULT,
          DegradationConfig.DEFAULT,
          SeccompConfig.DEFAULT,
          AppArmorConfig.DEFAULT,
          SelinuxConfig.DEFAULT,
          CapabilityConfig.DEFAULT,
          UsersConfig.DEFAULT,
          MountsConfig.DEFAULT,
          DevicesConfig.DEFAULT,
          CdiConfig.DEFAULT,
          PrivilegedConfig.DEFAULT,
          NetworkConfig.DEFAULT,
          RegistryConfig.DEFAULT,
          ImagesConfig.DEFAULT,
          LimitsConfig.DEFAULT,
          LogConfig.DEFAULT);

  /** fsconfig(2) takes strings of 255 bytes, and a layer's path is the root and 98 characters. */
  private static final int LONGEST_ROOT = 150;

  /** {@code sun_path} with its NUL, unix(7). */
  private static final int LONGEST_SOCKET = 107;

  static Config read(Section section) {
    Config config =
        new Config(
            section.path("root", DEFAULT.root, LONGEST_ROOT),
            section.path("run_dir", DEFAULT.runDir, LONGEST_ROOT),
            section.path("socket", DEFAULT.socket, LONGEST_SOCKET),
            CgroupConfig.read(section.table("cgroup")),
            LaunchConfig.read(section.table("launch")),
            VerifyConfig.read(section.table("verify")),
            DegradationConfig.read(section.table("degradation")),
            SeccompConfig.read(section.table("seccomp")),
            AppArmorConfig.read(section.table("apparmor")),
            SelinuxConfig.read(section.table("selinux")),
            CapabilityConfig.read(section.table("capabilities")),
            UsersConfig.read(section.table("users")),
            MountsConfig.read(section.table("mounts")),
            DevicesConfig.read(section.table("devices")),
            CdiConfig.read(section.table("cdi")),
            PrivilegedConfig.read(section.table("privileged")),
            NetworkConfig.read(section.table("network")),
            RegistryConfig.read(section.table("registry")),
            ImagesConfig.read(section.table("images")),
            LimitsConfig.read(section.table("limits")),
            LogConfig.read(section.table("log")));
    if (config.root.startsWith(config.runDir) || config.runDir.startsWith(config.root)) {
      section.problem(List.of("root", "run_dir"), "must not be within each other");
    }
    return config;
  }
}
