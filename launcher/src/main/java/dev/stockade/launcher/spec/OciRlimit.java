package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;

/**
 * A resource limit, setrlimit(2).
 *
 * @param type for example {@code RLIMIT_NOFILE}
 * @param hard as an unsigned number; -1 is RLIM_INFINITY
 * @param soft likewise
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciRlimit(
    String type,
    @JsonSerialize(using = UnsignedLong.Writer.class)
        @JsonDeserialize(using = UnsignedLong.Reader.class)
        long hard,
    @JsonSerialize(using = UnsignedLong.Writer.class)
        @JsonDeserialize(using = UnsignedLong.Reader.class)
        long soft) {
  public OciRlimit {
    type = type == null ? "" : type;
  }
}
