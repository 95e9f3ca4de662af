/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restartable sequences. [include/uapi/linux/rseq.h]
 *
 * 1. A section is found when a block is built with a store to the thread's area, or of the address of a sound
 *    descriptor, as far as the builder can foresee addresses and values. That store and the section's instructions
 *    are from then on run alone, in tier 0. Programs without sections, for which glibc registers an area as well, pay a
 *    look at each store of 64 bits that is translated, and at rseq_cs where a block is looked up.
 * 2. A section that was entered by another store is found when it is first seen between two blocks. DEVIATION: it is
 *    not aborted as long as it runs within one block or linked ones, nor by a preemption just behind that store.
 * 3. The thread's `active` is the descriptor that was stored; the area's rseq_cs differs as soon as the kernel has
 *    interrupted the thread. Stores of the section look at it and store in one step (tcg_host_rseq); an instruction
 *    that does not store has no effect but on registers, so the look comes after it.
 * 4. An access of a section to memory that is not there may be a consequence of having been interrupted: the section
 *    is aborted, and only if that goes on the fault is told.
 * DEVIATION: atomic read-modify-write operations within a section look first and store then.
 */
#include "run/rseq.h"
#include "run/atomic.h"
#include "run/cache.h"

#include "base/forked.h"
#include "base/log.h"

#include <string.h>
#include <sys/mman.h>

enum {
    MAX_RANGES = 512, MAX_SIGNATURES = 8, MAX_LENGTH = 65536,
    MAX_RETRIES = 3,                    /* of a fault in a section */
    CS_OFFSET = 8,                      /* of rseq_cs in struct rseq */
};

/* struct rseq_cs */
typedef struct Descriptor {
    uint32_t version, flags;
    uint64_t start, length, abort;
} Descriptor;

/* Instructions that run alone: a section, or the store of a descriptor's address. */
typedef struct Range {
    uint64_t start, end;
} Range;

typedef struct Stores {
    uint32_t signature;
    const TcgRseqStore *page;
} Stores;

bool tcg_rseq_on;
/* Only grow, under the lock; read without it. */
static Range ranges[MAX_RANGES];
static unsigned nranges;
static Stores stores[MAX_SIGNATURES];
static unsigned nstores;
static bool found;                      /* ranges were added whose translations may still be there */

static bool runs_alone(uint64_t pc)
{
    unsigned n = __atomic_load_n(&nranges, __ATOMIC_ACQUIRE);

    for (unsigned i = 0; i < n; i++) {
        if (pc - ranges[i].start < ranges[i].end - ranges[i].start) {
            return true;
        }
    }
    return false;
}

/* Guest memory in [at, at + size) has these PROT_*. */
static bool has_prot(uint64_t at, uint64_t size, int prot)
{
    int first = tcg_state.config.owner->page_prot(at), last = tcg_state.config.owner->page_prot(at + size - 1);

    return at + size > at && first >= 0 && last >= 0 && (first & last & prot) == prot;
}

static bool known_signature(uint32_t s)
{
    for (unsigned i = 0; i < nstores; i++) {
        if (stores[i].signature == s) {
            return true;
        }
    }
    return false;
}

/* What is at this address is a sound descriptor. */
static bool read_descriptor(uint64_t at, Descriptor *d)
{
    uint32_t signature;

    if ((at & 31) || !at || !has_prot(at, sizeof *d, PROT_READ)) {
        return false;
    }
    if (!tcg_state.config.owner->read(d, at, sizeof *d) || d->version || d->flags > 7 || !d->length
        || d->length > MAX_LENGTH || d->abort - d->start < d->length || !has_prot(d->start, d->length, PROT_EXEC)
        || !has_prot(d->abort - 4, 8, PROT_EXEC)) {
        return false;
    }
    return tcg_state.config.owner->read(&signature, d->abort - 4, sizeof signature) && known_signature(signature);
}

