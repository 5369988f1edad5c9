package dev.stockade.shim.config;

/**
 * {@code [devices]}.
 *
 * @param owner whom the device nodes belong to that a request names
 */
public record DevicesConfig(Owner owner) {
  static final DevicesConfig DEFAULT = new DevicesConfig(Owner.HOST);

  /** Whom a device node belongs to. */
  public enum Owner {
    /** Whom it belongs to on the host. */
    HOST,
    /** The user and the group that the request names, where it names them. */
    SECURITY_CONTEXT
  }

  static DevicesConfig read(Section section) {
    return new DevicesConfig(section.choice("owner", DEFAULT.owner));
  }
}
