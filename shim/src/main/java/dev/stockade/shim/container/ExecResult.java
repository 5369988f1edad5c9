package dev.stockade.shim.container;

import com.google.protobuf.ByteString;

/** What a command printed and how it ended. */
public final class ExecResult {
  private final ByteString output;
  private final ByteString error;
  private final int code;

  ExecResult(byte[] output, byte[] error, int code) {
    this.output = ByteString.copyFrom(output);
    this.error = ByteString.copyFrom(error);
    this.code = code;
  }

  public ByteString output() {
    return output;
  }

  public ByteString error() {
    return error;
  }

  /** 0 to 255; 128 plus the signal that ended it. */
  public int code() {
    return code;
  }
}
