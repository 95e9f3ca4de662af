/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory from C code, and the atomic operations. Faults leave tcg_run with TCG_EXIT_FAULT. */
#ifndef TCG_RUN_ATOMIC_H
#define TCG_RUN_ATOMIC_H

#include "run/thread.h"

/* size bytes, 1 to 16; powers of two that are aligned are single-copy atomic. Also for helpers of guests. */
void tcg_guest_read(TcgEnv *env, uint64_t addr, void *to, unsigned size);
void tcg_guest_write(TcgEnv *env, uint64_t addr, const void *from, unsigned size);

/* Any size, within a page, upwards; aligned parts of 8 bytes are not torn. */
void tcg_guest_copy_from(TcgEnv *env, void *to, uint64_t addr, unsigned size);
void tcg_guest_copy_to(TcgEnv *env, uint64_t addr, const void *from, unsigned size);

/* Would a read of the page that holds addr succeed? (DEVIATION: not if it lies behind the end of a mapped file.) */
bool tcg_guest_readable(uint64_t addr);

/* Records the fault of fetching at env->pc. */
void tcg_fetch_fault(TcgEnv *env);

#endif
