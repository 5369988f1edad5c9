/**
 * Reading of container logs in the format the kubelet and the runtime agreed on: one record per
 * line, {@code TIME STREAM TAGS CONTENT}, where the first tag is {@code F} for the end of a line of
 * output and {@code P} for a piece of one (kubernetes design proposal "kubelet-cri-logging").
 */
@NullMarked
package dev.stockade.shim.cli.log;

import org.jspecify.annotations.NullMarked;
