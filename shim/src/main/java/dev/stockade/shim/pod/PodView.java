package dev.stockade.shim.pod;

import dev.stockade.shim.intent.PodIntent;
import dev.stockade.shim.oci.PodContext;

/** A pod as its containers see it. */
public record PodView(String id, PodIntent intent, PodContext context) {}
