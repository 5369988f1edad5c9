package dev.stockade.launcher.seccomp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.stockade.launcher.seccomp.ProfileDocument.Dialect;
import dev.stockade.launcher.seccomp.ProfileDocument.Subject;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerDialectTest {
  private static ProfileDocument read(String json) throws ProfileException {
    return ProfileReader.read(json.replace('\'', '"').getBytes(UTF_8));
  }

  private static List<String> problems(String json) {
    ProfileException e = catchThrowableOfType(ProfileException.class, () -> read(json));
    assertThat(e).as(json).isNotNull();
    return e.problems();
  }

  private static String rule(String more) {
    return "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':['mount'],"
        + "'action':'SCMP_ACT_ALLOW',"
        + more
        + "}]}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'includes':{'caps':['CAP_SYS_ADMIN']}                    | X86_64  | CAP_SYS_ADMIN | 6.12 | true",
        "'includes':{'caps':['CAP_SYS_ADMIN']}                    | X86_64  | CAP_CHOWN     | 6.12 | false",
        "'includes':{'caps':['CAP_SYS_ADMIN','CAP_BPF']}          | X86_64  | CAP_SYS_ADMIN | 6.12 | false",
        "'excludes':{'caps':['CAP_SYS_ADMIN','CAP_BPF']}          | X86_64  | CAP_BPF       | 6.12 | false",
        "'excludes':{'caps':['CAP_SYS_ADMIN']}                    | X86_64  | CAP_CHOWN     | 6.12 | true",
        "'includes':{'arches':['amd64','x32']}                    | X86_64  | CAP_CHOWN     | 6.12 | true",
        "'includes':{'arches':['amd64','x32']}                    | AARCH64 | CAP_CHOWN     | 6.12 | false",
        "'excludes':{'arches':['arm64']}                          | AARCH64 | CAP_CHOWN     | 6.12 | false",
        "'includes':{'minKernel':'4.8'}                           | X86_64  | CAP_CHOWN     | 4.7.9 | false",
        "'includes':{'minKernel':'4.8'}                           | X86_64  | CAP_CHOWN     | 4.8.0-1 | true",
        "'includes':{'minKernel':'4.8'}                           | X86_64  | CAP_CHOWN     | 6.1-rc1 | true",
        "'excludes':{'minKernel':'6.10'}                          | X86_64  | CAP_CHOWN     | 6.9 | true",
        "'excludes':{'minKernel':'6.10'}                          | X86_64  | CAP_CHOWN     | 6.18 | false",
        "'includes':{'minKernel':'4.8'}                           | X86_64  | CAP_CHOWN     | odd | false",
        "'includes':{},'excludes':{},'comment':'','args':[]       | X86_64  | CAP_CHOWN     | 6.12 | true"
      })
  void aRuleIsOfThoseItIsMeantFor(
      String more, Arch arch, String capability, String release, boolean there) throws Exception {
    ProfileDocument document = read(rule(more));
    assertThat(document.dialect()).isEqualTo(Dialect.DOCKER);
    Profile profile = document.resolve(new Subject(arch, Set.of(capability), release));
    assertThat(profile.syscalls()).hasSize(there ? 1 : 0);
  }

  @Test
  void architecturesAreThoseOfTheNode() throws Exception {
    ProfileDocument document =
        read(
            "{'defaultAction':'SCMP_ACT_ERRNO','archMap':["
                + "{'architecture':'SCMP_ARCH_X86_64','subArchitectures':['SCMP_ARCH_X86','SCMP_ARCH_X32']},"
                + "{'architecture':'SCMP_ARCH_AARCH64','subArchitectures':['SCMP_ARCH_ARM']}]}");
    assertThat(document.resolve(new Subject(Arch.X86_64, Set.of(), "6.12")).architectures())
        .containsExactly(ProfileArch.X86_64, ProfileArch.X86, ProfileArch.X32);
    assertThat(document.resolve(new Subject(Arch.AARCH64, Set.of(), "6.12")).architectures())
        .containsExactly(ProfileArch.AARCH64, ProfileArch.ARM);
  }

  @Test
  void errnosHaveNames() throws Exception {
    Profile profile =
        read("{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'ENOSYS','defaultErrnoRet':38,"
                + "'syscalls':[{'name':'read','action':'SCMP_ACT_ERRNO','errno':'EACCES'}]}")
            .resolve(new Subject(Arch.X86_64, Set.of(), "6.12"));
    assertThat(profile.defaultErrnoRet()).isEqualTo(38);
    assertThat(profile.syscalls())
        .containsExactly(new Rule(List.of("read"), Action.ERRNO, 13, List.of()));
  }

  @Test
  void aProfileWithoutFieldsOfItsOwnIsOfTheOciDialect() throws Exception {
    ProfileDocument document = read("{'defaultAction':'SCMP_ACT_LOG'}");
    assertThat(document.dialect()).isEqualTo(Dialect.OCI);
    assertThat(document.resolve(new Subject(Arch.X86_64, Set.of(), "6.12")))
        .isEqualTo(Profile.of(Action.LOG, List.of(), List.of()));
  }

  @Test
  void whatIsMixedOrMeaninglessIsRefused() {
    assertThat(
            problems(
                "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_X86'],"
                    + "'archMap':[{'architecture':'SCMP_ARCH_X86_64'}]}"))
        .containsExactly("archMap: a profile has either this or architectures");
    assertThat(problems(rule("'name':'read'")))
        .containsExactly("syscalls[0].name: a rule has either this or names");
    assertThat(problems(rule("'errno':'EPERM','errnoRet':38")))
        .containsExactly("syscalls[0].errno: EPERM is 1, but errnoRet is 38");
    assertThat(problems(rule("'errno':'EWHAT'")))
        .singleElement()
        .asString()
        .startsWith("syscalls[0].errno: is none of EACCES, EAFNOSUPPORT, ");
    assertThat(
            problems(
                rule("'includes':{'caps':['SYS_ADMIN'],'arches':[1],'minKernel':'4','os':''}")))
        .containsExactly(
            "syscalls[0].includes.os: unknown field",
            "syscalls[0].includes.caps[0]: \"SYS_ADMIN\" is not the name of a capability",
            "syscalls[0].includes.arches[0]: 1 is not the name of an architecture",
            "syscalls[0].includes.minKernel: \"4\" is not a version such as 4.8");
  }

  /** Which rules remain decides whether the whole can be enforced. */
  @Test
  void whatIsLeftIsReviewed() throws Exception {
    ProfileDocument document =
        read(
            "{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],"
                + "'listenerPath':'/run/listener','syscalls':[{'names':['mount'],"
                + "'action':'SCMP_ACT_NOTIFY','includes':{'caps':['CAP_SYS_ADMIN']}}]}");
    Subject without = new Subject(Arch.X86_64, Set.of(), "6.12");
    ProfileException e =
        catchThrowableOfType(ProfileException.class, () -> document.resolve(without));
    assertThat(e.problems()).singleElement().asString().contains("needs a rule");
  }
}
