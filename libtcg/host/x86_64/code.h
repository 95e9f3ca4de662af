/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for generated code: slabs of code pages mapped twice (to write, to run), with slots and an index of the
 * blocks behind. A slab is filled from the bottom and never rewritten. */
#ifndef HX86_CODE_H
#define HX86_CODE_H

#include "run/thread.h"

enum {
    HX_SLAB_CODE = 2 << 20,
    HX_SLAB_SLOTS = 16384,
    HX_SLAB_BLOCKS = 32768,
    HX_CODE_MARGIN = 160 << 10,         /* the most that one block may need */
    HX_RECORD_MARGIN = 512,             /* the most that one IR record needs */
    HX_SLOT_MARGIN = 1100,
};

typedef struct HxSlab {
    uint8_t *rx, *rw;                   /* two views of the code */
    uint8_t *rw_at;                     /* next free byte */
    uint8_t *rw_backed;                 /* has pages up to here */
    TcgSlot *slots;
    unsigned nslots, slots_backed;
    TcgBlock **blocks;                  /* in the order of their code */
    unsigned nblocks;                   /* published with a release store */
    size_t tail;                        /* bytes of slots and index */
} HxSlab;

/* The slab to write to, with room for one block; a new one if need be. Under the lock. Does not return if the host has
 * no memory left. */
HxSlab *hx_slab(void);

/* The block whose code holds a host address, or NULL. Async-signal-safe. */
TcgBlock *hx_block_at(uintptr_t host_pc);

/* The slot at that address if there is one, or NULL. Under the lock. */
TcgSlot *hx_slot_at(uintptr_t at);

/* Has the parent of this process, which a fork made, the slot too? */
bool hx_slot_is_inherited(const TcgSlot *slot);

/* Does the address lie in generated code of any kind? Async-signal-safe. */
bool hx_is_code(uintptr_t host_pc);

/* The child of a fork may not write to pages it shares with its parent. */
void hx_slabs_forked(void);

/* What was written so far stays when the slabs are reset. */
void hx_slabs_keep(void);
void hx_slabs_reset(void);

/* Bytes of the slabs in use. */
uint64_t hx_slab_bytes(void);

void hx_slab_ranges(void (*fn)(void *arg, uint64_t start, uint64_t end), void *arg);

#endif
