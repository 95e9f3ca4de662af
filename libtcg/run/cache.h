/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of translated blocks. See thread.h for lookup. */
#ifndef TCG_RUN_CACHE_H
#define TCG_RUN_CACHE_H

#include "run/thread.h"

/* Memory for what is kept of translations: zeroed, aligned to 8 bytes, never freed. Under the lock. Does not return if
 * the host has no memory left. */
void *tcg_cache_alloc(size_t size);

/* Backs [from, to) with pages in one go: a fault for each would cost several times as much. Advice only. */
void tcg_populate(void *from, void *to);

/* Makes a finished block visible to all threads. Under the lock. */
void tcg_block_publish(TcgBlock *b);

/* Takes a block out of the set; who is in it may go on. Under the lock. */
void tcg_block_drop(TcgBlock *b);

/* Points an exit at a block. Under the lock; neither may be dead. */
void tcg_slot_link(TcgSlot *slot, TcgBlock *to);

/* Index of pc in a jump cache. */
unsigned tcg_jump_index(uint64_t pc);

#endif
