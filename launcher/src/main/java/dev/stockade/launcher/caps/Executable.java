package dev.stockade.launcher.caps;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an executable may do to the identity of the process that executes it, execve(2). For a
 * script it is the interpreter's, not the script's. On a nosuid mount it does nothing, so there the
 * caller passes {@link #PLAIN}.
 *
 * @param setUid the owner in the process's user namespace, if the set-user-ID bit is set
 * @param setGid the group in the process's user namespace, if the set-group-ID bit is set
 * @param capabilities the file capabilities, if it has any, be they empty sets
 */
public record Executable(
    OptionalLong setUid, OptionalLong setGid, Optional<FileCapabilities> capabilities) {
  /** No set-ID bits and no capabilities, as nearly every entrypoint is. */
  public static final Executable PLAIN =
      new Executable(OptionalLong.empty(), OptionalLong.empty(), Optional.empty());
}