/* Under the lock. True: something new is known. */
static bool add_range(uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < nranges; i++) {
        if (ranges[i].start <= start && end <= ranges[i].end) {
            return false;
        }
    }
    if (nranges == MAX_RANGES) {
        log_unimp("rseq: more than %u sections\n", (unsigned)MAX_RANGES);
        return false;
    }
    ranges[nranges] = (Range){ start, end };
    __atomic_store_n(&nranges, nranges + 1, __ATOMIC_RELEASE);
    found = true;
    return true;
}

/* While a block is built. */

static bool stored(uint64_t pc, bool to_area, uint64_t value)
{
    Descriptor d;

    if (!read_descriptor(value, &d)) {
        return to_area && add_range(pc, pc + 1);
    }
    bool section = add_range(d.start, d.start + d.length), store = add_range(pc, pc + 1);
    return section || store;
}

static bool read_word(uint64_t at, uint64_t *value)
{
    if ((at & 7) || !has_prot(at, 8, PROT_READ)) {
        return false;
    }
    return tcg_state.config.owner->read(value, at, 8);
}

const TcgRseqBuild *tcg_rseq_build(void)
{
    static BASE_FORKED TcgRseqBuild hooks = { .runs_alone = runs_alone, .stored = stored, .read = read_word };
    const TcgEnv *env = tcg_state.builder;

    if (!tcg_rseq_on) {
        return NULL;
    }
    hooks.cpu = (const char *)env;
    hooks.area = env ? tcg_thread(env)->rseq.cs : 0;
    hooks.any = nranges != 0;
    return &hooks;
}

/* The area */

static const TcgRseqStore *make_stores(uint32_t signature)
{
    for (unsigned i = 0; i < nstores; i++) {
        if (stores[i].signature == signature) {
            return stores[i].page;
        }
    }
    void *page = nstores == MAX_SIGNATURES ? MAP_FAILED
                 : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return NULL;
    }
    tcg_host_rseq(page, signature);
    if (mprotect(page, 4096, PROT_READ | PROT_EXEC)) {
        munmap(page, 4096);
        return NULL;
    }
    stores[nstores++] = (Stores){ signature, page };
    return page;
}

bool tcg_rseq_set(TcgEnv *env, uint64_t addr, uint32_t signature)
{
    TcgRseq *r = &tcg_thread(env)->rseq;

    memset(r, 0, sizeof *r);
    if (!addr) {
        return true;
    }
    tcg_lock();
    r->stores = make_stores(signature);
    tcg_rseq_on |= r->stores != NULL;
    tcg_unlock();
    r->cs = r->stores ? addr + CS_OFFSET : 0;
    return r->stores != NULL;
}

static uint64_t read_cs(TcgEnv *env)
{
    uint64_t v = 0;

    tcg_guest_read(env, tcg_thread(env)->rseq.cs, &v, sizeof v);
    return v;
}

static bool active_here(const TcgEnv *env)
{
    const TcgRseq *r = &tcg_thread(env)->rseq;

    return r->active && env->pc - r->start < r->end - r->start;
}

/* The descriptor at this address is, or is about to be, in the area. */
static void activate(TcgRseq *r, uint64_t descriptor)
{
    Descriptor d;

    tcg_lock();
    r->active = descriptor && read_descriptor(descriptor, &d) ? descriptor : 0;
    if (r->active) {
        r->start = d.start;
        r->end = d.start + d.length;
        r->abort = d.abort;
        add_range(r->start, r->end);
    }
    tcg_unlock();
}

static void leave_section(TcgEnv *env)
{
    const uint64_t none = 0;
    TcgRseq *r = &tcg_thread(env)->rseq;

    r->watched = r->guarded = false;
    if (read_cs(env) == r->active) {
        tcg_guest_write(env, r->cs, &none, sizeof none);
    }
    r->active = 0;
    env->pc = r->abort;
}

/* Running */

static void drop_translations(void)
{
    if (__atomic_exchange_n(&found, false, __ATOMIC_SEQ_CST)) {
        for (unsigned i = 0; i < nranges; i++) {
            tcg_invalidate(ranges[i].start, ranges[i].end - ranges[i].start);
        }
    }
}

