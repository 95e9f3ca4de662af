/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of translated blocks: lookup by key, index by page, links between blocks, invalidation.
 *
 * Readers of the hash chains take no lock: blocks are published with a release store and never freed while a thread
 * may still be in them. Everything else happens under the translation lock. */
#include "run/cache.h"

#include "base/log.h"
#include "run/thread.h"

#include <pthread.h>
#include <string.h>

enum { HASH_SIZE = 1 << 15, PAGE_HASH_SIZE = 1 << 12 };

static TcgBlock *blocks[HASH_SIZE];
static uintptr_t pages[PAGE_HASH_SIZE];     /* TcgBlock pointer | which of its two pages */
static uint64_t code_low = ~(uint64_t)0, code_high;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void tcg_lock(void)
{
    pthread_mutex_lock(&lock);
}

void tcg_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static unsigned hash(uint64_t pc, uint32_t mode)
{
    return (unsigned)(((pc >> 1) ^ mode * 0x9e3779b1u) * 0x9e3779b97f4a7c15 >> 49) & (HASH_SIZE - 1);
}

TcgBlock *tcg_block_lookup(uint64_t pc, uint32_t mode)
{
    TcgBlock *b = __atomic_load_n(&blocks[hash(pc, mode)], __ATOMIC_ACQUIRE);

    while (b && (b->pc != pc || b->mode != mode)) {
        b = b->hash_next;
    }
    return b;
}

static unsigned page_hash(uint64_t page)
{
    return (unsigned)(page * 0x9e3779b97f4a7c15 >> 52) & (PAGE_HASH_SIZE - 1);
}

static uint64_t first_page(const TcgBlock *b)
{
    return b->pc >> 12;
}

static uint64_t last_page(const TcgBlock *b)
{
    return (b->end_pc - 1) >> 12;
}

void tcg_block_publish(TcgBlock *b)
{
    TcgBlock **head = &blocks[hash(b->pc, b->mode)];
    unsigned n = last_page(b) == first_page(b) ? 1 : 2;

    for (unsigned i = 0; i < n; i++) {
        uintptr_t *p = &pages[page_hash(first_page(b) + i)];
        b->page_next[i] = (TcgBlock *)*p;
        *p = (uintptr_t)b | i;
    }
    if (b->pc < code_low) {
        code_low = b->pc;
    }
    if (b->end_pc > code_high) {
        code_high = b->end_pc;
    }
    b->hash_next = *head;
    __atomic_store_n(head, b, __ATOMIC_RELEASE);
}

static uintptr_t *page_link(uintptr_t link)
{
    return (uintptr_t *)&((TcgBlock *)(link & ~(uintptr_t)1))->page_next[link & 1];
}

static void unhash(TcgBlock *b)
{
    TcgBlock **p = &blocks[hash(b->pc, b->mode)];

    while (*p != b) {
        p = &(*p)->hash_next;
    }
    __atomic_store_n(p, b->hash_next, __ATOMIC_RELEASE);
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

static void kill_block(TcgBlock *b)
{
    b->dead = true;
    unhash(b);
    unlink_slots(b);
    for (TcgThread *t = tcg_state.threads; t; t = t->next) {
        TcgJumpEntry *e = &t->jc[tcg_jump_index(b->pc)];
        if (e->pc == b->pc) {
            __atomic_store_n(&e->pc, tcg_jump_index(b->pc) ? 0 : ~(uint64_t)0, __ATOMIC_RELEASE);
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
            kill_block(b);
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

void tcg_invalidate(uint64_t start, uint64_t len)
{
    uint64_t end = start + len < start ? ~(uint64_t)0 : start + len;
    bool any = false;

    tcg_lock();
    uint64_t from = start > code_low ? start : code_low, to = end < code_high ? end : code_high;
    if (from < to) {
        uint64_t first = from >> 12, n = ((to - 1) >> 12) - first + 1;
        for (uint64_t i = 0; i < n && i < PAGE_HASH_SIZE; i++) {
            any |= kill_in_bucket(n < PAGE_HASH_SIZE ? page_hash(first + i) : (unsigned)i, start, end);
        }
    }
    for (TcgThread *t = any ? tcg_state.threads : NULL; t; t = t->next) {
        __atomic_store_n(&t->clear_rs, 1, __ATOMIC_RELEASE);
        tcg_kick(tcg_thread_env(t));
    }
    tcg_unlock();
    if (any && log_on(LOG_PAGE)) {
        log_printf("code dropped: 0x%llx..0x%llx\n", (unsigned long long)start, (unsigned long long)end);
    }
}
