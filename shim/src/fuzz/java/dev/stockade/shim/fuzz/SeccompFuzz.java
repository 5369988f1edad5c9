package dev.stockade.shim.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.ProfileDocument;
import dev.stockade.launcher.seccomp.ProfileException;
import dev.stockade.launcher.seccomp.ProfileReader;
import java.io.IOException;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** A seccomp profile of either dialect: what it means for a container, or all its problems. */
final class SeccompFuzz implements FuzzTarget {
  private static final String OCI =
      """
      {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64"],
       "flags":["SECCOMP_FILTER_FLAG_LOG"],"syscalls":[
       {"names":["read","write"],"action":"SCMP_ACT_ALLOW"},
       {"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[
        {"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]}
      """;
  private static final String DOCKER =
      """
      {"defaultAction":"SCMP_ACT_ERRNO","archMap":[
       {"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]}],
       "syscalls":[{"names":["bpf"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_BPF"]}},
       {"name":"ptrace","action":"SCMP_ACT_ALLOW","excludes":{"minKernel":"4.8","arches":["s390"]}}]}
      """;

  private static final ProfileDocument.Subject SUBJECT =
      new ProfileDocument.Subject(Arch.X86_64, Set.of("CAP_BPF"), "6.12.1");

  @Override
  public Stream<byte[]> seeds() throws IOException {
    try (var own =
        Objects.requireNonNull(
            ProfileReader.class.getResourceAsStream("default-profile.json"), "default profile")) {
      return Stream.of(OCI.getBytes(UTF_8), DOCKER.getBytes(UTF_8), own.readAllBytes());
    }
  }

  @Override
  public void take(byte[] input) {
    try {
      assertThat(ProfileReader.read(input).resolve(SUBJECT)).isNotNull();
    } catch (ProfileException e) {
      assertThat(e.problems()).isNotEmpty().hasSizeLessThanOrEqualTo(101);
      assertThat(e.toString()).hasSizeLessThan(200_000);
    }
  }
}
