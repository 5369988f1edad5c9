package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * Memory limits in bytes; -1 is no limit.
 *
 * @param swap memory and swap together, as cgroup v1 counted
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciMemory(@Nullable Long limit, @Nullable Long reservation, @Nullable Long swap) {}
