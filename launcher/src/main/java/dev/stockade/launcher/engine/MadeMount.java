package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.FileStatus;

/**
 * A detached mount that a launch attaches.
 *
 * @param root what it shows at its top
 * @param tree whether there can be others beneath that came with it: those of a recursive bind, and
 *     those the host's mounts propagate to it
 */
record MadeMount(FileStatus root, boolean tree) {}
