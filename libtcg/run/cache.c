/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of translated blocks: lookup by key, index by page, links between blocks, invalidation.
 *
 * Readers of the block table take no lock: blocks are published with a release store and never freed while a thread
 * may still be in them. Everything else happens under the translation lock. */
#include "run/cache.h"

#include "base/forked.h"
#include "base/log.h"
#include "run/soft.h"
#include "run/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Both tables start small and dense, because every process touches them, and grow with the number of blocks.
 *
 * The block table is open: an entry is 0, a tombstone, or a block's address below 16 bits of its hash, so that a
 * lookup rarely touches a block that is not the one. */
enum { FIRST_BITS = 9, PAGES_FEWER_BITS = 3, TAG_SHIFT = 48 };
#define TOMBSTONE ((uint64_t)1)

typedef struct BlockTable {
    unsigned bits;
    uint64_t entry[];
} BlockTable;

static BlockTable *blocks;                  /* published with a release store */
static size_t used;                         /* entries of it that are not 0 */
static uintptr_t *pages;                    /* TcgBlock pointer | which of its two pages */
static unsigned page_bits;
static uint64_t code_low = ~(uint64_t)0, code_high;
static BASE_FORKED pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void tcg_lock(void)
{
    pthread_mutex_lock(&lock);
}

void tcg_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* Memory */

enum { ARENA_BYTES = 1 << 20, ARENA_STEP = 32 << 10 };

static char *arena_at, *arena_end, *arena_backed;

/* At the start of each piece of the arena. */
typedef struct Piece {
    struct Piece *next;
    size_t bytes;
} Piece;

static Piece *pieces;

void tcg_populate(void *from, void *to)
{
#ifdef MADV_POPULATE_WRITE
    madvise(from, (size_t)((char *)to - (char *)from), MADV_POPULATE_WRITE);    /* older kernels: faults, one by one */
#endif
}

void *tcg_cache_alloc(size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (size > (size_t)(arena_end - arena_at)) {
        size += sizeof(Piece);
        size_t bytes = size > ARENA_BYTES ? (size + ARENA_STEP - 1) & ~(size_t)(ARENA_STEP - 1) : ARENA_BYTES;
        arena_at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (arena_at == MAP_FAILED) {
            abort();
        }
        arena_end = arena_at + bytes;
        arena_backed = arena_at;
        *(Piece *)(void *)arena_at = (Piece){ pieces, bytes };
        pieces = (Piece *)(void *)arena_at;
        arena_at += sizeof(Piece);
        size -= sizeof(Piece);
    }
    char *p = arena_at;
    arena_at += size;
    if (arena_at > arena_backed) {
        char *to = arena_backed + ((size_t)(arena_at - arena_backed) + ARENA_STEP - 1) / ARENA_STEP * ARENA_STEP;
        tcg_populate(arena_backed, to);
        arena_backed = to;
    }
    return p;
}

/* Lookup */

static uint64_t hash(uint64_t pc, uint32_t mode, uint64_t phys)
{
    return ((pc >> 1) ^ mode * 0x9e3779b1u ^ phys >> 12 << 36) * 0x9e3779b97f4a7c15;
}

static TcgBlock *entry_block(uint64_t entry)
{
    return (TcgBlock *)(uintptr_t)(entry & (((uint64_t)1 << TAG_SHIFT) - 1));
}

static uint64_t make_entry(const TcgBlock *b, uint64_t h)
{
    return (uint64_t)(uintptr_t)b | h << TAG_SHIFT;
}

/* What a block is found by. */
typedef struct Key {
    uint64_t pc, phys, phys2, h;
    uint32_t mode;
} Key;

static inline Key key_of(const TcgBlock *b)
{
    return (Key){ b->pc, b->phys, b->phys2, hash(b->pc, b->mode, b->phys), b->mode };
}

static inline bool same(const TcgBlock *b, const Key *k)
{
    return b->pc == k->pc && b->mode == k->mode && b->phys == k->phys && b->phys2 == k->phys2;
}

