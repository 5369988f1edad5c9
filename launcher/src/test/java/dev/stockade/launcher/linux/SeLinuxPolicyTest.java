package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Answers as sel_write_access() of the kernel writes them. */
final class SeLinuxPolicyTest {
  private static final int PTRACE = 10;

  @Test
  void theBitOfThePermissionIsLookedAt() throws IOException {
    assertThat(SeLinuxPolicy.allows("200 ffffffff 0 ffffffff 7 0", PTRACE)).isTrue();
    assertThat(SeLinuxPolicy.allows("dff ffffffff 0 ffffffff 7 0", PTRACE)).isFalse();
    assertThat(SeLinuxPolicy.allows("80000000 ffffffff 0 ffffffff 7 0\n", 32)).isTrue();
    assertThat(SeLinuxPolicy.allows("0 ffffffff 0 ffffffff 7", PTRACE)).isFalse();
  }

  @Test
  void aPermissiveDomainMayDoAnything() throws IOException {
    assertThat(SeLinuxPolicy.allows("0 ffffffff 0 ffffffff 7 1", PTRACE)).isTrue();
    assertThat(SeLinuxPolicy.grants("0 ffffffff 0 ffffffff 7 1", PTRACE)).isFalse();
    assertThat(SeLinuxPolicy.grants("200 ffffffff 0 ffffffff 7 1", PTRACE)).isTrue();
    assertThat(SeLinuxPolicy.permissive("0 ffffffff 0 ffffffff 7 1")).isTrue();
    assertThat(SeLinuxPolicy.permissive("dff ffffffff 0 ffffffff 7 0\n")).isFalse();
    assertThat(SeLinuxPolicy.permissive("dff ffffffff 0 ffffffff 7")).isFalse();
  }

  @Test
  void anythingElseIsAnError() {
    for (String answer : new String[] {"", "200", "200 ffffffff 0 0"}) {
      assertThatThrownBy(() -> SeLinuxPolicy.allows(answer, PTRACE))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("selinuxfs answered");
    }
  }
}
