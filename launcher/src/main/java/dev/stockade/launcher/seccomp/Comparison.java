package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How an argument is compared, unsigned, in the words of the OCI runtime specification
 * (config-linux, seccomp).
 */
public enum Comparison {
  @JsonProperty("SCMP_CMP_NE")
  NE("!="),
  @JsonProperty("SCMP_CMP_LT")
  LT("<"),
  @JsonProperty("SCMP_CMP_LE")
  LE("<="),
  @JsonProperty("SCMP_CMP_EQ")
  EQ("=="),
  @JsonProperty("SCMP_CMP_GE")
  GE(">="),
  @JsonProperty("SCMP_CMP_GT")
  GT(">"),
  /** The argument under a mask equals a value. */
  @JsonProperty("SCMP_CMP_MASKED_EQ")
  MASKED_EQ("&");

  private final String sign;

  Comparison(String sign) {
    this.sign = sign;
  }

  /** The SCMP_CMP_* name. */
  public String ociName() {
    return "SCMP_CMP_" + name();
  }

  /** The sign used in explanations. */
  public String sign() {
    return sign;
  }
}
