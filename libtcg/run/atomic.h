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

/* Many accesses by the caller itself, in programs: between begin, if that is true, and end, each behind a call of at
 * with its address, through the pointer that this gives. The compiler moves nothing across these calls. */
static inline bool tcg_guest_direct_begin(TcgEnv *env)
{
    if (tcg_state.soft || tcg_state.guest->top_byte_ignored || tcg_thread(env)->rseq.watched) {
        return false;
    }
    tcg_thread(env)->in_guest_access = 1;
    return true;
}

static inline void *tcg_guest_direct_at(TcgEnv *env, uint64_t addr)
{
    tcg_thread(env)->access_addr = addr;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return (void *)(uintptr_t)addr;
}

static inline void tcg_guest_direct_end(TcgEnv *env)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    tcg_thread(env)->in_guest_access = 0;
}

/* Would a read of the page that holds addr succeed? (DEVIATION: not if it lies behind the end of a mapped file.)
 * Machines: is it plain memory, too? */
bool tcg_guest_readable(TcgEnv *env, uint64_t addr);

/* Upwards, so that a fault is at the first byte; aligned parts of 8 bytes are not torn. */
void tcg_copy_upwards(void *to, const void *from, unsigned size);

/* Records the fault of fetching at env->pc. */
void tcg_fetch_fault(TcgEnv *env);

#endif
