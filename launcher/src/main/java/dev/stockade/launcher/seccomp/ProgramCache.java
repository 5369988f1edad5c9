package dev.stockade.launcher.seccomp;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The most recently used compiled programs, so that compiling is not part of a launch. Thread-safe.
 * The key is all that a program depends on while this process lives: the whole profile and the ABI.
 */
public final class ProgramCache {
  private final Map<Key, BpfProgram> programs;

  private record Key(Profile profile, Arch nativeArch) {}

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
          protected boolean removeEldestEntry(Map.Entry<Key, BpfProgram> eldest) {
            return size() > limit;
          }
        };
  }

  /**
   * The program of a profile, compiled at most once while it is kept.
   *
   * @throws ProfileException as {@link SeccompCompiler#compile}; refusals are not kept
   */
  public BpfProgram program(Profile profile, Arch nativeArch) throws ProfileException {
    Key key = new Key(profile, nativeArch);
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

  /** How many programs are kept now. */
  public int size() {
    synchronized (programs) {
      return programs.size();
    }
  }
}
