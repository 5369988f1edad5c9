package dev.stockade.shim.cli.manifest;

import dev.stockade.cri.v1.DNSConfig;
import dev.stockade.cri.v1.PodSandboxConfig;
import java.util.Map;
import java.util.Optional;

/** Name resolution of a pod. */
final class DnsFields {
  /** Where a pod's servers come from. */
  private enum Source {
    HOST,
    CLUSTER,
    MANIFEST
  }

  private static final Map<String, Source> POLICIES =
      Map.of(
          "Default", Source.HOST,
          "ClusterFirst", Source.CLUSTER,
          "ClusterFirstWithHostNet", Source.CLUSTER,
          "None", Source.MANIFEST);

  private final Fields spec;

  DnsFields(Fields spec) {
    this.spec = spec;
  }

  void into(PodSandboxConfig.Builder sandbox) {
    Source source = spec.choice("dnsPolicy", POLICIES).orElse(Source.HOST);
    if (source == Source.CLUSTER) {
      spec.notice("dnsPolicy", "there is no cluster here: names are resolved as on this machine");
    }
    Optional<Fields> config = spec.object("dnsConfig");
    if (source != Source.MANIFEST && config.isPresent()) {
      spec.problem("dnsConfig", "goes with dnsPolicy: None only");
    }
    if (source == Source.MANIFEST && config.isEmpty()) {
      spec.problem("dnsConfig", "is required with dnsPolicy: None");
    }
    config.ifPresent(fields -> sandbox.setDnsConfig(read(fields)));
  }

  private static DNSConfig read(Fields fields) {
    DNSConfig.Builder config =
        DNSConfig.newBuilder()
            .addAllServers(fields.texts("nameservers"))
            .addAllSearches(fields.texts("searches"));
    fields.each(
        "options",
        option -> {
          String name = option.requiredText("name");
          config.addOptions(option.text("value").map(value -> name + ":" + value).orElse(name));
        });
    fields.end();
    return config.build();
  }
}