/* The entry of a key, or the empty one where it would be; *block: what it held, for other threads may fill it. */
static inline uint64_t *find(BlockTable *t, const Key *k, TcgBlock **block)
{
    uint64_t h = k->h;
    size_t mask = ((size_t)1 << t->bits) - 1;

    for (size_t i = h >> (64 - t->bits);; i = (i + 1) & mask) {
        uint64_t e = __atomic_load_n(&t->entry[i], __ATOMIC_ACQUIRE);
        TcgBlock *b = entry_block(e);
        if (e == 0 || (e >> TAG_SHIFT == (h & 0xffff) && e != TOMBSTONE && same(b, k))) {
            *block = b;
            return &t->entry[i];
        }
    }
}

static inline TcgBlock *lookup(const Key *k)
{
    BlockTable *t = __atomic_load_n(&blocks, __ATOMIC_ACQUIRE);
    TcgBlock *b = NULL;

    if (t) {
        find(t, k, &b);
    }
    return b;
}

TcgBlock *tcg_block_lookup(uint64_t pc, uint32_t mode)
{
    const Key k = { .pc = pc, .h = hash(pc, mode, 0), .mode = mode };

    return lookup(&k);
}

TcgBlock *tcg_block_lookup_phys(uint64_t pc, uint32_t mode, uint64_t phys, uint64_t phys2)
{
    const Key k = { pc, phys, phys2, hash(pc, mode, phys), mode };

    return lookup(&k);
}

static unsigned page_hash(uint64_t page)
{
    return (unsigned)(page * 0x9e3779b97f4a7c15 >> (64 - page_bits));
}

static bool two_pages(const TcgBlock *b)
{
    return ((b->end_pc - 1) ^ b->pc) >> 12 != 0;
}

/* The page that the list entry stands for: physical in a machine. */
static uint64_t link_page(uintptr_t link)
{
    const TcgBlock *b = (const TcgBlock *)(link & ~(uintptr_t)1);

    if (tcg_state.soft) {
        return (link & 1 ? b->phys2 : b->phys) >> 12;
    }
    return (b->pc >> 12) + (link & 1);
}

static uintptr_t *page_link(uintptr_t link)
{
    return (uintptr_t *)&((TcgBlock *)(link & ~(uintptr_t)1))->page_next[link & 1];
}

static void add_to_page(uintptr_t link)
{
    uintptr_t *head = &pages[page_hash(link_page(link))];

    *page_link(link) = *head;
    *head = link;
}

static void grow_pages(unsigned bits)
{
    uintptr_t *old = pages;
    size_t n = old ? (size_t)1 << page_bits : 0;

    pages = tcg_cache_alloc(sizeof *pages << bits);
    page_bits = bits;
    for (size_t i = 0; i < n; i++) {
        for (uintptr_t link = old[i], next; link; link = next) {
            next = *page_link(link);
            add_to_page(link);
        }
    }
}

static void add_to_table(BlockTable *t, TcgBlock *b)
{
    const Key k = key_of(b);
    TcgBlock *was;
    uint64_t *e = find(t, &k, &was);

    used += !was;
    __atomic_store_n(e, make_entry(b, k.h), __ATOMIC_RELEASE);
}

static void grow(void)
{
    BlockTable *old = blocks;
    unsigned bits = FIRST_BITS;
    size_t live = 0;

    for (size_t i = 0; old && i < (size_t)1 << old->bits; i++) {
        live += old->entry[i] > TOMBSTONE;
    }
    while (live >> (bits - 2)) {
        bits++;
    }
    BlockTable *t = tcg_cache_alloc(sizeof *t + (sizeof *t->entry << bits));
    t->bits = bits;
    used = 0;
    for (size_t i = 0; old && i < (size_t)1 << old->bits; i++) {
        if (old->entry[i] > TOMBSTONE) {
            add_to_table(t, entry_block(old->entry[i]));
        }
    }
    __atomic_store_n(&blocks, t, __ATOMIC_RELEASE);
    if (bits - PAGES_FEWER_BITS != page_bits) {
        grow_pages(bits - PAGES_FEWER_BITS);
    }
}

