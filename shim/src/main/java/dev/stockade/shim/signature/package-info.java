/**
 * The signature policy: containers-policy.json(5), and sigstore signatures with public keys. What a
 * registry says is hostile; nothing of a signature is parsed before a key of the policy made it.
 */
@NullMarked
package dev.stockade.shim.signature;

import org.jspecify.annotations.NullMarked;
