package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A limit of huge pages.
 *
 * @param pageSize for example {@code 2MB}
 * @param limit bytes
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciHugepageLimit(String pageSize, long limit) {
  public OciHugepageLimit {
    pageSize = pageSize == null ? "" : pageSize;
  }
}
