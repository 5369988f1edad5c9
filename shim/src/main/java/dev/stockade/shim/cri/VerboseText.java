package dev.stockade.shim.cri;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.spec.OciJson;
import dev.stockade.shim.container.Container;
import dev.stockade.shim.image.Digest;
import dev.stockade.shim.image.Image;
import dev.stockade.shim.oci.Surprise;
import dev.stockade.shim.pod.Pod;
import dev.stockade.shim.receipt.ReceiptTable;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a verbose status adds. The value of {@code info} is the JSON object that people and tools
 * know from other runtimes, as in {@code crictl inspect ID | jq .info.pid}; crictl shows any other
 * value as data if it is a JSON object and else as the text it is.
 */
final class VerboseText {
  private static final ObjectMapper JSON = new ObjectMapper();

  private VerboseText() {}

  /**
   * Of a container.
   *
   * @param surprises what its request may not do as its author thinks
   */
  static Map<String, String> of(
      Container container, Optional<String> plan, List<Surprise> surprises) {
    Map<String, String> info = new TreeMap<>();
    String spec = new String(OciJson.write(container.spec()), StandardCharsets.UTF_8);
    Map<String, Object> known = new TreeMap<>();
    known.put("pid", container.process().map(RunningProcess::pid).orElse(0));
    known.put("sandboxID", container.podId());
    known.put("runtimeSpec", new RawValue(spec));
    container.seccompFile().ifPresent(file -> known.put("seccompProfile", file));
    known.put("surprises", surprises);
    info.put("info", json(known));
    plan.ifPresent(text -> info.put("plan", text));
    container
        .receipt()
        .ifPresent(
            receipt -> {
              info.put("receipt", json(receipt));
              info.put("receiptTable", ReceiptTable.of(receipt));
            });
    return info;
  }

  static Map<String, String> of(Pod pod) {
    Map<String, String> info = new TreeMap<>();
    info.put("info", json(Map.of("pid", pod.init().map(RunningProcess::pid).orElse(0))));
    pod.state()
        .receipts()
        .forEach(
            (of, receipt) -> {
              info.put("receipt." + of, json(receipt));
              info.put("receiptTable." + of, ReceiptTable.of(receipt));
            });
    return info;
  }

  /**
   * What is known of an image beside its message.
   *
   * @param config the document as it came, JSON of some size that was checked
   */
  static Map<String, String> of(Image image, byte[] config) {
    Map<String, Object> known = new TreeMap<>();
    known.put("imageSpec", new RawValue(new String(config, StandardCharsets.UTF_8)));
    known.put("layers", image.chainIds().stream().map(Digest::toString).toList());
    known.put("imported", image.imported().toString());
    image.manifest().ifPresent(digest -> known.put("manifest", digest.toString()));
    return Map.of("info", json(known));
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values are always JSON", e);
    }
  }
}
