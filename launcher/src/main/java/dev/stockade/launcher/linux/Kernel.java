package dev.stockade.launcher.linux;

import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/**
 * Raw system calls through one jnr-ffi function, because a narrow interface loads ten times faster
 * than a fat one.
 */
final class Kernel {
  /** The only function taken from libc. */
  public interface Gate {
    long syscall(long number, long a, long b, long c, long d, long e, long f);
  }

  static final Runtime RUNTIME;
  private static final Gate GATE;
  private static final Architecture ARCHITECTURE = Architecture.current();

  static {
    NativeLibrary.prepare();
    GATE = LibraryLoader.create(Gate.class).load("c");
    RUNTIME = Runtime.getRuntime(GATE);
    NativeLibrary.discard();
  }

  private Kernel() {}

  /** The result, or the negated errno. */
  static long call(Syscall call, long a, long b, long c, long d, long e, long f) {
    long result = GATE.syscall(call.number(ARCHITECTURE), a, b, c, d, e, f);
    return result == -1 ? -(long) LastError.getLastError(RUNTIME) : result;
  }

  static long call(Syscall call) {
    return call(call, 0, 0, 0, 0, 0, 0);
  }

  static long call(Syscall call, long a) {
    return call(call, a, 0, 0, 0, 0, 0);
  }

  static long call(Syscall call, long a, long b) {
    return call(call, a, b, 0, 0, 0, 0);
  }

  static long call(Syscall call, long a, long b, long c) {
    return call(call, a, b, c, 0, 0, 0);
  }

  static long call(Syscall call, long a, long b, long c, long d) {
    return call(call, a, b, c, d, 0, 0);
  }

  static long call(Syscall call, long a, long b, long c, long d, long e) {
    return call(call, a, b, c, d, e, 0);
  }

  /** The result, or an exception naming the call and its target. */
  static long check(long result, Syscall call, String target) throws SyscallException {
    if (result < 0) {
      throw new SyscallException(call.call(), (int) -result, target);
    }
    return result;
  }

  static long check(long result, Syscall call, String target, String hint) throws SyscallException {
    if (result < 0) {
      throw new SyscallException(call.call(), (int) -result, target, hint);
    }
    return result;
  }

  static boolean is(long result, Errno errno) {
    return result == -(long) errno.number();
  }
}
