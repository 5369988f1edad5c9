package dev.stockade.shim.cri;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.launcher.plan.HostFacts;
import dev.stockade.shim.lsm.Obstacle;
import dev.stockade.shim.lsm.Selinux;
import dev.stockade.shim.node.Node;
import java.util.Map;

/** What a verbose status of the node adds: where its files are and what the kernel can do. */
final class NodeText {
  private static final ObjectMapper JSON = new ObjectMapper();

  private NodeText() {}

  static Map<String, String> of(Node node) {
    ObjectNode config = JSON.createObjectNode();
    config.put("stateDir", node.paths().state().toString());
    config.put("runDir", node.paths().run().toString());
    config.put("cgroupParent", node.settings().cgroupParent());
    return Map.of("config", config.toString(), "hostFacts", facts(node).toString());
  }

  private static ObjectNode facts(Node node) {
    HostFacts facts = node.facts();
    ObjectNode json = JSON.createObjectNode();
    json.put("kernelRelease", facts.kernelRelease());
    json.put("architecture", facts.arch().label());
    json.put("lastCapability", facts.lastCapability());
    json.put("bounding", facts.bounding().toString());
    json.put("appArmor", facts.appArmor());
    json.put("appArmorDefaultProfile", node.appArmor().defaultProfile().orElse(""));
    json.put("seLinux", facts.seLinux());
    json.put(
        "seLinuxObstacle",
        node.selinux().flatMap(Selinux::obstacle).map(Obstacle::toString).orElse(""));
    json.put("tracing", facts.tracing().possible());
    json.put("tracingObstacle", facts.tracing().obstacle());
    json.put("cgroupMount", facts.cgroupMount().map(Object::toString).orElse(""));
    json.put("cgroupControllers", String.join(",", facts.cgroupControllers()));
    json.put("idmappedLayers", facts.idmapObstacle().isEmpty());
    json.put("idmapObstacle", facts.idmapObstacle().orElse(""));
    json.put("overlayLayersByFd", facts.overlayLayersByFd());
    json.put("overlayDetachedLayers", facts.overlayDetachedLayers());
    json.put("recursiveReadOnly", facts.recursiveReadOnly());
    json.put("timeNamespaces", facts.timeNamespaces());
    json.put("landlockAbi", facts.landlockAbi());
    json.put("yamaScope", facts.yamaScope());
    return json;
  }
}
