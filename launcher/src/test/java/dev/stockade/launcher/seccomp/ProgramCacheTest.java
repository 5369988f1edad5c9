package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProgramCacheTest {
  private static Profile denying(String name) {
    return Profile.of(Action.ALLOW, List.of(), List.of(Rule.of(Action.ERRNO, List.of(name))));
  }

  @Test
  void aProgramIsCompiledOnceWhileKept() throws Exception {
    ProgramCache cache = new ProgramCache(2);
    BpfProgram read = cache.program(denying("read"), Arch.X86_64);
    assertThat(cache.program(denying("read"), Arch.X86_64)).isSameAs(read);
    cache.program(denying("write"), Arch.X86_64);
    assertThat(cache.program(denying("read"), Arch.X86_64)).isSameAs(read);
    cache.program(denying("close"), Arch.X86_64);
    assertThat(cache.size()).isEqualTo(2);
    assertThat(cache.program(denying("read"), Arch.X86_64)).isSameAs(read);
  }

  @Test
  void everythingAProgramDependsOnIsInTheKey() throws Exception {
    ProgramCache cache = new ProgramCache(4);
    BpfProgram read = cache.program(denying("read"), Arch.X86_64);
    assertThat(cache.program(denying("write"), Arch.X86_64)).isNotEqualTo(read);
    assertThat(cache.program(denying("read"), Arch.AARCH64)).isNotEqualTo(read);
    Profile other =
        new Profile(Action.ALLOW, null, List.of(), List.of(), null, null, List.of(killing("read")));
    assertThat(cache.program(other, Arch.X86_64)).isNotEqualTo(read);
    assertThat(cache.size()).isEqualTo(4);
  }

  private static Rule killing(String name) {
    return Rule.of(Action.KILL_PROCESS, List.of(name));
  }

  @Test
  void refusalsAreNotKept() {
    ProgramCache cache = new ProgramCache(1);
    assertThatThrownBy(() -> cache.program(denying("open_sesame"), Arch.X86_64))
        .isInstanceOf(ProfileException.class);
    assertThat(cache.size()).isZero();
    assertThatThrownBy(() -> new ProgramCache(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