void tcg_block_publish(TcgBlock *b)
{
    if (!blocks || used >> (blocks->bits - 1)) {
        grow();
    }
    add_to_page((uintptr_t)b);
    if (two_pages(b)) {
        add_to_page((uintptr_t)b | 1);
    }
    if (b->pc < code_low) {
        code_low = b->pc;
    }
    if (b->end_pc > code_high) {
        code_high = b->end_pc;
    }
    add_to_table(blocks, b);
}

static void unhash(TcgBlock *b)
{
    const Key k = key_of(b);
    TcgBlock *was;
    uint64_t *e = find(blocks, &k, &was);

    if (was == b) {
        __atomic_store_n(e, TOMBSTONE, __ATOMIC_RELEASE);
    }
}

void tcg_slot_link(TcgSlot *slot, TcgBlock *to)
{
    if (slot->host != slot->stub) {
        return;                 /* another thread was first */
    }
    slot->next_in = to->linked_in;
    to->linked_in = slot;
    __atomic_store_n(&slot->host, to->code, __ATOMIC_RELEASE);
}

static void unlink_slots(TcgBlock *b)
{
    for (TcgSlot *s = b->linked_in; s; s = s->next_in) {
        __atomic_store_n(&s->host, s->stub, __ATOMIC_RELEASE);
    }
    b->linked_in = NULL;
}

unsigned tcg_jump_index(uint64_t pc)
{
    return (unsigned)(pc / tcg_state.guest->insn_align) & (TCG_JC_ENTRIES - 1);
}

/* Entry 0 is empty with a pc that no block has: 0 may be a block's. */
static uint64_t no_pc(unsigned k)
{
    return k ? 0 : ~(uint64_t)0;
}

void tcg_jump_fill(TcgJumpEntry *jc, uint16_t *filled, uint16_t *n, unsigned room, const TcgBlock *block)
{
    const unsigned k = tcg_jump_index(block->pc);
    TcgJumpEntry *e = &jc[k];

    if (__atomic_load_n(&e->pc, __ATOMIC_RELAXED) == block->pc && e->host == block->code) {
        return;                     /* after a system call; writing would make a fork copy the page */
    }
    if (*n < room) {
        filled[*n] = (uint16_t)k;
    }
    *n += *n <= room;
    e->host = block->code;
    __atomic_store_n(&e->pc, block->pc, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&block->dead, __ATOMIC_SEQ_CST)) {
        e->pc = no_pc(k);
    }
}

void tcg_jump_empty(TcgJumpEntry *jc, const uint16_t *filled, uint16_t *n, unsigned room)
{
    if (*n > room) {
        memset(jc, 0, TCG_JC_ENTRIES * sizeof *jc);
    }
    for (unsigned k = 0; *n <= room && k < *n; k++) {
        jc[filled[k]] = (TcgJumpEntry){ 0, NULL };
    }
    if (*n) {
        jc[0].pc = no_pc(0);
        *n = 0;
    }
}

void tcg_jump_forget(TcgJumpEntry *jc, uint64_t pc)
{
    const unsigned k = tcg_jump_index(pc);

    if (__atomic_load_n(&jc[k].pc, __ATOMIC_RELAXED) == pc) {
        __atomic_store_n(&jc[k].pc, no_pc(k), __ATOMIC_RELEASE);
    }
}

void tcg_block_drop(TcgBlock *b)
{
    b->dead = true;
    unhash(b);
    unlink_slots(b);
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        if (tcg_state.soft) {
            tcg_state.soft->forget_jump(t, b->pc);
        } else {
            tcg_jump_forget(t->jc, b->pc);
        }
    }
    tcg_state.stats.invalidations++;
}

