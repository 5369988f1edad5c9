/* Shedding what a process inherits, so that nothing of its parent reaches what it starts. */
#pragma once

/* Closes every descriptor but 0, 1, 2 and the given ones; -1 entries are skipped. Sorts `keep`. */
void birth_close_others(int *keep, int count);

/* Opens /dev/null on those of 0, 1 and (with_stderr) 2; also fills closed ones. 0, or -1 with errno. */
int birth_null_stdio(int with_stderr);

/* Signals, mask, file-size-of-table limit, umask, nice, timer slack, parent-death signal, keyring, dumpable:
 * as at boot. */
void birth_reset(void);
