package dev.stockade.launcher.linux;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;

/**
 * Digests by OpenSSL's libcrypto, which the base system of Debian and RHEL has, because only the
 * JVM's second compiler knows the processor's instructions for SHA-256 and the daemon runs without
 * it: 50 MB/s instead of 1.7 GB/s. EVP_DigestInit(3).
 */
public final class LibraryDigest extends MessageDigest {
  private static final String LIBRARY = "libcrypto.so.3";
  private static final int CHUNK = 64 << 10;
  private static final Cleaner CLEANER = Cleaner.create();

  private final Functions functions;
  private final long type;
  private final int length;
  private final long context;

  private LibraryDigest(Functions functions, String algorithm, long type, int length) {
    super(algorithm);
    this.functions = functions;
    this.type = type;
    this.length = length;
    long fresh = functions.pointer(functions.create);
    this.context = fresh;
    if (fresh == 0) {
      throw new IllegalStateException(LIBRARY + " has no memory for a digest");
    }
    CLEANER.register(this, () -> functions.free(fresh));
    engineReset();
  }

  /**
   * A digest of the library, or the JVM's own, which is the same but slower, where there is none.
   *
   * @param algorithm SHA-256 or SHA-512
   */
  public static MessageDigest of(String algorithm) {
    Functions functions = Loaded.FUNCTIONS;
    if (functions.usable && algorithm.equals("SHA-256")) {
      return new LibraryDigest(functions, algorithm, functions.pointer(functions.sha256), 32);
    }
    if (functions.usable && algorithm.equals("SHA-512")) {
      return new LibraryDigest(functions, algorithm, functions.pointer(functions.sha512), 64);
    }
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalArgumentException("no JVM has " + algorithm, e);
    }
  }

  @Override
  protected void engineUpdate(byte input) {
    engineUpdate(new byte[] {input}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] input, int offset, int count) {
    Objects.checkFromIndexSize(offset, count, input.length);
    for (int done = 0; done < count; done += CHUNK) {
      int part = Math.min(CHUNK, count - done);
      try (Scratch scratch = Scratch.open()) {
        long at = scratch.uninitialised(part).put(0, input, offset + done, part).address();
        call(functions.update, at, part, "EVP_DigestUpdate");
      }
    }
  }

  @Override
  protected byte[] engineDigest() {
    try (Scratch scratch = Scratch.open()) {
      Scratch.Piece hash = scratch.zeroed(64);
      call(functions.end, hash.address(), 0, "EVP_DigestFinal_ex");
      engineReset();
      return hash.bytes(0, length);
    }
  }

  @Override
  protected int engineDigest(byte[] target, int offset, int room) throws DigestException {
    if (room < length) {
      throw new DigestException("a digest has " + length + " bytes");
    }
    System.arraycopy(engineDigest(), 0, target, offset, length);
    return length;
  }

  @Override
  protected int engineGetDigestLength() {
    return length;
  }

  @Override
  protected void engineReset() {
    call(functions.begin, type, 0, "EVP_DigestInit_ex");
  }

  private void call(long function, long first, long second, String name) {
    try {
      if (functions.call(function, context, first, second) != 1) {
        throw new IllegalStateException(name + " of " + LIBRARY + " failed");
      }
    } finally {
      // The context is freed with this, which nobody else may hold any more during the call.
      Reference.reachabilityFence(this);
    }
  }

  /** Looked for when the first digest is made. */
  private static final class Loaded {
    static final Functions FUNCTIONS = new Functions();
  }

  private static final class Functions {
    private static final Invoker INVOKER = Invoker.getInstance();
    private static final CallContext POINTER = new CallContext(Type.POINTER);
    private static final CallContext FREE = new CallContext(Type.VOID, Type.POINTER);
    private static final CallContext THREE =
        new CallContext(Type.SINT, Type.POINTER, Type.POINTER, Type.POINTER);

    /** Held, because the library is unloaded with it. */
    private final Library library;

    private final long create;
    private final long free;
    private final long sha256;
    private final long sha512;
    private final long begin;
    private final long update;
    private final long end;
    private final boolean usable;

    Functions() {
      library = Library.getCachedInstance(LIBRARY, Library.LAZY | Library.LOCAL);
      create = address("EVP_MD_CTX_new");
      free = address("EVP_MD_CTX_free");
      sha256 = address("EVP_sha256");
      sha512 = address("EVP_sha512");
      begin = address("EVP_DigestInit_ex");
      update = address("EVP_DigestUpdate");
      end = address("EVP_DigestFinal_ex");
      usable =
          create != 0
              && free != 0
              && sha256 != 0
              && sha512 != 0
              && begin != 0
              && update != 0
              && end != 0;
    }

    private long address(String name) {
      return library == null ? 0 : library.getSymbolAddress(name);
    }

    long pointer(long function) {
      return INVOKER.invokeN0(POINTER, function);
    }

    int call(long function, long a, long b, long c) {
      return (int) INVOKER.invokeN3(THREE, function, a, b, c);
    }

    void free(long context) {
      long unused = INVOKER.invokeN1(FREE, free, context);
    }
  }
}
