/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines: which physical pages, and which 64-byte pieces of them, have translations.
 *
 * Who stores to such a page stores first and asks here afterwards; who translates marks the whole page before it
 * reads. So one of them sees the other: either the translation has the new bytes, or the store drops it. But a store
 * of another CPU may be on its way that found the page free of code before it was marked. So a page is young until
 * all other CPUs have left generated code once, and where the guest's rules make written code visible (fence.i),
 * young pages are compared with what they were. */
#include "run/cache.h"
#include "run/soft.h"

#include <stdlib.h>
#include <string.h>

typedef struct CodePage {
    uint64_t page;                  /* gpa + 1; 0: free */
    uint64_t pieces;                /* with code; all while a translation is made */
    uint64_t exact;                 /* under the lock: with code */
    bool is;                        /* stores have to ask */
} CodePage;

typedef struct CodePages {
    unsigned bits;
    CodePage at[];
} CodePages;

static CodePages *table;            /* published with a release store; grows, old ones stay for their readers */
static size_t used;

static CodePage *find(CodePages *t, uint64_t gpa)
{
    size_t mask = ((size_t)1 << t->bits) - 1;

    for (size_t i = gpa * 0x9e3779b97f4a7c15 >> (64 - t->bits);; i = (i + 1) & mask) {
        uint64_t page = __atomic_load_n(&t->at[i].page, __ATOMIC_ACQUIRE);
        if (page == 0 || page == gpa + 1) {
            return &t->at[i];
        }
    }
}

static CodePage *known(uint64_t gpa)
{
    CodePages *t = __atomic_load_n(&table, __ATOMIC_ACQUIRE);
    CodePage *p = t ? find(t, gpa & TCG_PAGE_MASK) : NULL;

    return p && p->page ? p : NULL;
}

/* While the table is moved, readers may look at the old one: a page that is opened then is in the new one only, and
 * its stores are told to ask after that. */
static void grow(void)
{
    unsigned bits = table ? table->bits + 1 : 10;
    CodePages *t = calloc(1, sizeof *t + (sizeof *t->at << bits));

    if (!t) {
        abort();
    }
    t->bits = bits;
    for (size_t i = 0; table && i < (size_t)1 << table->bits; i++) {
        if (table->at[i].page) {
            *find(t, table->at[i].page - 1) = table->at[i];
        }
    }
    __atomic_store_n(&table, t, __ATOMIC_RELEASE);
}

/* Young pages. All under the lock but the question whether there are any. */

enum { MAX_CPUS = 32 };

typedef struct Young {
    uint64_t gpa, hash;
    const char *host;
    const TcgSoft *cpu[MAX_CPUS];   /* those that have to leave generated code; NULL: did */
    uint32_t turns[MAX_CPUS];
} Young;

static Young *young;
static unsigned nyoung, young_room;

static uint64_t page_hash(const char *host)
{
    uint64_t h = 0, v;

    for (unsigned k = 0; k < TCG_PAGE; k += 8) {
        memcpy(&v, host + k, 8);
        h = (h ^ v) * 0x9e3779b97f4a7c15;
        h ^= h >> 29;
    }
    return h;
}

static bool still_young(Young *y)
{
    bool any = false;

    for (unsigned k = 0; k < MAX_CPUS; k++) {
        const TcgSoft *s = y->cpu[k];
        if (s && (!__atomic_load_n(&s->running, __ATOMIC_SEQ_CST)
                  || __atomic_load_n(&s->turns, __ATOMIC_SEQ_CST) != y->turns[k])) {
            y->cpu[k] = NULL;
        }
        any |= y->cpu[k] != NULL;
    }
    return any;
}

static void add_young(uint64_t gpa, const char *host)
{
    unsigned n = 0;

    if (!tcg_state.threads->next) {
        return;
    }
    if (nyoung == young_room) {
        unsigned left = 0;
        for (unsigned k = 0; k < nyoung; k++) {
            if (still_young(&young[k])) {
                young[left++] = young[k];
            }
        }
        nyoung = left;
    }
    if (nyoung == young_room) {
        unsigned room = young_room ? 2 * young_room : 64;
        Young *more = realloc(young, room * sizeof *young);
        if (!more) {
            abort();
        }
        young = more;
        young_room = room;
    }
    Young *y = &young[nyoung];
    *y = (Young){ .gpa = gpa, .hash = page_hash(host), .host = host };
    for (TcgThread *t = tcg_state.threads; t && n < MAX_CPUS; t = t->next, n++) {
        y->cpu[n] = tcg_soft(tcg_thread_env(t));
        y->turns[n] = y->cpu[n]->turns;
    }
    __atomic_store_n(&nyoung, nyoung + 1, __ATOMIC_SEQ_CST);
}

