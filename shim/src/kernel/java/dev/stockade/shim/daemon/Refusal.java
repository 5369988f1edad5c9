package dev.stockade.shim.daemon;

import io.grpc.Status;
import java.util.List;

/**
 * One request that must be refused.
 *
 * @param what is wrong with it
 * @param code of the answer
 * @param names words of the message, the field first
 * @param request sends it
 */
record Refusal(String what, Status.Code code, List<String> names, Request request) {
  /** Sends one request over the socket. */
  @FunctionalInterface
  interface Request {
    void send(RefusalScene scene) throws Exception;
  }

  static Refusal of(String what, Status.Code code, String field, Request request) {
    return new Refusal(what, code, List.of(field), request);
  }

  /** The same with more that the message must say. */
  Refusal saying(String... more) {
    List<String> all = new java.util.ArrayList<>(names);
    all.addAll(List.of(more));
    return new Refusal(what, code, List.copyOf(all), request);
  }

  @Override
  public String toString() {
    return what + " is " + code;
  }
}
