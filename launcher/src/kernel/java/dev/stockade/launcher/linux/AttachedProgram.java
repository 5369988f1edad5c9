package dev.stockade.launcher.linux;

/** A device program that somebody attached to a cgroup, which nobody but a meddler takes away. */
public final class AttachedProgram {
  private static final int BPF_PROG_DETACH = 9;
  private static final int BPF_PROG_GET_FD_BY_ID = 13;
  private static final int CGROUP_DEVICE = 6;

  private AttachedProgram() {}

  /**
   * Takes it away, bpf(2).
   *
   * @param id as of {@link DeviceProgram#id}
   */
  public static void detach(Cgroup cgroup, int id) throws SyscallException {
    try (Scratch scratch = Scratch.open();
        Fd program = byId(scratch, id);
        Fd.Use held = program.use();
        Fd.Use target = cgroup.fd().use()) {
      Scratch.Piece request =
          scratch
              .zeroed(32)
              .putInt(0, target.number())
              .putInt(4, held.number())
              .putInt(8, CGROUP_DEVICE);
      Kernel.check(
          Kernel.call(Syscall.BPF, BPF_PROG_DETACH, request.address(), request.size()),
          Syscall.BPF,
          "BPF_PROG_DETACH " + cgroup.path());
    }
  }

  private static Fd byId(Scratch scratch, int id) throws SyscallException {
    Scratch.Piece request = scratch.zeroed(16).putInt(0, id);
    long number =
        Kernel.call(Syscall.BPF, BPF_PROG_GET_FD_BY_ID, request.address(), request.size());
    return Fd.own(Kernel.check(number, Syscall.BPF, "BPF_PROG_GET_FD_BY_ID " + id));
  }
}
