package dev.stockade.bench;

/** Something that launches {@code /bin/true} in a container and takes every trace of it away. */
interface Contender {
  String name();

  /** Launches once; the microseconds it took. */
  long launch() throws Exception;
}
