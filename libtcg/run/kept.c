/* SPDX-License-Identifier: BSD-2-Clause */
/* IR of blocks that ran once, in a ring: what is new overwrites what is old, nothing is freed. */
#include "run/kept.h"

#include "run/cache.h"

#include "base/forked.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { RING_BYTES = 2 << 20, RING_STEP = 32 << 10 };

/* In the ring, followed by the records, marks and vector constants that it counts. A multiple of 16 bytes. */
typedef struct Kept {
    uint64_t start_pc, end_pc;
    uint32_t mode, n;
    uint16_t guest_insns, nvpool;
    bool views, flags_loop;
    uint8_t unused[2];
} Kept;

static BASE_FORKED char *ring;
static BASE_FORKED uint64_t ring_at; /* counts up: ring_at % RING_BYTES is where the next goes */
static BASE_FORKED size_t ring_backed; /* it has pages up to here */

static size_t round16(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

static size_t ins_bytes(const Kept *k)
{
    return k->n * sizeof(TcgIns);
}

static size_t mark_bytes(const Kept *k)
{
    return round16((k->guest_insns + 2u) * sizeof(TcgMark));
}

static size_t vpool_bytes(const Kept *k)
{
    return k->nvpool * sizeof(TcgVal);
}

static size_t kept_bytes(const Kept *k)
{
    return sizeof *k + ins_bytes(k) + mark_bytes(k) + vpool_bytes(k);
}

/* Makes ring_at the start of size bytes in one piece. */
static char *place(size_t size)
{
    if (!ring) {
        ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (ring == MAP_FAILED) {
            abort();
        }
        madvise(ring, RING_BYTES, MADV_DONTFORK);       /* a child rarely needs it; sharing it costs every fork */
    }
    if (ring_at % RING_BYTES + size > RING_BYTES) {
        ring_at += RING_BYTES - ring_at % RING_BYTES;
    }
    while (ring_at % RING_BYTES + size > ring_backed) {
        tcg_populate(ring + ring_backed, ring + ring_backed + RING_STEP);
        ring_backed += RING_STEP;
    }
    return ring + ring_at % RING_BYTES;
}

void tcg_kept_put(TcgBlock *block, const TcgBuild *b)
{
    Kept k = {
        .start_pc = b->start_pc, .end_pc = b->end_pc, .mode = b->mode, .n = b->n, .views = b->views,
        .guest_insns = (uint16_t)b->guest_insns, .nvpool = (uint16_t)b->nvpool, .flags_loop = b->flags_loop,
    };
    size_t size = kept_bytes(&k);

    char *p = place(size);
    memcpy(p, &k, sizeof k);
    memcpy(p += sizeof k, b->ins, ins_bytes(&k));
    memcpy(p += ins_bytes(&k), b->marks, (k.guest_insns + 2u) * sizeof(TcgMark));
    memcpy(p + mark_bytes(&k), b->vpool, vpool_bytes(&k));
    block->kept = ring_at;
    ring_at += size;
}

/* What was kept for block, and in view where its parts are; NULL: it is there no more. */
static const Kept *look(const TcgBlock *block, TcgBlock *view)
{
    if (ring_at - block->kept > RING_BYTES) {
        return NULL;
    }
    char *p = ring + block->kept % RING_BYTES;
    const Kept *k = (const Kept *)(void *)p;
    view->ins = (TcgIns *)(void *)(p += sizeof *k);
    view->nins = k->n;
    view->marks = (TcgMark *)(void *)(p += ins_bytes(k));
    view->vpool = (TcgVal *)(void *)(p + mark_bytes(k));
    return k;
}

bool tcg_kept_view(const TcgBlock *block, TcgBlock *view)
{
    return look(block, view) != NULL;
}

bool tcg_kept_get(const TcgBlock *block, TcgBuild *b)
{
    TcgBlock view;
    const Kept *k = look(block, &view);

    if (!k) {
        return false;
    }
    b->start_pc = k->start_pc;
    b->end_pc = k->end_pc;
    b->mode = k->mode;
    b->n = k->n;
    b->guest_insns = k->guest_insns;
    b->nvpool = k->nvpool;
    b->views = k->views;
    b->flags_loop = k->flags_loop;
    memcpy(b->ins, view.ins, ins_bytes(k));
    memcpy(b->marks, view.marks, (k->guest_insns + 2u) * sizeof(TcgMark));
    memcpy(b->vpool, view.vpool, vpool_bytes(k));
    return true;
}

void tcg_kept_fork_child(void)
{
    if (ring) {
        ring = NULL;
        ring_backed = 0;
        ring_at += 2 * RING_BYTES - ring_at % RING_BYTES;       /* what was kept is out of reach */
    }
}