/* Kills the blocks of one bucket of pages that overlap [start, end), and takes the dead ones out of it. */
static bool kill_in_bucket(unsigned bucket, uint64_t start, uint64_t end)
{
    uintptr_t *p = &pages[bucket];
    bool any = false;

    while (*p) {
        TcgBlock *b = (TcgBlock *)(*p & ~(uintptr_t)1);
        if (!b->dead && b->pc < end && b->end_pc > start) {
            tcg_block_drop(b);
            any = true;
        }
        if (b->dead) {
            *p = *page_link(*p);
        } else {
            p = page_link(*p);
        }
    }
    return any;
}

/* No thread may stay in a dead block, or return to one. */
static void leave_dead(void)
{
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        __atomic_store_n(&t->clear_rs, 1, __ATOMIC_RELEASE);
        tcg_attention(tcg_thread_env(t));
    }
}

/* The physical bytes that a list entry's block has in the page of the entry. */
static void link_bytes(uintptr_t link, uint64_t *start, uint64_t *end)
{
    const TcgBlock *b = (const TcgBlock *)(link & ~(uintptr_t)1);
    uint64_t len = b->end_pc - b->pc, first = two_pages(b) ? 4096 - (b->pc & 4095) : len;

    *start = link & 1 ? b->phys2 : b->phys;
    *end = *start + (link & 1 ? len - first : first);
}

void tcg_cache_reset(void)
{
    blocks = NULL;
    pages = NULL;
    used = page_bits = 0;
    code_low = ~(uint64_t)0;
    code_high = 0;
    arena_at = arena_end = arena_backed = NULL;
    for (Piece *p = pieces, *next; p; p = next) {
        next = p->next;
        munmap(p, p->bytes);
    }
    pieces = NULL;
}

uint64_t tcg_blocks_kill(uint64_t start, uint64_t end, bool *any)
{
    uint64_t left = 0, s, e;
    bool killed = false;

    if (!blocks) {
        return 0;
    }
    for (uintptr_t *p = &pages[page_hash(start >> 12)]; *p;) {
        TcgBlock *b = (TcgBlock *)(*p & ~(uintptr_t)1);
        if (!b->dead && link_page(*p) == start >> 12) {
            link_bytes(*p, &s, &e);
            if (s < end && e > start) {
                tcg_block_drop(b);
                killed = true;
            } else {
                for (uint64_t k = s >> 6; k <= (e - 1) >> 6; k++) {
                    left |= (uint64_t)1 << (k & 63);
                }
            }
        }
        if (b->dead) {
            *p = *page_link(*p);
        } else {
            p = page_link(*p);
        }
    }
    if (killed) {
        leave_dead();
        *any = true;
    }
    return left;
}

void tcg_invalidate(uint64_t start, uint64_t len)
{
    uint64_t end = start + len < start ? ~(uint64_t)0 : start + len;
    bool any = false;

    tcg_lock();
    if (tcg_state.soft && blocks) {
        /* By virtual address, whatever the address space; the lists of pages are by physical ones. */
        for (unsigned i = 0; i < 1u << page_bits; i++) {
            any |= kill_in_bucket(i, start, end);
        }
        start = end;
    }
    uint64_t from = start > code_low ? start : code_low, to = end < code_high ? end : code_high;
    if (from < to) {
        uint64_t first = from >> 12, n = ((to - 1) >> 12) - first + 1, buckets = (uint64_t)1 << page_bits;
        for (uint64_t i = 0; i < n && i < buckets; i++) {
            any |= kill_in_bucket(n < buckets ? page_hash(first + i) : (unsigned)i, start, end);
        }
    }
    if (any) {
        leave_dead();
    }
    tcg_unlock();
    if (any && log_on(LOG_PAGE)) {
        log_printf("code dropped: 0x%llx..0x%llx\n", (unsigned long long)start, (unsigned long long)end);
    }
}
