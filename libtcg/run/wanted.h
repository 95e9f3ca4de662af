/* SPDX-License-Identifier: BSD-2-Clause */
/* What children of fork lacked: blocks that they had to build, exits that they had to link. What one child runs the
 * next will run, and the parent never does; so children say what they lacked, and the parent does it before it forks
 * again. */
#ifndef TCG_RUN_WANTED_H
#define TCG_RUN_WANTED_H

#include <stdbool.h>
#include <stdint.h>

/* Before a fork in the parent, under the lock: calls make(arg, key) for what has become ripe: two children lacked it,
 * and each time that it was made and is lacked nevertheless, twice as many. A process shares a table with its
 * descendants from its first call on. Which keys come is advice: each is to be looked at as a stranger's. */
void tcg_wanted_take(void (*make)(void *arg, uint64_t key), void *arg);

/* In a fork's child: it lacks this. key means the same in the parent; 0 (code at address 0) is not noted. Does nothing
 * in a process that no fork made. */
void tcg_wanted_note(uint64_t key);

/* In a fork's child, once. */
void tcg_wanted_fork_child(void);

#endif
