package dev.stockade.launcher.seccomp;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.io.IOException;
import java.math.BigInteger;

/** Writes the uint64 of the OCI runtime specification that a long holds. */
final class UnsignedLongWriter extends JsonSerializer<Long> {
  @Override
  public void serialize(Long value, JsonGenerator out, SerializerProvider provider)
      throws IOException {
    if (value >= 0) {
      out.writeNumber(value.longValue());
    } else {
      out.writeNumber(new BigInteger(Long.toUnsignedString(value)));
    }
  }

  @Override
  public boolean isEmpty(SerializerProvider provider, Long value) {
    return value == 0;
  }
}
