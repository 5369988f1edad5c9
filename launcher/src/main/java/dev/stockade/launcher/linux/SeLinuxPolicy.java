package dev.stockade.launcher.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What the loaded SELinux policy allows, asked through selinuxfs. */
public final class SeLinuxPolicy {
  private static final Path MOUNT = Path.of("/sys/fs/selinux");
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
    try (Directory selinux = Directory.open(MOUNT, Resolution.BENEATH)) {
      if (number(selinux, "enforce") == 0) {
        return true;
      }
      int type = number(selinux, "class/process/index");
      int permission = number(selinux, "class/process/perms/ptrace");
      return allows(ask(selinux, tracer + " " + target + " " + type), permission);
    }
  }

  private static int number(Directory selinux, String file) throws IOException {
    byte[] text = selinux.readBounded(file, LIMIT);
    return Integer.parseInt(new String(text, StandardCharsets.US_ASCII).trim());
  }

  /** A question and its answer are one write and one read of the same open file. */
  private static String ask(Directory selinux, String question) throws IOException {
    try (Entry access = selinux.entry("access");
        Fd file = access.open(Flags.O_RDWR, 0);
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
    String[] words = answer.trim().split(" ", -1);
    if (words.length < 5) {
      throw new IOException("selinuxfs answered \"" + answer + "\" to a question of access");
    }
    long allowed = Long.parseUnsignedLong(words[0], 16);
    long flags = words.length > 5 ? Long.parseUnsignedLong(words[5], 16) : 0;
    return (allowed & 1L << (permission - 1)) != 0 || (flags & PERMISSIVE_DOMAIN) != 0;
  }
}
