package dev.stockade.shim.image;

/**
 * A signature of an image as it is kept beside it, so that it can be verified again without the
 * registry.
 *
 * @param manifest what was signed: a manifest that leads to the image
 * @param payload what the signature is over, in base64
 * @param signature in base64
 */
public record ImageSignature(Digest manifest, String payload, String signature) {}
