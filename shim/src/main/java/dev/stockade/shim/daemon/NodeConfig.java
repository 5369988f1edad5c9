package dev.stockade.shim.daemon;

import dev.stockade.launcher.plan.Constraint;
import dev.stockade.shim.config.Config;
import dev.stockade.shim.config.DegradationConfig;
import dev.stockade.shim.config.DevicesConfig;
import dev.stockade.shim.config.MountsConfig;
import dev.stockade.shim.config.Response;
import dev.stockade.shim.config.SeccompConfig;
import dev.stockade.shim.config.VerifyConfig;
import dev.stockade.shim.image.PinnedImages;
import dev.stockade.shim.node.NodePaths;
import dev.stockade.shim.node.NodeRules;
import dev.stockade.shim.node.NodeSettings;
import dev.stockade.shim.oci.NodeDefaults;
import dev.stockade.shim.signature.SignaturePolicy;
import java.util.EnumSet;
import java.util.Set;

/** What the configuration says of pods and containers. */
final class NodeConfig {
  private NodeConfig() {}

  static NodePaths paths(Config config) {
    return new NodePaths(config.root(), config.runDir());
  }

  /**
   * @param cgroup where pods go that name no parent
   */
  static NodeSettings settings(Config config, String cgroup) {
    return new NodeSettings(
        new NodeDefaults(
            config.capabilities().defaults(),
            config.seccomp().unsetProfile() == SeccompConfig.UnsetProfile.RUNTIME_DEFAULT,
            config.privileged().hostDevices()),
        mayDegrade(config.degradation()),
        config.cgroup().missingControllers() == Response.REPORT,
        config.verify().require() == VerifyConfig.Requirement.BEFORE_EXEC,
        rules(config),
        cgroup,
        config.cdi().specDirs(),
        new PinnedImages(config.images().pinned()));
  }

  static SignaturePolicy policy(Config config) {
    return new SignaturePolicy(
        config.images().signaturePolicy(), config.images().signaturePolicyMayBeMissing());
  }

  private static NodeRules rules(Config config) {
    NodeRules.Root root =
        switch (config.users().root()) {
          case ALLOW -> NodeRules.Root.ALL;
          case USER_NAMESPACE -> NodeRules.Root.IN_USER_NAMESPACE;
          case REFUSE -> NodeRules.Root.NONE;
        };
    return new NodeRules(
        root,
        config.mounts().missingSource() == MountsConfig.MissingSource.MAKE_DIRECTORY,
        config.mounts().beneathSys() == MountsConfig.BeneathSys.ALLOW,
        config.devices().owner() == DevicesConfig.Owner.SECURITY_CONTEXT);
  }

  private static Set<Constraint> mayDegrade(DegradationConfig degradation) {
    Set<Constraint> constraints = EnumSet.noneOf(Constraint.class);
    if (degradation.oomScoreAdj() == Response.REPORT) {
      constraints.add(Constraint.PROCESS_OOM_SCORE_ADJ);
    }
    if (degradation.sessionKeyring() == Response.REPORT) {
      constraints.add(Constraint.PROCESS_KEYRING);
    }
    if (degradation.apparmorMode() == Response.REPORT) {
      constraints.add(Constraint.LSM_APPARMOR);
    }
    if (degradation.seLinuxMode() == Response.REPORT) {
      constraints.add(Constraint.LSM_SELINUX_MODE);
    }
    return constraints;
  }
}
