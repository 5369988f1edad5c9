package dev.stockade.shim.signature;

import java.util.List;

/**
 * What holds for an image.
 *
 * @param place where the policy says it, such as {@code transports.docker."registry.example"}
 * @param requirements all of which have to hold, one at least
 */
record Rules(String place, List<Requirement> requirements) {}
