/* Shedding what a process inherits, so that nothing of its parent reaches what it starts. */
#pragma once

/* Closes every descriptor but 0, 1, 2 and the given ones; -1 entries are skipped. Sorts `keep`. */
void birth_close_others(int *keep, int count);

/* Opens /dev/null on those of 0, 1 and (with_stderr) 2; also fills closed ones. 0, or -1 with errno. */
int birth_null_stdio(int with_stderr);

/* Signals and their mask as at boot. What a program inherits of them, it keeps. */
void birth_default_signals(void);

/* From now on no signal does anything to this process and its forks, but KILL and STOP, and CHLD and TERM,
 * which are left alone. Ignored and not blocked, so that none of them is kept for later: what root sends
 * counts against root's RLIMIT_SIGPENDING. A fault of the process itself ends it all the same. */
void birth_ignore_signals(void);

/* Signals, mask, resource limits, scheduling, priorities, processors, memory policy, personality, umask,
 * timer slack, parent-death signal, keyring, dumpable: as at boot. */
void birth_reset(void);
