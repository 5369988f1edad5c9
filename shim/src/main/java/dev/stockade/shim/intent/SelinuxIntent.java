package dev.stockade.shim.intent;

/** The parts of an SELinux context that were asked for; an empty part is not asked for. */
public record SelinuxIntent(String user, String role, String type, String level) {}
