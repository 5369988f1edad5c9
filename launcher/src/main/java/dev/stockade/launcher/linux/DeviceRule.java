package dev.stockade.launcher.linux;

import java.util.Optional;

/**
 * One line of a device program; a later line overrides earlier ones.
 *
 * @param type BLOCK_DEVICE, CHARACTER_DEVICE, or empty for both
 * @param major empty for any
 * @param minor empty for any
 */
public record DeviceRule(
    boolean allow,
    Optional<FileKind> type,
    Optional<Integer> major,
    Optional<Integer> minor,
    boolean read,
    boolean write,
    boolean makeNode) {
  static final int ACCESS_MAKE_NODE = 1;
  static final int ACCESS_READ = 2;
  static final int ACCESS_WRITE = 4;
  static final int ACCESS_ALL = 7;

  /** Whether every access to every device meets this rule. */
  boolean coversEverything() {
    return type.isEmpty() && major.isEmpty() && minor.isEmpty() && access() == ACCESS_ALL;
  }

  int access() {
    return (makeNode ? ACCESS_MAKE_NODE : 0)
        | (read ? ACCESS_READ : 0)
        | (write ? ACCESS_WRITE : 0);
  }
}
