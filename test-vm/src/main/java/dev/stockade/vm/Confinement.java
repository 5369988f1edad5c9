package dev.stockade.vm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cri.v1.LinuxContainerSecurityContext;
import dev.stockade.cri.v1.SecurityProfile.ProfileType;
import dev.stockade.shim.daemon.HostCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the security module of this guest does to a container that asks for it. */
sealed interface Confinement permits Confinement.AppArmor, Confinement.SeLinux {
  static Confinement ofGuest() {
    String module = System.getProperty("stockade.vm.module", "");
    assertThat(module).isIn("apparmor", "selinux");
    return module.equals("selinux") ? new SeLinux() : new AppArmor();
  }

  /** Puts into effect on the node what the container asks for. */
  void ask(LinuxContainerSecurityContext.Builder container) throws Exception;

  /** What its kind is called in a receipt. */
  String constraint();

  /** What the kernel shows of its process. */
  String label();

  static String label(long process) throws IOException {
    return Files.readString(Path.of("/proc/" + process + "/attr/current"))
        .replace("\0", "")
        .strip();
  }

  /** Labels what containers share, with all beneath. */
  void share(Path path) throws Exception;

  /** Has a shared file denied to the container that it has by the name {@code /work/denied}. */
  void deny(Path file) throws Exception;

  /** What the audit log has of that. */
  String[] denial();

  /** A profile of the node, which denies one file and else nothing. */
  record AppArmor() implements Confinement {
    private static final String PROFILE = "stockade-test-every-constraint";

    @Override
    public void ask(LinuxContainerSecurityContext.Builder container) throws Exception {
      Policy.load(
          """
          profile %s flags=(attach_disconnected, mediate_deleted) {
            file,
            network,
            capability,
            signal,
            audit deny /work/denied w,
          }
          """
              .formatted(PROFILE));
      container.getApparmorBuilder().setProfileType(ProfileType.Localhost).setLocalhostRef(PROFILE);
    }

    @Override
    public String constraint() {
      return "lsm.apparmor";
    }

    @Override
    public String label() {
      return PROFILE + " (enforce)";
    }

    @Override
    public void share(Path path) {}

    @Override
    public void deny(Path file) {}

    @Override
    public String[] denial() {
      return new String[] {
        "apparmor=\"DENIED\"", "profile=\"" + PROFILE + "\"", "name=\"/work/denied\""
      };
    }
  }

  /** Categories that one file does not have. */
  record SeLinux() implements Confinement {
    private static final String LEVEL = "s0:c100,c200";
    private static final String OTHER = "system_u:object_r:container_file_t:s0:c300,c400";

    @Override
    public void ask(LinuxContainerSecurityContext.Builder container) {
      container.getSelinuxOptionsBuilder().setLevel(LEVEL);
    }

    @Override
    public String constraint() {
      return "lsm.selinux";
    }

    @Override
    public String label() {
      return "system_u:system_r:container_t:" + LEVEL;
    }

    @Override
    public void share(Path path) throws Exception {
      HostCommand.output("chcon", "-R", "system_u:object_r:container_file_t:s0", path.toString());
    }

    @Override
    public void deny(Path file) throws Exception {
      HostCommand.output("chcon", OTHER, file.toString());
    }

    @Override
    public String[] denial() {
      return new String[] {"avc:  denied", "scontext=" + label(), "tcontext=" + OTHER};
    }
  }
}
