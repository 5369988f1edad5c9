package dev.stockade.shim.config;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The value of one key.
 *
 * @param raw whether the value is text of the command line, of which the key's type makes what it
 *     is
 */
record Setting(JsonNode value, Origin origin, boolean raw) {}
