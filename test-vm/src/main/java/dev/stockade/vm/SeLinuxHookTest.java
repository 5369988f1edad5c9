package dev.stockade.vm;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hooks of devices where the daemon is confined: those of the host have its domain, those of the
 * container the container's, and the policy lets them do what such hooks do.
 */
@Order(ConfinedService.LATE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class SeLinuxHookTest {
  private ConfinedService service;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    service = ConfinedService.start(directory);
  }

  @AfterAll
  void end() throws Exception {
    if (service != null) {
      service.end();
    }
  }

  /** In a pod with a user namespace, where they need more of the policy than elsewhere. */
  @Test
  void everyStageRunsAndNothingIsDenied() throws Exception {
    AuditLog audit = AuditLog.fromNow();
    try (DeviceHooks hooks = new DeviceHooks()) {
      hooks.requireEveryStage(service.client(), true, ConfinedService.DOMAIN);
    }
    audit.requireNo("avc:  denied .*:(stockade|container)_t:");
  }
}
