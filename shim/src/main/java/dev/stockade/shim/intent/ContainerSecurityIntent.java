package dev.stockade.shim.intent;

import java.util.List;
import java.util.Optional;

/** The security context of one container. */
public record ContainerSecurityIntent(
    boolean privileged,
    CapabilityIntent capabilities,
    NamespaceIntent namespaces,
    UserIntent user,
    boolean readOnlyRoot,
    boolean noNewPrivileges,
    List<String> maskedPaths,
    List<String> readOnlyPaths,
    SecurityProfileIntent seccomp,
    SecurityProfileIntent apparmor,
    Optional<SelinuxIntent> selinux) {}
