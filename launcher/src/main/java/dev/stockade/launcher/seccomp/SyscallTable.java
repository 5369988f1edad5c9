package dev.stockade.launcher.seccomp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * The system calls of one ABI by name and number, as {@code scripts/syscall-tables} took them from
 * kernel headers. Numbers are those a filter sees in {@code seccomp_data.nr}, so x32 numbers carry
 * {@link Arch#numberBit()}.
 */
public final class SyscallTable {
  private static final Map<Arch, SyscallTable> TABLES = new EnumMap<>(Arch.class);
  private static final Set<String> ALL_NAMES = new HashSet<>();

  static {
    for (Arch arch : Arch.values()) {
      SyscallTable table = load(arch);
      TABLES.put(arch, table);
      ALL_NAMES.addAll(table.numbers.keySet());
    }
    List<String> elsewhere = lines("syscalls-elsewhere.txt");
    ALL_NAMES.addAll(elsewhere.subList(1, elsewhere.size()));
  }

  private final String origin;
  private final Map<String, Integer> numbers;
  private final Map<Integer, String> names;

  private SyscallTable(String origin, Map<String, Integer> numbers, Map<Integer, String> names) {
    this.origin = origin;
    this.numbers = Collections.unmodifiableMap(numbers);
    this.names = Collections.unmodifiableMap(names);
  }

  public static SyscallTable of(Arch arch) {
    SyscallTable table = TABLES.get(arch);
    if (table == null) {
      throw new IllegalStateException("no system call table for " + arch);
    }
    return table;
  }

  /** Whether any Linux architecture, known to the compiler or not, has a call of that name. */
  public static boolean isKnownAnywhere(String name) {
    return ALL_NAMES.contains(name);
  }

  /** The ABI and kernel version, for example {@code x86_64, Linux 7.3.0}. */
  public String origin() {
    return origin;
  }

  /** The number of a call, or empty if this ABI does not have it. */
  public OptionalInt number(String name) {
    Integer number = numbers.get(name);
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /** The name of a call, or empty if the number is not assigned. */
  public Optional<String> name(int number) {
    return Optional.ofNullable(names.get(number));
  }

  /** All names of a number: two where an ABI has an alias, none where it is not assigned. */
  public List<String> namesOf(int number) {
    Optional<String> first = name(number);
    return first.isEmpty()
        ? List.of()
        : numbers.keySet().stream()
            .filter(name -> numbers.getOrDefault(name, -1) == number)
            .toList();
  }

  /** Every name with its number, ordered by name. Two names may share a number. */
  public Map<String, Integer> numbers() {
    return numbers;
  }

  private static SyscallTable load(Arch arch) {
    List<String> lines = lines("syscalls-" + arch.label() + ".tsv");
    Map<String, Integer> numbers = new TreeMap<>();
    Map<Integer, String> names = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      int tab = line.indexOf('\t');
      int number = Integer.parseInt(line, 0, tab, 10) | arch.numberBit();
      String name = line.substring(tab + 1);
      numbers.put(name, number);
      names.putIfAbsent(number, name);
    }
    return new SyscallTable(lines.get(0).substring(2), numbers, names);
  }

  private static List<String> lines(String resource) {
    try (InputStream in = SyscallTable.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the class path lacks " + resource);
      }
      List<String> lines = new ArrayList<>();
      BufferedReader text = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line = text.readLine(); line != null; line = text.readLine()) {
        lines.add(line);
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }
}
