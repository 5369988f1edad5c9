package dev.stockade.launcher.seccomp.oracle;

import dev.stockade.launcher.seccomp.Arch;
import dev.stockade.launcher.seccomp.BpfProgram;
import dev.stockade.launcher.seccomp.Comparison;
import dev.stockade.launcher.seccomp.Condition;
import dev.stockade.launcher.seccomp.Profile;
import dev.stockade.launcher.seccomp.Rule;
import dev.stockade.launcher.seccomp.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/** Has libseccomp compile a profile the way runc asks it to. */
public final class OracleFilter implements AutoCloseable {
  private static final int OPTIMIZE = 8;
  private static final int BINARY_TREE = 2;
  private static final int UNKNOWN_SYSCALL = -1;
  private static final int CONDITION_SIZE = 24;
  private static final int MAX_CONDITIONS = 6;
  private static final int O_RDWR_CREAT_TRUNC = 2 | 0100 | 01000;
  private static final int OWNER_ONLY = 0600;

  /** open(2) and close(2), for the descriptor that libseccomp writes to. */
  public interface LibC {
    int open(String path, int flags, int mode);

    int close(int fd);
  }

  private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");

  private final Libseccomp library;
  private final Pointer context;

  /** A rule libseccomp would not take, with its errno. */
  public static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final int errno;

    Refusal(String what, int error) {
      super(what + ": errno " + -error);
      this.errno = -error;
    }

    public int errno() {
      return errno;
    }
  }

  private OracleFilter(Libseccomp library, Pointer context) {
    this.library = library;
    this.context = context;
  }

  /**
   * Compiles a profile.
   *
   * @param scratch a file to export to
   * @param binaryTree whether to ask for the search tree
   */
  public static BpfProgram compile(
      Libseccomp library, Profile profile, Arch nativeArch, boolean binaryTree, Path scratch)
      throws Refusal, IOException {
    Pointer context = library.seccomp_init(profile.defaultVerdict().returnValue());
    if (context == null) {
      throw new Refusal("seccomp_init", -22);
    }
    try (OracleFilter filter = new OracleFilter(library, context)) {
      filter.add(profile, nativeArch);
      if (binaryTree) {
        check("SCMP_FLTATR_CTL_OPTIMIZE", library.seccomp_attr_set(context, OPTIMIZE, BINARY_TREE));
      }
      return filter.export(scratch);
    }
  }

  /** The SCMP_ARCH_* value, which but for x32 is AUDIT_ARCH_*. */
  public static int token(Arch arch) {
    return arch == Arch.X32 ? 0x4000003E : arch.auditArch();
  }

  private void add(Profile profile, Arch nativeArch) throws Refusal {
    // A new filter is for the architecture of this machine.
    int here = library.seccomp_arch_native();
    boolean wanted = false;
    for (Arch arch : profile.archs(nativeArch)) {
      wanted |= token(arch) == here;
      int error = library.seccomp_arch_add(context, token(arch));
      if (error != 0 && error != -17) {
        throw new Refusal("seccomp_arch_add " + arch, error);
      }
    }
    if (!wanted) {
      check("seccomp_arch_remove", library.seccomp_arch_remove(context, here));
    }
    for (Rule rule : profile.syscalls()) {
      if (rule.verdict().equals(profile.defaultVerdict())) {
        continue;
      }
      for (String name : rule.names()) {
        int syscall = library.seccomp_syscall_resolve_name(name);
        if (syscall != UNKNOWN_SYSCALL) {
          for (List<Condition> all : rule.alternatives()) {
            add(rule.verdict(), name, syscall, all);
          }
        }
      }
    }
  }

  private void add(Verdict verdict, String name, int syscall, List<Condition> conditions)
      throws Refusal {
    Pointer array =
        Memory.allocateDirect(Libseccomp.runtime(library), CONDITION_SIZE * MAX_CONDITIONS, true);
    for (int i = 0; i < conditions.size(); i++) {
      Condition condition = conditions.get(i);
      long at = (long) CONDITION_SIZE * i;
      array.putInt(at, condition.index());
      array.putInt(at + 4, operator(condition.op()));
      array.putLong(at + 8, condition.value());
      array.putLong(at + 16, condition.valueTwo());
    }
    check(
        "seccomp_rule_add_array " + name,
        library.seccomp_rule_add_array(
            context, verdict.returnValue(), syscall, conditions.size(), array));
  }

  private BpfProgram export(Path scratch) throws Refusal, IOException {
    int fd = LIBC.open(scratch.toString(), O_RDWR_CREAT_TRUNC, OWNER_ONLY);
    if (fd < 0) {
      throw new IOException("cannot open " + scratch);
    }
    try {
      check("seccomp_export_bpf", library.seccomp_export_bpf(context, fd));
    } finally {
      LIBC.close(fd);
    }
    return BpfProgram.of(Files.readAllBytes(scratch));
  }

  private static int operator(Comparison op) {
    return switch (op) {
      case NE -> 1;
      case LT -> 2;
      case LE -> 3;
      case EQ -> 4;
      case GE -> 5;
      case GT -> 6;
      case MASKED_EQ -> 7;
    };
  }

  private static void check(String what, int result) throws Refusal {
    if (result != 0) {
      throw new Refusal(what, result);
    }
  }

  @Override
  public void close() {
    library.seccomp_release(context);
  }
}
