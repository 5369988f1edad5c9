package dev.stockade.launcher.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a container as hooks get it on their standard input.
 *
 * @param status {@code creating}, {@code running} or {@code stopped}
 * @param pid as the host numbers it; null for one that has ended
 * @param bundle absolute path of the directory with {@code config.json}
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record OciState(
    String ociVersion,
    String id,
    String status,
    @Nullable Integer pid,
    String bundle,
    Map<String, String> annotations) {}
