package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;

/** A terminal's size in characters. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciConsoleSize(int height, int width) {}
