package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An architecture a profile may list, every one of the OCI runtime specification. Those without an
 * {@link Arch} are accepted and add nothing: no kernel Stockade runs on reports a call of theirs.
 */
public enum ProfileArch {
  @JsonProperty("SCMP_ARCH_X86")
  X86(Arch.X86),
  @JsonProperty("SCMP_ARCH_X86_64")
  X86_64(Arch.X86_64),
  @JsonProperty("SCMP_ARCH_X32")
  X32(Arch.X32),
  @JsonProperty("SCMP_ARCH_ARM")
  ARM(Arch.ARM),
  @JsonProperty("SCMP_ARCH_AARCH64")
  AARCH64(Arch.AARCH64),
  @JsonProperty("SCMP_ARCH_MIPS")
  MIPS(null),
  @JsonProperty("SCMP_ARCH_MIPS64")
  MIPS64(null),
  @JsonProperty("SCMP_ARCH_MIPS64N32")
  MIPS64N32(null),
  @JsonProperty("SCMP_ARCH_MIPSEL")
  MIPSEL(null),
  @JsonProperty("SCMP_ARCH_MIPSEL64")
  MIPSEL64(null),
  @JsonProperty("SCMP_ARCH_MIPSEL64N32")
  MIPSEL64N32(null),
  @JsonProperty("SCMP_ARCH_PPC")
  PPC(null),
  @JsonProperty("SCMP_ARCH_PPC64")
  PPC64(null),
  @JsonProperty("SCMP_ARCH_PPC64LE")
  PPC64LE(null),
  @JsonProperty("SCMP_ARCH_S390")
  S390(null),
  @JsonProperty("SCMP_ARCH_S390X")
  S390X(null),
  @JsonProperty("SCMP_ARCH_PARISC")
  PARISC(null),
  @JsonProperty("SCMP_ARCH_PARISC64")
  PARISC64(null),
  @JsonProperty("SCMP_ARCH_RISCV64")
  RISCV64(null),
  @JsonProperty("SCMP_ARCH_LOONGARCH64")
  LOONGARCH64(null),
  @JsonProperty("SCMP_ARCH_M68K")
  M68K(null),
  @JsonProperty("SCMP_ARCH_SH")
  SH(null),
  @JsonProperty("SCMP_ARCH_SHEB")
  SHEB(null);

  private final @Nullable Arch arch;

  ProfileArch(@Nullable Arch arch) {
    this.arch = arch;
  }

  /** The SCMP_ARCH_* name. */
  public String ociName() {
    return "SCMP_ARCH_" + name();
  }

  /** The ABI, or empty where no kernel Stockade runs on serves it. */
  public Optional<Arch> arch() {
    return Optional.ofNullable(arch);
  }

  /** The name a profile uses for an ABI. */
  public static ProfileArch of(Arch arch) {
    return valueOf(arch.name());
  }
}
