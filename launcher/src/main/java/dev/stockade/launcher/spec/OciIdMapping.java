package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A range of ids of a user namespace, user_namespaces(7).
 *
 * @param containerID the first id inside
 * @param hostID the first id outside
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciIdMapping(long containerID, long hostID, long size) {}
