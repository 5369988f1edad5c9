package dev.stockade.shim.cri;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.shim.container.Container;
import dev.stockade.shim.container.ReceiptRecord;
import dev.stockade.shim.container.ReceiptTable;
import dev.stockade.shim.pod.Pod;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a verbose status adds: every value is a JSON text, as the clients of the protocol expect.
 */
final class VerboseText {
  private static final ObjectMapper JSON = new ObjectMapper();

  private VerboseText() {}

  static Map<String, String> of(Container container, Optional<String> plan) {
    Map<String, String> info = new TreeMap<>();
    info.put("pid", json(container.process().map(RunningProcess::pid).orElse(0)));
    info.put("sandboxID", json(container.podId()));
    info.put("runtimeSpec", new String(OciJson.write(container.spec()), StandardCharsets.UTF_8));
    plan.ifPresent(text -> info.put("plan", json(text)));
    container
        .receipt()
        .ifPresent(
            receipt -> {
              info.put("receipt", json(receipt));
              info.put("receiptTable", json(ReceiptTable.of(receipt)));
            });
    return info;
  }

  static Map<String, String> of(Pod pod) {
    Map<String, String> info = new TreeMap<>();
    info.put("pid", json(pod.init().map(RunningProcess::pid).orElse(0)));
    pod.receipts()
        .forEach(
            (of, receipt) -> {
              ReceiptRecord plain = ReceiptRecord.of(receipt, Map.of());
              info.put("receipt." + of, json(plain));
              info.put("receiptTable." + of, json(ReceiptTable.of(plain)));
            });
    return info;
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values are always JSON", e);
    }
  }
}
