package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * One rule of the device controller.
 *
 * @param type a (all), b or c; empty: a
 * @param major absent: any
 * @param minor absent: any
 * @param access of r, w and m
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciDeviceRule(
    boolean allow, String type, @Nullable Long major, @Nullable Long minor, String access) {
  public OciDeviceRule {
    type = type == null ? "" : type;
    access = access == null ? "" : access;
  }
}
