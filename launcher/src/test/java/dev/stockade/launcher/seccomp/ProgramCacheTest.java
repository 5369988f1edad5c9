package dev.stockade.launcher.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ProgramCacheTest {
  private static final SortedSet<String> NONE = new TreeSet<>();

  private static Profile denying(String name) {
    return Profile.of(Action.ALLOW, List.of(), List.of(Rule.of(Action.ERRNO, List.of(name))));
  }

  @Test
  void aProgramIsCompiledOnceWhileKept() throws Exception {
    ProgramCache cache = new ProgramCache(2);
    BpfProgram read = cache.program(denying("read"), Arch.X86_64, NONE);
    assertThat(cache.program(denying("read"), Arch.X86_64, NONE)).isSameAs(read);
    cache.program(denying("write"), Arch.X86_64, NONE);
    assertThat(cache.program(denying("read"), Arch.X86_64, NONE)).isSameAs(read);
    cache.program(denying("close"), Arch.X86_64, NONE);
    assertThat(cache.size()).isEqualTo(2);
    assertThat(cache.program(denying("read"), Arch.X86_64, NONE)).isSameAs(read);
  }

  @Test
  void everythingAProgramDependsOnIsInTheKey() {
    SortedSet<String> admin = new TreeSet<>(Set.of("CAP_SYS_ADMIN"));
    assertThat(
            List.of(
                ProgramCache.key(denying("read"), Arch.X86_64, NONE),
                ProgramCache.key(denying("write"), Arch.X86_64, NONE),
                ProgramCache.key(denying("read"), Arch.AARCH64, NONE),
                ProgramCache.key(denying("read"), Arch.X86_64, admin)))
        .doesNotHaveDuplicates()
        .allMatch(key -> key.startsWith("sha256:"));
  }

  @Test
  void defaultProgramsFollowTheCapabilities() throws Exception {
    ProgramCache cache = new ProgramCache(4);
    BpfProgram plain = cache.defaultProgram(NONE, Arch.X86_64);
    BpfProgram admin = cache.defaultProgram(new TreeSet<>(Set.of("CAP_SYS_ADMIN")), Arch.X86_64);
    assertThat(plain).isNotEqualTo(admin).isEqualTo(cache.defaultProgram(NONE, Arch.X86_64));
  }

  @Test
  void refusalsAreNotKept() {
    ProgramCache cache = new ProgramCache(1);
    assertThatThrownBy(() -> cache.program(denying("open_sesame"), Arch.X86_64, NONE))
        .isInstanceOf(ProfileException.class);
    assertThat(cache.size()).isZero();
    assertThatThrownBy(() -> new ProgramCache(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
