package dev.stockade.launcher.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Namespaces by descriptor, namespaces(7) and ioctl_ns(2). */
public final class Namespace {
  private static final long NS_GET_NSTYPE = 0xb703;
  private static final long NEW_UTS = 0x0400_0000L;
  private static final long NEW_IPC = 0x0800_0000L;
  private static final long NEW_NET = 0x4000_0000L;
  private static final int LIMIT = 64 * 1024;

  private Namespace() {}

  /**
   * Opens a namespace file of the host.
   *
   * @param type the CLONE_NEW* bit it must be of
   */
  public static Fd open(Path path, long type) throws SyscallException {
    Fd fd = Opening.host(path, Flags.O_RDONLY);
    try (Fd.Use use = fd.use()) {
      long actual = Kernel.call(Syscall.IOCTL, use.number(), NS_GET_NSTYPE, 0);
      if (actual == type) {
        return fd;
      }
      fd.close();
      throw new SyscallException(
          "ioctl_ns", Errno.EINVAL, path.toString(), "not a namespace of the kind asked for");
    }
  }

  /**
   * Kernel parameters as a process in these namespaces would read them, in the order of the paths;
   * empty where there is no such file.
   *
   * <p>A thread of its own enters the network, IPC and UTS namespaces of the process and reads the
   * host's procfs, because the kernel resolves these parameters by the namespaces of the reader,
   * whichever procfs the file is on. Only namespaces that a single thread may enter are entered,
   * and the thread ends afterwards.
   *
   * @param paths beneath /proc/sys, with slashes
   */
  public static List<Optional<String>> parameters(Pidfd process, List<String> paths)
      throws IOException {
    return Visit.run(() -> read(process, paths));
  }

  /**
   * Gives the root of an IPC namespace's message queues an SELinux context, mq_overview(7). A
   * thread of its own enters the namespace, because the file system shows that of its maker.
   */
  public static void labelMessageQueues(Fd ipc, String context) throws IOException {
    Visit.run(
        () -> {
          try (Fd.Use use = ipc.use()) {
            Kernel.check(
                Kernel.call(Syscall.SETNS, use.number(), NEW_IPC), Syscall.SETNS, "IPC namespace");
          }
          try (Fd queues = Mounts.fileSystem("mqueue", List.of(), 0)) {
            queues.label(context);
          }
          return context;
        });
  }

  private static List<Optional<String>> read(Pidfd process, List<String> paths) throws IOException {
    try (Fd.Use use = process.fd().use()) {
      Kernel.check(
          Kernel.call(Syscall.SETNS, use.number(), NEW_NET | NEW_IPC | NEW_UTS),
          Syscall.SETNS,
          "network, IPC and UTS namespaces of the process");
    }
    List<Optional<String>> values = new ArrayList<>();
    try (Directory parameters = Directory.open(Path.of("/proc/sys"), Resolution.BENEATH)) {
      for (String path : paths) {
        values.add(
            parameters
                .readIfPresent(path, LIMIT)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8)));
      }
    }
    return values;
  }
}
