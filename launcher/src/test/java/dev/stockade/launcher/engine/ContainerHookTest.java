package dev.stockade.launcher.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.launcher.linux.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** The pipe with the state for a hook ends with the state, and where nobody is to write it. */
final class ContainerHookTest {
  private static String told(Executor executor) throws Exception {
    try (Pipe pipe = Pipe.open()) {
      ContainerHook.tell(executor, pipe.write(), "state".getBytes(StandardCharsets.UTF_8));
      return read(pipe);
    }
  }

  /** To its end, which does not come while somebody holds the other. */
  private static String read(Pipe pipe) throws Exception {
    return new String(pipe.read().input().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void itIsWritten() throws Exception {
    assertThat(told(Runnable::run)).isEqualTo("state");
  }

  @Test
  void anEngineThatIsClosingLeavesNoPipe() throws Exception {
    Executor closing =
        task -> {
          throw new RejectedExecutionException("closing");
        };
    try (Pipe pipe = Pipe.open()) {
      assertThatThrownBy(() -> ContainerHook.tell(closing, pipe.write(), new byte[1]))
          .isInstanceOf(RejectedExecutionException.class);
      assertThat(read(pipe)).isEmpty();
    }
  }
}
