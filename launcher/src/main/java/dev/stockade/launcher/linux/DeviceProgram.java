package dev.stockade.launcher.linux;

import java.util.ArrayList;
import java.util.List;

/**
 * A loaded BPF_PROG_TYPE_CGROUP_DEVICE program, bpf(2); it lives on in the cgroups it is attached
 * to.
 */
public final class DeviceProgram implements AutoCloseable {
  private static final int BPF_PROG_LOAD = 5;
  private static final int BPF_PROG_ATTACH = 8;
  private static final int BPF_OBJ_GET_INFO_BY_FD = 15;
  private static final int BPF_PROG_QUERY = 16;
  private static final int TYPE_CGROUP_DEVICE = 15;
  private static final int ATTACH_CGROUP_DEVICE = 6;
  private static final int ALLOW_MULTIPLE = 2;
  private static final int ATTACHED_MAX = 64;

  private final Fd fd;
  private final int id;

  private DeviceProgram(Fd fd, int id) {
    this.fd = fd;
    this.id = id;
  }

  /** The kernel's number of the program, unique while it is loaded. */
  public int id() {
    return id;
  }

  /** Compiles the rules and has the kernel verify them. */
  public static DeviceProgram load(List<DeviceRule> rules) throws SyscallException {
    byte[] code = DeviceAssembler.assemble(rules);
    try (Scratch scratch = Scratch.open()) {
      Scratch.Piece request =
          scratch
              .zeroed(128)
              .putInt(0, TYPE_CGROUP_DEVICE)
              .putInt(4, code.length / 8)
              .putLong(8, scratch.bytes(code).address())
              .putLong(16, scratch.string(""));
      long result = Kernel.call(Syscall.BPF, BPF_PROG_LOAD, request.address(), request.size());
      Fd fd =
          Fd.own(
              Kernel.check(
                  result,
                  Syscall.BPF,
                  "BPF_PROG_LOAD of " + rules.size() + " device rules",
                  "needs CAP_BPF and CAP_NET_ADMIN, and CONFIG_CGROUP_BPF"));
      try {
        return new DeviceProgram(fd, identify(fd));
      } catch (SyscallException e) {
        fd.close();
        throw e;
      }
    }
  }

  private static int identify(Fd program) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use use = program.use()) {
      Scratch.Piece info = scratch.zeroed(64);
      Scratch.Piece request =
          scratch
              .zeroed(16)
              .putInt(0, use.number())
              .putInt(4, info.size())
              .putLong(8, info.address());
      Kernel.check(
          Kernel.call(Syscall.BPF, BPF_OBJ_GET_INFO_BY_FD, request.address(), request.size()),
          Syscall.BPF,
          "BPF_OBJ_GET_INFO_BY_FD");
      return info.getInt(4);
    }
  }

  /**
   * Adds the program to the cgroup: an access must please every program attached there and above.
   */
  public void attach(Fd cgroup, String label) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use target = cgroup.use();
        Fd.Use program = fd.use()) {
      Scratch.Piece request =
          scratch
              .zeroed(32)
              .putInt(0, target.number())
              .putInt(4, program.number())
              .putInt(8, ATTACH_CGROUP_DEVICE)
              .putInt(12, ALLOW_MULTIPLE);
      Kernel.check(
          Kernel.call(Syscall.BPF, BPF_PROG_ATTACH, request.address(), request.size()),
          Syscall.BPF,
          "BPF_PROG_ATTACH " + label);
    }
  }

  /** The programs attached to the cgroup itself, by {@link #id}. */
  public static List<Integer> attached(Fd cgroup, String label) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd.Use target = cgroup.use()) {
      Scratch.Piece ids = scratch.zeroed(4 * ATTACHED_MAX);
      Scratch.Piece request =
          scratch
              .zeroed(64)
              .putInt(0, target.number())
              .putInt(4, ATTACH_CGROUP_DEVICE)
              .putLong(16, ids.address())
              .putInt(24, ATTACHED_MAX);
      Kernel.check(
          Kernel.call(Syscall.BPF, BPF_PROG_QUERY, request.address(), request.size()),
          Syscall.BPF,
          "BPF_PROG_QUERY " + label);
      List<Integer> found = new ArrayList<>();
      for (int i = 0; i < request.getInt(24); i++) {
        found.add(ids.getInt(4 * i));
      }
      return found;
    }
  }

  @Override
  public void close() {
    fd.close();
  }
}
