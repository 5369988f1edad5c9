package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.annotation.JsonProperty;

/** A flag of seccomp(SECCOMP_SET_MODE_FILTER), in the words of the OCI runtime specification. */
public enum FilterFlag {
  /** Without effect here: the filter is installed by a single-threaded process. */
  @JsonProperty("SECCOMP_FILTER_FLAG_TSYNC")
  TSYNC("SECCOMP_FILTER_FLAG_TSYNC", 1),
  @JsonProperty("SECCOMP_FILTER_FLAG_LOG")
  LOG("SECCOMP_FILTER_FLAG_LOG", 1 << 1),
  @JsonProperty("SECCOMP_FILTER_FLAG_SPEC_ALLOW")
  SPEC_ALLOW("SECCOMP_FILTER_FLAG_SPEC_ALLOW", 1 << 2),
  /** Valid only where the filter has a listener. */
  @JsonProperty("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")
  WAIT_KILLABLE_RECV("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 1 << 5);

  private final String ociName;
  private final int bit;

  FilterFlag(String ociName, int bit) {
    this.ociName = ociName;
    this.bit = bit;
  }

  public String ociName() {
    return ociName;
  }

  /** The bit of linux/seccomp.h. */
  public int bit() {
    return bit;
  }
}
