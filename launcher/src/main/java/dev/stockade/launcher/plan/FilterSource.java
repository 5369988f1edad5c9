package dev.stockade.launcher.plan;

import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.BpfProgram;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.ProfileException;

/**
 * Where compiled filters come from: the compiler, or a cache before it. Equal arguments always give
 * equal programs.
 */
@FunctionalInterface
public interface FilterSource {
  BpfProgram compile(Profile profile, Arch nativeArch) throws ProfileException;
}
