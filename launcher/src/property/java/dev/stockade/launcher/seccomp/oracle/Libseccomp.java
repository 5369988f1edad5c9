package dev.stockade.launcher.seccomp.oracle;

import jnr.ffi.LibraryLoader;
import jnr.ffi.LibraryOption;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** The calls of libseccomp's C interface that the tests use, seccomp(3). */
public interface Libseccomp {
  /** Binds libseccomp.so.2; UnsatisfiedLinkError if the machine has none. */
  static Libseccomp load() {
    return LibraryLoader.create(Libseccomp.class)
        .option(LibraryOption.LoadNow, true)
        .load("libseccomp.so.2");
  }

  static Runtime runtime(Libseccomp library) {
    return Runtime.getRuntime(library);
  }

  /** For example {@code 2.5.4}. */
  static String version(Libseccomp library) {
    Pointer version = library.seccomp_version();
    return version.getInt(0) + "." + version.getInt(4) + "." + version.getInt(8);
  }

  Pointer seccomp_version();

  Pointer seccomp_init(int defaultAction);

  void seccomp_release(Pointer context);

  int seccomp_arch_native();

  int seccomp_arch_add(Pointer context, int token);

  int seccomp_arch_remove(Pointer context, int token);

  int seccomp_attr_set(Pointer context, int attribute, int value);

  int seccomp_syscall_resolve_name(String name);

  int seccomp_syscall_resolve_name_arch(int token, String name);

  int seccomp_rule_add_array(
      Pointer context, int action, int syscall, int count, Pointer conditions);

  int seccomp_export_bpf(Pointer context, int fd);
}
