package dev.stockade.launcher.spec;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import java.io.IOException;
import java.math.BigInteger;

/** The specification's uint64 as a Java long with the same bits. */
final class UnsignedLong {
  private UnsignedLong() {}

  static final class Writer extends JsonSerializer<Long> {
    @Override
    public void serialize(Long value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeNumber(Long.toUnsignedString(value));
    }
  }

  static final class Reader extends JsonDeserializer<Long> {
    @Override
    public Long deserialize(JsonParser in, DeserializationContext context) throws IOException {
      BigInteger value = in.getBigIntegerValue();
      if (!in.currentToken().isNumeric() || value.signum() < 0 || value.bitLength() > Long.SIZE) {
        throw context.weirdNumberException(value, Long.class, "not an unsigned 64-bit number");
      }
      return value.longValue();
    }
  }
}
