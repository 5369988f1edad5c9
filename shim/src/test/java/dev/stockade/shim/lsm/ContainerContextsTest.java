package dev.stockade.shim.lsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ContainerContextsTest {
  @TempDir Path directory;

  private void write(String config, String contexts) throws IOException {
    Files.writeString(directory.resolve("config"), config);
    Path file = directory.resolve("default/contexts/lxc_contexts");
    Files.createDirectories(file.getParent());
    Files.writeString(file, contexts);
  }

  @Test
  void theInstalledPolicysContextsAreRead() throws IOException {
    write(
        "# comment\nSELINUX=permissive\nSELINUXTYPE=default\n",
        """
        process = "system_u:system_r:container_t:s0"
        content = "system_u:object_r:virt_var_lib_t:s0"
        file="system_u:object_r:container_file_t:s0"
        ro_file = system_u:object_r:container_ro_file_t:s0
        """);
    ContainerContexts contexts = ContainerContexts.read(directory);
    assertThat(contexts.process()).hasToString("system_u:system_r:container_t:s0");
    assertThat(contexts.file()).hasToString("system_u:object_r:container_file_t:s0");
    assertThat(contexts.readOnlyFile()).hasToString("system_u:object_r:container_ro_file_t:s0");
  }

  @Test
  void aPolicyWithoutContainersSaysWhatItLacks() throws IOException {
    write("SELINUXTYPE=default\n", "content = \"system_u:object_r:virt_var_lib_t:s0\"\n");
    assertThatThrownBy(() -> ContainerContexts.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("lxc_contexts has no context named");
  }

  @Test
  void thePolicysNameStaysInItsDirectory() throws IOException {
    for (String name : new String[] {"../default", "a/b", ".", ""}) {
      write("SELINUXTYPE=" + name + "\n", "");
      assertThatThrownBy(() -> ContainerContexts.read(directory))
          .as(name)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("SELINUXTYPE");
    }
  }
}
