package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/** A clock's offset in a time namespace, time_namespaces(7). */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciTimeOffset(long secs, long nanosecs) {}
