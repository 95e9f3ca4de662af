/* SPDX-License-Identifier: BSD-2-Clause */
/* A table in memory that a process shares with its descendants, where they count. What a process has done of it, it
 * keeps for itself: a parent's parent has children of its own. */
#include "run/wanted.h"

#include "base/forked.h"

#include <stddef.h>
#include <sys/mman.h>

enum { ENTRIES = 8192, PROBES = 8, NEED = 2, MAX_DOUBLINGS = 10 };

enum { FORKS = 2 };     /* a process that forked so often may do it again; many fork once or twice and end */

typedef struct Entry {
    uint64_t key;                   /* 0: free */
    uint32_t lacked;                /* by so many */
} Entry;

typedef struct Table {
    uint32_t news;                  /* counts up with each count that makes an entry ripe for somebody */
    Entry entries[ENTRIES];
} Table;

typedef struct Done {
    uint32_t lacked;                /* what the entry said when it was made */
    uint32_t times;                 /* it was made */
} Done;

static BASE_FORKED Table *table;
static BASE_FORKED Done *done;
static BASE_FORKED unsigned forks;
static BASE_FORKED bool is_child;
static BASE_FORKED uint32_t news_seen;

static bool open_table(void)
{
    const int prot = PROT_READ | PROT_WRITE, flags = MAP_ANONYMOUS | MAP_NORESERVE;
    Table *t = mmap(NULL, sizeof *t, prot, MAP_SHARED | flags, -1, 0);

    if (t == MAP_FAILED) {
        return false;               /* children make what they need */
    }
    Done *d = mmap(NULL, ENTRIES * sizeof *d, prot, MAP_PRIVATE | flags, -1, 0);
    if (d == MAP_FAILED) {
        munmap(t, sizeof *t);
        return false;
    }
    table = t;
    done = d;
    return true;
}

static uint32_t need(const Done *d)
{
    return NEED << (d->times < MAX_DOUBLINGS ? d->times : MAX_DOUBLINGS);
}

void tcg_wanted_take(void (*make)(void *arg, uint64_t key), void *arg)
{
    if ((!table && !open_table()) || ++forks <= FORKS) {
        return;
    }
    uint32_t news = __atomic_load_n(&table->news, __ATOMIC_ACQUIRE);
    if (news == news_seen) {
        return;
    }
    news_seen = news;
    for (unsigned k = 0; k < ENTRIES; k++) {
        uint64_t key = __atomic_load_n(&table->entries[k].key, __ATOMIC_RELAXED);
        uint32_t lacked = __atomic_load_n(&table->entries[k].lacked, __ATOMIC_RELAXED);
        if (key && lacked - done[k].lacked >= need(&done[k])) {
            done[k] = (Done){ lacked, done[k].times + 1 };
            make(arg, key);
        }
    }
}

/* The entry of key, perhaps made now; NULL: there is no room. */
static Entry *find(uint64_t key)
{
    const unsigned at = (unsigned)(key * 0x9e3779b97f4a7c15 >> 48);

    for (unsigned k = 0; k < PROBES; k++) {
        Entry *e = &table->entries[(at + k) % ENTRIES];
        uint64_t there = 0;
        if (__atomic_compare_exchange_n(&e->key, &there, key, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
            || there == key) {
            return e;
        }
    }
    return NULL;
}

void tcg_wanted_note(uint64_t key)
{
    Entry *e = is_child && table && key ? find(key) : NULL;

    if (e) {
        uint32_t lacked = __atomic_add_fetch(&e->lacked, 1, __ATOMIC_RELAXED);
        if (lacked >= NEED && (lacked & (lacked - 1)) == 0) {
            __atomic_fetch_add(&table->news, 1, __ATOMIC_RELEASE);
        }
    }
}

void tcg_wanted_fork_child(void)
{
    is_child = true;
    forks = 0;
}
