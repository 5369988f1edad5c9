package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import java.io.IOException;
import java.math.BigInteger;

/** Reads a uint64 of the OCI runtime specification into a long with the same bits. */
final class UnsignedLongReader extends JsonDeserializer<Long> {
  private static final int BITS = 64;

  @Override
  public Long deserialize(JsonParser in, DeserializationContext context) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      return (Long) context.handleUnexpectedToken(Long.class, in);
    }
    BigInteger value = in.getBigIntegerValue();
    if (value.signum() < 0 || value.bitLength() > BITS) {
      return (Long)
          context.handleWeirdNumberValue(Long.class, value, "not an unsigned 64-bit number");
    }
    return value.longValue();
  }

  @Override
  public Long getNullValue(DeserializationContext context) {
    return 0L;
  }
}
