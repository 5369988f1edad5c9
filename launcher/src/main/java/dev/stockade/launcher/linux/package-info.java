/**
 * The kernel as seen by the launcher: descriptors, mounts, cgroups, processes and sockets. The only
 * package that may touch JNR; nothing here decides policy.
 */
@NullMarked
package dev.stockade.launcher.linux;

import org.jspecify.annotations.NullMarked;
