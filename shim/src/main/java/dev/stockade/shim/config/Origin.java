package dev.stockade.shim.config;

/**
 * Where a setting comes from.
 *
 * @param source a file, or a flag of the command line
 * @param line in the file, from 1; 0 where there is none
 */
record Origin(String source, int line) {
  @Override
  public String toString() {
    return line == 0 ? source : source + ":" + line;
  }
}
