package dev.stockade.shim.intent;

import dev.stockade.cri.v1.ExecSyncRequest;
import java.time.Duration;
import java.util.List;

/**
 * What ExecSync asks for.
 *
 * @param command program and arguments
 * @param timeout zero for none
 */
public record CommandIntent(String containerId, List<String> command, Duration timeout) {
  /**
   * Validates the request.
   *
   * @throws IntentRejection with every problem found
   */
  public static CommandIntent read(ExecSyncRequest request) throws IntentRejection {
    Problems problems = new Problems();
    if (request.getContainerId().isEmpty()) {
      problems.invalid("container_id", "is empty", "name the container");
    }
    if (request.getCmdCount() == 0) {
      problems.invalid("cmd", "is empty", "name a program");
    }
    TextRules.strings(problems, "cmd", request.getCmdList());
    if (request.getTimeout() < 0) {
      problems.invalid("timeout", "is negative", "give seconds, or 0 for none");
    }
    problems.refuse("ExecSync");
    return new CommandIntent(
        request.getContainerId(),
        List.copyOf(request.getCmdList()),
        Duration.ofSeconds(request.getTimeout()));
  }

  @Override
  public String toString() {
    return "command in container " + containerId;
  }
}
