package dev.stockade.launcher.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** What the loaded SELinux policy allows, asked through selinuxfs. */
public final class SeLinuxPolicy {
  private static final Path MOUNT = Path.of("/sys/fs/selinux");
  private static final String ENFORCE = "enforce";
  private static final int LIMIT = 4096;
  private static final int PERMISSIVE_DOMAIN = 1;

  private SeLinuxPolicy() {}

  /**
   * Whether a process of one context may trace one of the other. Where SELinux does not enforce,
   * all is allowed.
   *
   * @throws SyscallException if SELinux is not there, or knows no such context
   */
  public static boolean mayTrace(String tracer, String target) throws IOException {
    return allows(tracer, target, "process", "ptrace");
  }

  /**
   * Whether the policy allows something. Where SELinux does not enforce, all is allowed.
   *
   * @param type the class of the target, and {@code permission} one of it, as the policy names them
   * @throws SyscallException if SELinux is not there, or knows no such context
   */
  public static boolean allows(String source, String target, String type, String permission)
      throws IOException {
    try (Directory selinux = Directory.open(MOUNT, Resolution.BENEATH)) {
      return number(selinux, ENFORCE) == 0
          || allows(access(selinux, source, target, type), bit(selinux, type, permission));
    }
  }

  /**
   * Whether the policy has a rule that allows something, also where nothing is denied for now
   * because the node or the source's type is permissive.
   *
   * @throws SyscallException if SELinux is not there, or knows no such context
   */
  public static boolean grants(String source, String target, String type, String permission)
      throws IOException {
    try (Directory selinux = Directory.open(MOUNT, Resolution.BENEATH)) {
      return grants(access(selinux, source, target, type), bit(selinux, type, permission));
    }
  }

  private static String access(Directory selinux, String source, String target, String type)
      throws IOException {
    int index = number(selinux, "class/" + type + "/index");
    return ask(selinux, "access", source + " " + target + " " + index);
  }

  private static int bit(Directory selinux, String type, String permission) throws IOException {
    return number(selinux, "class/" + type + "/perms/" + permission);
  }

  /**
   * Whether a process of a context is denied what the policy does not allow it: neither the node
   * nor the context's type is permissive.
   *
   * @throws SyscallException if SELinux is not there, or knows no such context
   */
  public static boolean enforces(String context) throws IOException {
    try (Directory selinux = Directory.open(MOUNT, Resolution.BENEATH)) {
      if (number(selinux, ENFORCE) == 0) {
        return false;
      }
      int index = number(selinux, "class/process/index");
      return !permissive(ask(selinux, "access", context + " " + context + " " + index));
    }
  }

  /**
   * The context of a process after it has executed a program, without asking for one.
   *
   * @param process its context before
   * @param program the label of the file
   * @throws SyscallException if SELinux is not there, or knows no such context
   */
  public static String transition(String process, String program) throws IOException {
    try (Directory selinux = Directory.open(MOUNT, Resolution.BENEATH)) {
      int index = number(selinux, "class/process/index");
      return text(ask(selinux, "create", process + " " + program + " " + index));
    }
  }

  /** Whether SELinux denies, rather than tells of what it would deny. */
  public static boolean enforcing() throws IOException {
    try (Directory selinux = Directory.open(MOUNT, Resolution.BENEATH)) {
      return number(selinux, ENFORCE) != 0;
    }
  }

  /** A context as the kernel writes it; empty for one that the policy does not know. */
  public static Optional<String> find(String context) throws IOException {
    try (Directory selinux = Directory.open(MOUNT, Resolution.BENEATH)) {
      return Optional.of(text(ask(selinux, "context", context)));
    } catch (SyscallException e) {
      if (e.is(Errno.EINVAL)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static String text(String answer) {
    return answer.replaceAll("[\n\\x00]+$", "");
  }

  private static int number(Directory selinux, String file) throws IOException {
    byte[] text = selinux.readBounded(file, LIMIT);
    return Integer.parseInt(new String(text, StandardCharsets.US_ASCII).trim());
  }

  /** A question and its answer are one write and one read of the same open file. */
  private static String ask(Directory selinux, String name, String question) throws IOException {
    try (Entry entry = selinux.entry(name);
        Fd file = entry.open(Flags.O_RDWR, 0);
        OutputStream out = file.output();
        InputStream in = file.input()) {
      out.write(question.getBytes(StandardCharsets.UTF_8));
      byte[] answer = new byte[LIMIT];
      int length = Math.max(0, in.read(answer));
      return new String(answer, 0, length, StandardCharsets.US_ASCII);
    }
  }

  /**
   * Reads an answer: hexadecimal masks of what is allowed, decided and audited, the number of the
   * policy, and flags.
   *
   * @param permission its number within the class, from 1
   */
  static boolean allows(String answer, int permission) throws IOException {
    return grants(answer, permission) || permissive(answer);
  }

  /** As the other, also of a permissive type only what the policy allows it. */
  static boolean grants(String answer, int permission) throws IOException {
    long allowed = Long.parseUnsignedLong(words(answer)[0], 16);
    return (allowed & 1L << (permission - 1)) != 0;
  }

  /** Whether the answer is about a permissive type. */
  static boolean permissive(String answer) throws IOException {
    String[] words = words(answer);
    long flags = words.length > 5 ? Long.parseUnsignedLong(words[5], 16) : 0;
    return (flags & PERMISSIVE_DOMAIN) != 0;
  }

  private static String[] words(String answer) throws IOException {
    String[] words = answer.trim().split(" ", -1);
    if (words.length < 5) {
      throw new IOException("selinuxfs answered \"" + answer + "\" to a question of access");
    }
    return words;
  }
}
