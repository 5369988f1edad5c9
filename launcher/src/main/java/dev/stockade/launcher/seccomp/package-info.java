/**
 * System call filters: profiles, their compilation to classic BPF, and the proof of what a program
 * decides, seccomp(2). Pure: the only input besides arguments is this package's own class-path
 * resources.
 */
@NullMarked
package dev.stockade.launcher.seccomp;

import org.jspecify.annotations.NullMarked;
