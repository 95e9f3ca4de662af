/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of translated blocks. See thread.h for lookup. */
#ifndef TCG_RUN_CACHE_H
#define TCG_RUN_CACHE_H

#include "run/thread.h"

/* Memory for what is kept of translations: zeroed, aligned to 8 bytes, kept until tcg_cache_reset. Under the lock.
 * Does not return if the host has no memory left. */
void *tcg_cache_alloc(size_t size);

/* Backs [from, to) with pages in one go: a fault for each would cost several times as much. Advice only. */
void tcg_populate(void *from, void *to);

/* Makes a finished block visible to all threads. Under the lock. */
void tcg_block_publish(TcgBlock *b);

/* Takes a block out of the set; who is in it may go on. Under the lock. */
void tcg_block_drop(TcgBlock *b);

/* Points an exit at a block. Under the lock; neither may be dead. */
void tcg_slot_link(TcgSlot *slot, TcgBlock *to);

/* Forgets all blocks, and frees what tcg_cache_alloc gave. Under the lock; no CPU may be in, or know of, a block. */
void tcg_cache_reset(void);

/* Kills the blocks that have code in physical bytes [start, end) of one page. Returns what of the page still has:
 * bit k for bytes 64k to 64k + 63. Under the lock. */
uint64_t tcg_blocks_kill(uint64_t start, uint64_t end, bool *any);

/* Index of pc in a jump cache. */
unsigned tcg_jump_index(uint64_t pc);

/* A jump cache's list of what was filled since it was emptied: *n entries; more than room: any may be. On the thread of
 * the cache, but for forgetting an entry, which is under the lock. */
void tcg_jump_fill(TcgJumpEntry *jc, uint16_t *filled, uint16_t *n, unsigned room, const TcgBlock *block);
void tcg_jump_empty(TcgJumpEntry *jc, const uint16_t *filled, uint16_t *n, unsigned room);
void tcg_jump_forget(TcgJumpEntry *jc, uint64_t pc);

#endif
