package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What the kernel does with a call, in the words of the OCI runtime specification (config-linux,
 * seccomp), declared from the strictest to the most lenient: the order in which the kernel lets one
 * of several stacked filters win, seccomp(2).
 */
public enum Action {
  @JsonProperty("SCMP_ACT_KILL_PROCESS")
  KILL_PROCESS("SCMP_ACT_KILL_PROCESS", 0x8000_0000, false),
  @JsonProperty("SCMP_ACT_KILL_THREAD")
  KILL_THREAD("SCMP_ACT_KILL_THREAD", 0x0000_0000, false),
  /** The older name of {@link #KILL_THREAD}. */
  @JsonProperty("SCMP_ACT_KILL")
  KILL("SCMP_ACT_KILL", 0x0000_0000, false),
  @JsonProperty("SCMP_ACT_TRAP")
  TRAP("SCMP_ACT_TRAP", 0x0003_0000, false),
  @JsonProperty("SCMP_ACT_ERRNO")
  ERRNO("SCMP_ACT_ERRNO", 0x0005_0000, true),
  @JsonProperty("SCMP_ACT_NOTIFY")
  NOTIFY("SCMP_ACT_NOTIFY", 0x7fc0_0000, false),
  @JsonProperty("SCMP_ACT_TRACE")
  TRACE("SCMP_ACT_TRACE", 0x7ff0_0000, true),
  @JsonProperty("SCMP_ACT_LOG")
  LOG("SCMP_ACT_LOG", 0x7ffc_0000, false),
  @JsonProperty("SCMP_ACT_ALLOW")
  ALLOW("SCMP_ACT_ALLOW", 0x7fff_0000, false);

  private final String ociName;
  private final int returnValue;
  private final boolean takesErrno;

  Action(String ociName, int returnValue, boolean takesErrno) {
    this.ociName = ociName;
    this.returnValue = returnValue;
    this.takesErrno = takesErrno;
  }

  /** The SCMP_ACT_* name. */
  public String ociName() {
    return ociName;
  }

  /** The SECCOMP_RET_* value with empty data. */
  public int returnValue() {
    return returnValue;
  }

  /** Whether {@code errnoRet} has a meaning: the error of ERRNO, the message of TRACE. */
  public boolean takesErrno() {
    return takesErrno;
  }

  /**
   * Whether the kernel itself refuses the call, nobody being asked: such a default answers calls
   * newer than the profile with ENOSYS instead, see {@link SeccompCompiler}.
   */
  public boolean refuses() {
    return compareTo(NOTIFY) < 0;
  }
}
