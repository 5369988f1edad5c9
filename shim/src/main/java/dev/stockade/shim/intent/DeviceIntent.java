package dev.stockade.shim.intent;

/** A device node of the host given to the container, and what may be done with it. */
public record DeviceIntent(
    String containerPath, String hostPath, boolean read, boolean write, boolean makeNode) {
  /** The letters of the device cgroup: {@code r}, {@code w} and {@code m}. */
  public String access() {
    return (read ? "r" : "") + (write ? "w" : "") + (makeNode ? "m" : "");
  }
}