bool tcg_rseq_between(TcgEnv *env)
{
    TcgThread *t = tcg_thread(env);
    TcgRseq *r = &t->rseq;

    if (r->cs) {
        t->in_guest_access = 1;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        uint64_t cs = *(const volatile uint64_t *)(uintptr_t)r->cs;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        t->in_guest_access = 0;
        if (cs && cs != r->seen && cs != r->active) {
            activate(r, cs);
        }
        r->seen = cs;
    }
    if (!nranges) {
        return false;
    }
    if (__builtin_expect(found, 0)) {
        drop_translations();
    }
    return runs_alone(env->pc);
}

int tcg_rseq_run(TcgEnv *env, const TcgBlock *block)
{
    TcgRseq *r = &tcg_thread(env)->rseq;
    const uint64_t pc = env->pc;

    if (r->cs && !active_here(env)) {
        uint64_t cs = read_cs(env);             /* entered by a store that was not foreseen */
        if (cs && cs != r->active) {
            activate(r, cs);
        }
    }
    const bool guarded = r->cs && active_here(env);
    if (guarded && read_cs(env) != r->active) {
        leave_section(env);
        return TCG_EXIT_NEXT;
    }
    r->stored = false;
    r->guarded = guarded;
    r->watched = r->cs != 0;
    int result = tcg_interp(env, block);
    r->watched = false;
    if (guarded && pc == r->fault_pc) {
        r->retries = 0;
    }
    if (r->guarded && !r->stored && read_cs(env) != r->active) {
        leave_section(env);
        return TCG_EXIT_NEXT;
    }
    r->guarded = false;
    return result;
}

bool tcg_rseq_left(TcgEnv *env, int reason)
{
    TcgRseq *r = &tcg_thread(env)->rseq;

    r->watched = r->guarded = false;
    if (reason == TCG_EXIT_FAULT) {
        r->retries = r->fault_pc == env->pc ? r->retries + 1 : 0;
        r->fault_pc = env->pc;
    }
    if ((reason != TCG_EXIT_FAULT && reason != TCG_LEAVE_RSEQ) || r->retries > MAX_RETRIES) {
        r->retries = 0;
        return false;
    }
    leave_section(env);
    return true;
}

static void store_some(TcgEnv *env, uint64_t addr, const uint8_t *from, unsigned log)
{
    TcgRseq *r = &tcg_thread(env)->rseq;
    const TcgRseqStore *s = &r->stores[log];
    uint64_t value = 0;

    memcpy(&value, from, 1u << log);
    if (s->run((uint64_t *)(uintptr_t)r->cs, r->active, (void *)(uintptr_t)addr, value, s)) {
        tcg_thread(env)->in_guest_access = 0;
        tcg_helper_leave(env, TCG_LEAVE_RSEQ);
    }
    r->stored = true;
}

bool tcg_rseq_store(TcgEnv *env, uint64_t addr, const void *from, unsigned size)
{
    TcgRseq *r = &tcg_thread(env)->rseq;
    const uint8_t *p = from;

    if (addr == r->cs && size == 8) {
        uint64_t descriptor;                    /* known to us before the kernel sees it */
        memcpy(&descriptor, from, 8);
        tcg_thread(env)->in_guest_access = 0;
        activate(r, descriptor);
        tcg_thread(env)->in_guest_access = 1;
        r->guarded = false;
        return false;
    }
    if (!r->guarded) {
        return false;
    }
    if (size < 8 && !(size & (size - 1))) {
        store_some(env, addr, p, (unsigned)__builtin_ctz(size));
        return true;
    }
    for (; size >= 8; size -= 8, addr += 8, p += 8) {
        store_some(env, addr, p, 3);
    }
    while (size--) {
        store_some(env, addr++, p++, 0);
    }
    return true;
}

void tcg_rseq_signal(TcgEnv *env)
{
    if (tcg_rseq_on && tcg_thread(env)->rseq.cs && active_here(env)) {
        leave_section(env);
    }
}
