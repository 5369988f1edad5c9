package dev.stockade.shim.intent;

/**
 * A device asked for by its name in the Container Device Interface.
 *
 * @param name {@code vendor/class=device}
 * @param field where it was asked for
 */
public record CdiRequest(String name, String field) {}
