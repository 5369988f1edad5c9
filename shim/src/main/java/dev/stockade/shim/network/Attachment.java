package dev.stockade.shim.network;

import java.util.List;

/**
 * A pod's connection to its network, durable: taking it down needs the configuration and the result
 * of when it was made, whatever the administrator changed since.
 *
 * @param configuration JSON of the network configuration
 * @param result JSON of the last plugin's result; empty while ADD has not succeeded
 * @param addresses of the pod, the first is the one the kubelet reports
 */
public record Attachment(
    String configuration, String result, List<String> addresses, PodIdentity pod) {
  /** Copies the list. */
  public Attachment {
    addresses = List.copyOf(addresses);
  }
}
