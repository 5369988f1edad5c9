package dev.stockade.launcher.linux;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Mounts made as descriptors: nothing shows in any namespace until it is attached. */
public final class Mounts {
  private static final int FSOPEN_CLOEXEC = 1;
  private static final int FSMOUNT_CLOEXEC = 1;
  private static final int FSCONFIG_SET_FLAG = 0;
  private static final int FSCONFIG_SET_STRING = 1;
  private static final int FSCONFIG_SET_FD = 5;
  private static final int FSCONFIG_CMD_CREATE = 6;
  private static final int OPEN_TREE_CLONE = 1;
  private static final int MOVE_MOUNT_F_EMPTY_PATH = 0x04;
  private static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
  private static final int MNT_DETACH = 2;
  private static final int UMOUNT_NOFOLLOW = 8;
  private static final int MS_BIND = 4096;

  private Mounts() {}

  /** One layer of an overlay: a path, or a directory held by descriptor (Linux 6.13). */
  public record Layer(Optional<Path> path, Optional<Fd> descriptor) {
    public static Layer of(Path path) {
      return new Layer(Optional.of(path), Optional.empty());
    }

    public static Layer of(Fd descriptor) {
      return new Layer(Optional.empty(), Optional.of(descriptor));
    }
  }

  /**
   * The writable part of an overlay; both directories on one file system, the second empty and
   * private.
   */
  public record Writable(Path upper, Path work) {}

  /**
   * A detached overlay, fsopen(2), fsconfig(2), fsmount(2).
   *
   * @param lower from the topmost layer down
   * @param context the SELinux context of every file, or empty
   * @param attributes MOUNT_ATTR_* bits
   */
  public static Fd overlay(
      List<Layer> lower, Optional<Writable> writable, String context, long attributes)
      throws SyscallException {
    String label = "overlay" + writable.map(w -> " on " + w.upper()).orElse("");
    try (FileSystemContext overlay = FileSystemContext.open("overlay", label)) {
      overlay.text("source", "overlay");
      if (!context.isEmpty()) {
        overlay.text("context", context);
      }
      for (Layer layer : lower) {
        overlay.layer("lowerdir+", layer);
      }
      if (writable.isPresent()) {
        overlay.text("upperdir", writable.get().upper().toString());
        overlay.text("workdir", writable.get().work().toString());
      }
      Fd mount = overlay.mount(attributes);
      boolean readOnly = writable.isEmpty() || (attributes & MountAttributes.READ_ONLY) != 0;
      return readOnly ? mount : OverlayWork.requireWritable(mount, writable.get());
    }
  }

  /** A detached mount of any other file system, {@code key=value} or {@code flag} options. */
  public static Fd fileSystem(String type, List<String> options, long attributes)
      throws SyscallException {
    try (FileSystemContext context = FileSystemContext.open(type, type)) {
      for (String option : options) {
        int equals = option.indexOf('=');
        if (equals < 0) {
          context.flag(option);
        } else {
          context.text(option.substring(0, equals), option.substring(equals + 1));
        }
      }
      return context.mount(attributes);
    }
  }

  /** A context in which a file system could be made, fsopen(2): ENODEV if the kernel has none. */
  static Fd context(String type) throws SyscallException {
    try (Scratch scratch = Scratch.open()) {
      long result = Kernel.call(Syscall.FSOPEN, scratch.string(type), FSOPEN_CLOEXEC);
      return Fd.own(
          Kernel.check(result, Syscall.FSOPEN, type, "is the file system in the kernel?"));
    }
  }

  /** An empty tmpfs nobody can write: the thing directories are masked with. */
  public static Fd emptyTmpfs() throws SyscallException {
    return fileSystem(
        "tmpfs",
        List.of("mode=0555", "size=4k", "nr_inodes=2"),
        MountAttributes.READ_ONLY
            | MountAttributes.NO_SUID
            | MountAttributes.NO_DEV
            | MountAttributes.NO_EXEC);
  }