void tcg_code_pages_reset(void)
{
    for (size_t i = 0; table && i < (size_t)1 << table->bits; i++) {
        table->at[i].exact = 0;
        __atomic_store_n(&table->at[i].pieces, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&table->at[i].is, false, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&nyoung, 0, __ATOMIC_SEQ_CST);
}

void tcg_code_forget_cpu(const TcgSoft *s)
{
    tcg_lock();
    for (unsigned k = 0; k < nyoung * MAX_CPUS; k++) {
        const TcgSoft **cpu = &young[k / MAX_CPUS].cpu[k % MAX_CPUS];
        *cpu = *cpu == s ? NULL : *cpu;
    }
    tcg_unlock();
}

static void settle(CodePage *p);

void tcg_code_recheck(void)
{
    unsigned left = 0;
    bool any = false;

    if (!__atomic_load_n(&nyoung, __ATOMIC_SEQ_CST)) {
        return;
    }
    tcg_lock();
    for (unsigned k = 0; k < nyoung; k++) {
        Young y = young[k];
        bool keep = still_young(&y);
        if (page_hash(y.host) != y.hash) {
            CodePage *p = find(table, y.gpa);
            p->exact = tcg_blocks_kill(y.gpa, y.gpa + TCG_PAGE, &any);
            settle(p);
            y.hash = page_hash(y.host);
        }
        if (keep) {
            young[left++] = y;
        }
    }
    __atomic_store_n(&nyoung, left, __ATOMIC_SEQ_CST);
    tcg_unlock();
}

void tcg_code_page_open(uint64_t gpa, const char *host)
{
    gpa &= TCG_PAGE_MASK;
    if (!table || used >> (table->bits - 1)) {
        grow();
    }
    CodePage *p = find(table, gpa);
    if (!p->page) {
        used++;
        p->exact = 0;
        __atomic_store_n(&p->page, gpa + 1, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&p->pieces, ~(uint64_t)0, __ATOMIC_SEQ_CST);
    if (!p->is) {
        __atomic_store_n(&p->is, true, __ATOMIC_SEQ_CST);
        tcg_tlb_protect(gpa);
        add_young(gpa, host);
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void settle(CodePage *p)
{
    __atomic_store_n(&p->pieces, p->exact, __ATOMIC_RELEASE);
    __atomic_store_n(&p->is, p->exact != 0, __ATOMIC_RELEASE);
}

void tcg_code_page_add(uint64_t start, uint64_t end)
{
    CodePage *p = find(table, start & TCG_PAGE_MASK);

    for (uint64_t k = start >> 6; k <= (end - 1) >> 6; k++) {
        p->exact |= (uint64_t)1 << (k & 63);
    }
    settle(p);
}

bool tcg_code_page(uint64_t gpa)
{
    const CodePage *p = known(gpa);

    return p && __atomic_load_n(&p->is, __ATOMIC_ACQUIRE);
}

void tcg_code_stored(uint64_t gpa, uint64_t len)
{
    CodePage *p = known(gpa);
    uint64_t bits = 0;
    bool any = false;

    if (!p) {
        return;
    }
    for (uint64_t k = gpa >> 6; k <= (gpa + len - 1) >> 6; k++) {
        bits |= (uint64_t)1 << (k & 63);
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!(__atomic_load_n(&p->pieces, __ATOMIC_SEQ_CST) & bits)) {
        return;
    }
    tcg_lock();
    p = known(gpa);
    if (p->exact & bits) {
        p->exact = tcg_blocks_kill(gpa, gpa + len, &any);
        settle(p);
    }
    tcg_unlock();
}

void tcg_phys_invalidate(uint64_t gpa, uint64_t len)
{
    while (len) {
        uint64_t n = TCG_PAGE - (gpa & ~TCG_PAGE_MASK);
        n = n < len ? n : len;
        tcg_code_stored(gpa, n);
        gpa += n;
        len -= n;
    }
}
