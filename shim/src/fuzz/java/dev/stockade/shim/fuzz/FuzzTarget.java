package dev.stockade.shim.fuzz;

import java.io.IOException;
import java.util.stream.Stream;

/** One reader of what strangers wrote, with what holds for it whatever they wrote. */
public interface FuzzTarget extends AutoCloseable {
  /** Where mutation begins. */
  Stream<byte[]> seeds() throws Exception;

  /**
   * Has the reader take one input. Anything thrown is a finding, so what the reader declares for
   * input it refuses is caught here.
   */
  void take(byte[] input) throws Exception;

  @Override
  default void close() throws IOException {}
}
