package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * The limit of tasks.
 *
 * @param limit -1 is no limit
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciPids(long limit) {}