  /** A detached copy of what is mounted at the held inode, open_tree(2). */
  public static Fd openTree(Fd source, boolean recursive, String label) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = source.use()) {
      int flags =
          OPEN_TREE_CLONE
              | Flags.O_CLOEXEC
              | Flags.AT_EMPTY_PATH
              | (recursive ? Flags.AT_RECURSIVE : 0);
      return Fd.own(
          Kernel.check(
              Kernel.call(Syscall.OPEN_TREE, use.number(), scratch.string(""), flags),
              Syscall.OPEN_TREE,
              label,
              "the source must be on a mount visible to this process and not unbindable"));
    }
  }

  /** mount_setattr(2) on a mount of our own. */
  public static void setAttributes(
      Fd mount, boolean recursive, MountAttributes change, String label) throws SyscallException {
    Optional<Fd> namespace = change.userNamespace();
    try (Scratch scratch = Scratch.open();
        Fd.Use use = mount.use();
        Fd.Use user = namespace.orElse(mount).use()) {
      Scratch.Piece attributes =
          scratch
              .uninitialised(32)
              .putLong(0, change.set() | (namespace.isPresent() ? MountAttributes.ID_MAP : 0))
              .putLong(8, change.clear())
              .putLong(16, change.propagation())
              .putLong(24, namespace.isPresent() ? user.number() : 0);
      int flags = Flags.AT_EMPTY_PATH | (recursive ? Flags.AT_RECURSIVE : 0);
      Kernel.check(
          Kernel.call(
              Syscall.MOUNT_SETATTR,
              use.number(),
              scratch.string(""),
              flags,
              attributes.address(),
              attributes.size()),
          Syscall.MOUNT_SETATTR,
          label,
          namespace.isPresent() ? "the file system may not support id-mapped mounts" : "");
    }
  }

  /** Attaches a detached mount on the held inode, move_mount(2). */
  public static void attach(Fd mount, Fd target, String label) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use from = mount.use();
        Fd.Use to = target.use()) {
      long empty = scratch.string("");
      Kernel.check(
          Kernel.call(
              Syscall.MOVE_MOUNT,
              from.number(),
              empty,
              to.number(),
              empty,
              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
          Syscall.MOVE_MOUNT,
          label);
    }
  }

  /** Keeps a namespace alive by a bind mount of its file on an existing file. */
  public static void pin(Fd namespace, Fd target, String label) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use from = namespace.use();
        Fd.Use to = target.use()) {
      Kernel.check(
          Kernel.call(
              Syscall.MOUNT,
              scratch.string("/proc/self/fd/" + from.number()),
              scratch.string("/proc/self/fd/" + to.number()),
              0,
              MS_BIND,
              0),
          Syscall.MOUNT,
          label);
    }
  }

  /**
   * umount2(2) with MNT_DETACH of a name in a held directory.
   *
   * @return false when nothing is mounted there
   */
  public static boolean detach(Directory directory, String name) throws SyscallException {
    if (name.isEmpty() || name.indexOf('/') >= 0) {
      throw new SyscallException(
          "umount2", Errno.EINVAL, directory.describe(name), "give one name");
    }
    try (Scratch scratch = Scratch.open();
        Fd.Use use = directory.fd().use()) {
      long path = scratch.string("/proc/self/fd/" + use.number() + "/" + name);
      long result = Kernel.call(Syscall.UMOUNT2, path, MNT_DETACH | UMOUNT_NOFOLLOW);
      if (Kernel.is(result, Errno.EINVAL) || Kernel.is(result, Errno.ENOENT)) {
        return false;
      }
      Kernel.check(result, Syscall.UMOUNT2, directory.describe(name));
      return true;
    }
  }

  /** A file system being configured, with what the kernel says about a refusal. */
  private static final class FileSystemContext implements AutoCloseable {
    private final Fd fd;
    private final String label;

    private FileSystemContext(Fd fd, String label) {
      this.fd = fd;
      this.label = label;
    }

    static FileSystemContext open(String type, String label) throws SyscallException {
      return new FileSystemContext(context(type), label);
    }

    void layer(String key, Layer layer) throws SyscallException {
      if (layer.descriptor().isPresent()) {
        descriptor(key, layer.descriptor().get());
      } else {
        text(key, layer.path().orElseThrow().toString());
      }
    }

    void text(String key, String value) throws SyscallException {
      try (Scratch scratch = Scratch.open();
          Fd.Use use = fd.use()) {
        configure(
            Kernel.call(
                Syscall.FSCONFIG,
                use.number(),
                FSCONFIG_SET_STRING,
                scratch.string(key),
                scratch.string(value),
                0),
            key + "=" + value);
      }
    }

    void flag(String key) throws SyscallException {
      try (Scratch scratch = Scratch.open();
          Fd.Use use = fd.use()) {
        configure(
            Kernel.call(
                Syscall.FSCONFIG, use.number(), FSCONFIG_SET_FLAG, scratch.string(key), 0, 0),
            key);
      }
    }

    void descriptor(String key, Fd value) throws SyscallException {
      try (Scratch scratch = Scratch.open();
          Fd.Use use = fd.use();
          Fd.Use number = value.use()) {
        configure(
            Kernel.call(
                Syscall.FSCONFIG,
                use.number(),
                FSCONFIG_SET_FD,
                scratch.string(key),
                0,
                number.number()),
            key + " by descriptor");
      }
    }

    Fd mount(long attributes) throws SyscallException {
      try (Fd.Use use = fd.use()) {
        configure(
            Kernel.call(Syscall.FSCONFIG, use.number(), FSCONFIG_CMD_CREATE, 0, 0, 0), "create");
        long result = Kernel.call(Syscall.FSMOUNT, use.number(), FSMOUNT_CLOEXEC, attributes);
        return Fd.own(Kernel.check(result, Syscall.FSMOUNT, label));
      }
    }

    private void configure(long result, String what) throws SyscallException {
      if (result < 0) {
        Kernel.check(result, Syscall.FSCONFIG, label + " " + what, complaint());
      }
    }

    /** The kernel queues sentences about a refusal on the context's descriptor. */
    private String complaint() {
      try {
        byte[] text = new byte[1024];
        int length = fd.input().read(text, 0, text.length);
        return length > 2 ? new String(text, 2, length - 2, StandardCharsets.UTF_8).trim() : "";
      } catch (java.io.IOException e) {
        return "";
      }
    }

    @Override
    public void close() {
      fd.close();
    }
  }
}
