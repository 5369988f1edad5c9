package dev.stockade.shim.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The inputs of one target.
 *
 * @param kept inputs that once were findings, in the repository; new findings are put beside them
 * @param seeds written anew by each run
 * @param found inputs that reach more of the code, kept until the next clean build
 */
record Corpus(Path kept, Path seeds, Path found) {
  static Corpus of(String name) {
    Path work = Path.of("target/fuzz").resolve(name).toAbsolutePath();
    return new Corpus(
        Path.of("src/fuzz/corpus").resolve(name).toAbsolutePath(),
        work.resolve("seeds"),
        work.resolve("found"));
  }

  /** Makes the directories, with the seeds of the target. */
  void fill(FuzzTarget target) throws Exception {
    for (Path directory : List.of(kept, seeds, found)) {
      Files.createDirectories(directory);
    }
    for (Path old : files(seeds)) {
      Files.delete(old);
    }
    try (Stream<byte[]> all = target.seeds()) {
      int number = 0;
      for (byte[] seed : all.toList()) {
        Files.write(seeds.resolve("seed-" + number++), seed);
      }
    }
  }

  /** What the repository has and the seeds. */
  List<Path> known() throws IOException {
    return Stream.concat(files(kept).stream(), files(seeds).stream()).toList();
  }

  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }
}
