/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory from C code, and the atomic operations. Faults leave tcg_run with TCG_EXIT_FAULT. */
#ifndef TCG_RUN_ATOMIC_H
#define TCG_RUN_ATOMIC_H

#include "run/thread.h"

/* size bytes, 1 to 16; powers of two that are aligned are single-copy atomic. Also for helpers of guests. */
void tcg_guest_read(TcgEnv *env, uint64_t addr, void *to, unsigned size);
void tcg_guest_write(TcgEnv *env, uint64_t addr, const void *from, unsigned size);

/* Any size, within a page, upwards; aligned parts of 8 bytes are not torn. False, with nothing done: a machine's page
 * that is not plain memory, or may not be accessed; tcg_guest_read and _write then say what becomes of each element. */
bool tcg_guest_copy_from(TcgEnv *env, void *to, uint64_t addr, unsigned size);
bool tcg_guest_copy_to(TcgEnv *env, uint64_t addr, const void *from, unsigned size);

/* Would a read of the page that holds addr succeed? (DEVIATION: not if it lies behind the end of a mapped file.)
 * Machines: is it plain memory, too? */
bool tcg_guest_readable(TcgEnv *env, uint64_t addr);

/* Upwards, so that a fault is at the first byte; aligned parts of 8 bytes are not torn. */
void tcg_copy_upwards(void *to, const void *from, unsigned size);

/* Records the fault of fetching at env->pc. */
void tcg_fetch_fault(TcgEnv *env);

#endif
