package dev.stockade.launcher.seccomp;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The most recently used compiled programs, so that compiling is not part of a launch. Thread-safe.
 * The key is the digest of everything a program depends on: the profile's canonical text, the ABI,
 * the capabilities it was made for, the compiler's version and the origin of the system call
 * tables.
 */
public final class ProgramCache {
  private final Map<String, BpfProgram> programs;

  /**
   * An empty cache.
   *
   * @param limit the number of programs kept, at least 1; one has at most 32 KiB
   */
  public ProgramCache(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a cache of " + limit + " programs");
    }
    programs =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, BpfProgram> eldest) {
            return size() > limit;
          }
        };
  }

  /**
   * The program of a profile, compiled at most once while it is kept.
   *
   * @param capabilities the bounding set that the profile was made for, or none; only part of the
   *     key
   * @throws ProfileException as {@link SeccompCompiler#compile}; refusals are not kept
   */
  public BpfProgram program(Profile profile, Arch nativeArch, SortedSet<String> capabilities)
      throws ProfileException {
    String key = key(profile, nativeArch, capabilities);
    synchronized (programs) {
      BpfProgram known = programs.get(key);
      if (known != null) {
        return known;
      }
    }
    BpfProgram program = SeccompCompiler.compile(profile, nativeArch);
    synchronized (programs) {
      programs.put(key, program);
    }
    return program;
  }

  /** The program of the default profile for a bounding set. */
  public BpfProgram defaultProgram(SortedSet<String> bounding, Arch nativeArch)
      throws ProfileException {
    return program(DefaultProfile.forCapabilities(bounding, nativeArch), nativeArch, bounding);
  }

  /** How many programs are kept now. */
  public int size() {
    synchronized (programs) {
      return programs.size();
    }
  }

  static String key(Profile profile, Arch nativeArch, SortedSet<String> capabilities) {
    String text =
        String.join(
            "\n",
            "compiler " + SeccompCompiler.VERSION,
            SyscallTable.of(nativeArch).origin(),
            "capabilities " + String.join(",", new TreeSet<>(capabilities)),
            profile.toJson());
    return BpfProgram.sha256(text.getBytes(StandardCharsets.UTF_8));
  }
}
