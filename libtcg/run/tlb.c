/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines: the soft MMU. What a TLB entry is, see soft.h; this is all but its fast path in generated code. */
#include "run/soft.h"

#include "run/atomic.h"
#include "run/cache.h"

#include <string.h>

static void __attribute__((noreturn)) raise_fault(TcgEnv *env, TcgMmuFault fault, TcgAccess access, uint64_t gva)
{
    tcg_state.guest->machine->raise(env, fault, access, gva);
    tcg_helper_leave(env, TCG_EXIT_NEXT);
}

/* Physical pages */

char *tcg_phys_page(TcgEnv *env, uint64_t gpa, unsigned *flags)
{
    TcgPhysEntry *e = &tcg_soft(env)->phys[gpa >> TCG_PAGE_BITS & (TCG_PHYS_ENTRIES - 1)];

    gpa &= TCG_PAGE_MASK;
    if (e->gpa != gpa) {
        e->flags = 0;
        e->host = tcg_machine->page(tcg_machine->opaque, gpa, &e->flags);
        e->gpa = gpa;
    }
    *flags = e->flags;
    return e->host;
}

/* The owner wants to know of the first store. */
static void dirty(TcgEnv *env, uint64_t gpa)
{
    tcg_soft(env)->phys[gpa >> TCG_PAGE_BITS & (TCG_PHYS_ENTRIES - 1)].gpa = ~(uint64_t)0;
    if (tcg_machine->dirtied) {
        tcg_lock();
        tcg_machine->dirtied(tcg_machine->opaque, gpa & TCG_PAGE_MASK);
        tcg_unlock();
    }
}

bool tcg_phys_load64(TcgEnv *env, uint64_t gpa, uint64_t *value)
{
    unsigned flags;
    const char *page = tcg_phys_page(env, gpa, &flags);

    if (!page) {
        return false;
    }
    *value = __atomic_load_n((const uint64_t *)(const void *)(page + (gpa & ~TCG_PAGE_MASK)), __ATOMIC_ACQUIRE);
    return true;
}

TcgPhysCas tcg_phys_cas64(TcgEnv *env, uint64_t gpa, uint64_t expect, uint64_t desired)
{
    unsigned flags;
    char *page = tcg_phys_page(env, gpa, &flags);

    if (!page || (flags & TCG_PAGE_ROM)) {
        return TCG_CAS_NONE;
    }
    if (flags & TCG_PAGE_CLEAN) {
        dirty(env, gpa);
    }
    if (!__atomic_compare_exchange_n((uint64_t *)(void *)(page + (gpa & ~TCG_PAGE_MASK)), &expect, desired, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        return TCG_CAS_CHANGED;
    }
    tcg_code_stored(gpa, 8);
    return TCG_CAS_DONE;
}

/* Filling */

static unsigned fetched_bit(uint64_t gva)
{
    return (unsigned)((gva >> TCG_PAGE_BITS) * 0x9e3779b97f4a7c15 >> 52);
}

static void fill(TcgSoft *s, TcgTlb *tlb, uint64_t gva, TcgAccess access, const TcgMmuPage *page, TcgPlace *p)
{
    unsigned k = tcg_tlb_index(gva);

    pthread_mutex_lock(&s->lock);
    if (access == TCG_STORE && p->host && tcg_code_page(p->gpa)) {
        p->flags |= PLACE_CODE;
    }
    tlb->place[k] = *p;
    tlb->entry[k].addend = (uint64_t)(uintptr_t)p->host - (gva & TCG_PAGE_MASK);
    tlb->entry[k].tag = (gva & TCG_PAGE_MASK) | (p->flags ? TLB_SLOW : 0);
    pthread_mutex_unlock(&s->lock);
    tlb->used = true;
    tlb->local |= !page->global;
    if (page->large) {
        uint64_t low = gva & ~(page->large - 1), high = low + page->large - 1;
        tlb->large_low = low < tlb->large_low ? low : tlb->large_low;
        tlb->large_high = high > tlb->large_high ? high : tlb->large_high;
    }
    if (access == TCG_FETCH) {
        tlb->fetched[fetched_bit(gva) >> 6] |= (uint64_t)1 << (fetched_bit(gva) & 63);
    }
}

static inline TcgMmuFault locate(TcgEnv *env, uint64_t gva, unsigned size, TcgAccess access, TcgPlace *p)
{
    TcgSoft *s = tcg_soft(env);
    unsigned mmu = access == TCG_FETCH ? s->mmu_fetch : s->mmu, k = tcg_tlb_index(gva), flags;
    TcgTlb *tlb = &s->tlb[mmu][access];
    TcgMmuPage page = { 0 };

    if ((tlb->entry[k].tag & (TCG_PAGE_MASK | TLB_INVALID)) == (gva & TCG_PAGE_MASK)) {
        *p = tlb->place[k];
        return TCG_MMU_OK;
    }
    TcgMmuFault fault = tcg_state.guest->machine->translate(env, gva, size, access, mmu, &page);
    if (fault != TCG_MMU_OK) {
        return fault;
    }
    p->gpa = page.gpa;
    p->host = tcg_phys_page(env, page.gpa, &flags);
    p->flags = !p->host ? PLACE_DEVICE : 0;
    if (p->host && access == TCG_STORE) {
        p->flags |= (flags & TCG_PAGE_ROM ? PLACE_ROM : 0) | (flags & TCG_PAGE_CLEAN ? PLACE_CLEAN : 0);
    }
    if (page.part) {
        p->flags |= PLACE_PART | (access == TCG_STORE && p->host ? PLACE_CODE : 0);    /* not kept: as if it had code */
    } else {
        fill(s, tlb, gva, access, &page, p);
    }
    return TCG_MMU_OK;
}

void tcg_locate(TcgEnv *env, uint64_t gva, unsigned size, TcgAccess access, TcgPlace *place)
{
    TcgMmuFault fault = locate(env, gva, size, access, place);

    if (fault != TCG_MMU_OK) {
        raise_fault(env, fault, access, gva);
    }
}

/* Emptying */

static void empty(TcgTlb *tlb)
{
    if (tlb->used) {
        memset(tlb->entry, 0xff, sizeof tlb->entry);
        memset(tlb->fetched, 0, sizeof tlb->fetched);
        tlb->used = tlb->local = false;
        tlb->large_low = ~(uint64_t)0;
        tlb->large_high = 0;
    }
}

void tcg_tlb_clear(TcgEnv *env, unsigned flush)
{
    TcgSoft *s = tcg_soft(env);

    pthread_mutex_lock(&s->lock);
    for (unsigned mmu = 0; mmu < TCG_MMUS; mmu++) {
        for (unsigned access = 0; access < 3; access++) {
            if (flush & (access == TCG_STORE ? FLUSH_TLB | FLUSH_STORES : FLUSH_TLB)) {
                empty(&s->tlb[mmu][access]);
            }
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (flush & (FLUSH_PHYS | FLUSH_STORES)) {
        for (unsigned k = 0; k < TCG_PHYS_ENTRIES; k++) {
            s->phys[k].gpa = ~(uint64_t)0;
        }
    }
    if (flush & FLUSH_TLB) {
        tcg_contexts_clear(env, ~0u);
    }
}

void tcg_tlb_clear_local(TcgEnv *env)
{
    TcgSoft *s = tcg_soft(env);
    unsigned set = 0;

    pthread_mutex_lock(&s->lock);
    for (unsigned mmu = 0; mmu < TCG_MMUS; mmu++) {
        set |= s->tlb[mmu][TCG_FETCH].local ? 1u << mmu : 0;
        for (unsigned access = 0; access < 3; access++) {
            if (s->tlb[mmu][access].local) {
                empty(&s->tlb[mmu][access]);
            }
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (set) {
        tcg_contexts_clear(env, set);
    }
}

void tcg_tlb_clear_page(TcgEnv *env, uint64_t gva)
{
    TcgSoft *s = tcg_soft(env);
    unsigned set = 0, bit = fetched_bit(gva);

    pthread_mutex_lock(&s->lock);
    for (unsigned mmu = 0; mmu < TCG_MMUS; mmu++) {
        for (unsigned access = 0; access < 3; access++) {
            TcgTlb *tlb = &s->tlb[mmu][access];
            TcgTlbEntry *e = &tlb->entry[tcg_tlb_index(gva)];
            if (!tlb->used) {
                continue;
            }
            if (gva >= tlb->large_low && gva <= tlb->large_high) {
                set |= access == TCG_FETCH ? 1u << mmu : 0;
                empty(tlb);
                continue;
            }
            if (access == TCG_FETCH && (tlb->fetched[bit >> 6] >> (bit & 63) & 1)) {
                set |= 1u << mmu;
            }
            if ((e->tag & TCG_PAGE_MASK) == (gva & TCG_PAGE_MASK)) {
                e->tag = ~(uint64_t)0;
            }
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (set) {
        tcg_contexts_clear(env, set);
    }
}

/* Accesses */

static void copy(void *to, const void *from, unsigned size)
{
    switch (size) {
    case 1: *(volatile uint8_t *)to = *(const volatile uint8_t *)from; break;
    case 2: *(volatile uint16_t *)to = *(const volatile uint16_t *)from; break;
    case 4: *(volatile uint32_t *)to = *(const volatile uint32_t *)from; break;
    case 8: *(volatile uint64_t *)to = *(const volatile uint64_t *)from; break;
    default: memcpy(to, from, size); break;
    }
}

/* The map may be another one after a device was asked: addends that the block has found do not hold any more. */
static void forget_groups(TcgEnv *env)
{
    memset(tcg_soft(env)->group, 0, sizeof tcg_soft(env)->group);
}

/* Bytes of the largest aligned part of a device access. */
static unsigned part(uint64_t gpa, unsigned size)
{
    unsigned n = 8;

    while (n > size || (gpa & (n - 1))) {
        n /= 2;
    }
    return n;
}

static void device_read(TcgEnv *env, uint64_t gva, uint64_t gpa, char *to, unsigned size)
{
    while (size) {
        unsigned n = part(gpa, size);
        uint64_t v = 0;
        tcg_fp_suspend(env);
        bool done = tcg_machine->load(tcg_machine->opaque, env, gpa, n, &v);
        tcg_fp_resume(env);
        forget_groups(env);
        if (!done) {
            raise_fault(env, TCG_MMU_ACCESS, TCG_LOAD, gva);
        }
        memcpy(to, &v, n);
        to += n;
        gpa += n;
        size -= n;
    }
}

static void device_write(TcgEnv *env, uint64_t gva, uint64_t gpa, const char *from, unsigned size)
{
    while (size) {
        unsigned n = part(gpa, size);
        uint64_t v = 0;
        memcpy(&v, from, n);
        tcg_fp_suspend(env);
        bool done = tcg_machine->store(tcg_machine->opaque, env, gpa, n, v);
        tcg_fp_resume(env);
        forget_groups(env);
        if (!done) {
            raise_fault(env, TCG_MMU_ACCESS, TCG_STORE, gva);
        }
        from += n;
        gpa += n;
        size -= n;
    }
}

static void read_place(TcgEnv *env, const TcgPlace *p, uint64_t gva, void *to, unsigned size)
{
    if (p->host) {
        copy(to, p->host + (gva & ~TCG_PAGE_MASK), size);
    } else {
        device_read(env, gva, p->gpa + (gva & ~TCG_PAGE_MASK), to, size);
    }
}

/* The entry was slow for a reason that is gone: fills it anew at the next access. */
static void retry_entry(TcgEnv *env, uint64_t gva)
{
    TcgSoft *s = tcg_soft(env);
    TcgTlbEntry *e = &s->tlb[s->mmu][TCG_STORE].entry[tcg_tlb_index(gva)];

    pthread_mutex_lock(&s->lock);
    if ((e->tag & TCG_PAGE_MASK) == (gva & TCG_PAGE_MASK)) {
        e->tag = ~(uint64_t)0;
    }
    pthread_mutex_unlock(&s->lock);
}

static void before_store(TcgEnv *env, const TcgPlace *p, uint64_t gva)
{
    if (p->flags & PLACE_CLEAN) {
        dirty(env, p->gpa);
        retry_entry(env, gva);
    }
}

static void after_store(TcgEnv *env, const TcgPlace *p, uint64_t gva, unsigned size)
{
    if (p->flags & PLACE_CODE) {
        tcg_code_stored(p->gpa + (gva & ~TCG_PAGE_MASK), size);
        if (!tcg_code_page(p->gpa)) {
            retry_entry(env, gva);
        }
    }
}

static void write_place(TcgEnv *env, const TcgPlace *p, uint64_t gva, const void *from, unsigned size)
{
    if (!p->host || (p->flags & PLACE_ROM)) {
        device_write(env, gva, p->gpa + (gva & ~TCG_PAGE_MASK), from, size);
        return;
    }
    before_store(env, p, gva);
    copy(p->host + (gva & ~TCG_PAGE_MASK), from, size);
    after_store(env, p, gva, size);
}

/* Bytes of the access that are in its first page. */
static inline unsigned first_part(uint64_t gva, unsigned size)
{
    unsigned room = (unsigned)(TCG_PAGE - (gva & ~TCG_PAGE_MASK));

    return size < room ? size : room;
}

/* Is the access permitted, and to memory that can be copied at once? */
static bool plain(TcgEnv *env, uint64_t gva, unsigned size, TcgAccess access, TcgPlace *p)
{
    return locate(env, gva, size, access, p) == TCG_MMU_OK && p->host && !(p->flags & (PLACE_ROM | PLACE_PART));
}

void tcg_soft_part(TcgEnv *env, uint64_t gva, unsigned size, bool write)
{
    const TcgAccess access = write ? TCG_STORE : TCG_LOAD;
    const unsigned n = first_part(gva, size);
    TcgPlace p;

    if (tcg_state.guest->redo && !tcg_soft(env)->alone
        && (!plain(env, gva, n, access, &p) || (n < size && !plain(env, gva + n, size - n, access, &p)))) {
        tcg_helper_leave(env, TCG_LEAVE_INTERPRET);
    }
}

void tcg_soft_read(TcgEnv *env, uint64_t gva, void *to, unsigned size)
{
    unsigned n = first_part(gva, size);
    TcgPlace p, q;

    if (size == 16) {
        tcg_soft_part(env, gva, size, false);
    }
    tcg_locate(env, gva, n, TCG_LOAD, &p);
    if (n < size) {
        tcg_locate(env, gva + n, size - n, TCG_LOAD, &q);
        char buf[16];
        read_place(env, &p, gva, buf, n);
        read_place(env, &q, gva + n, buf + n, size - n);
        memcpy(to, buf, size);
    } else {
        read_place(env, &p, gva, to, size);
    }
}

/* Both pages must permit it before either is written. */
void tcg_soft_write(TcgEnv *env, uint64_t gva, const void *from, unsigned size)
{
    unsigned n = first_part(gva, size);
    TcgPlace p, q;

    if (size == 16) {
        tcg_soft_part(env, gva, size, true);
    }
    tcg_locate(env, gva, n, TCG_STORE, &p);
    if (n < size) {
        tcg_locate(env, gva + n, size - n, TCG_STORE, &q);
        write_place(env, &p, gva, from, n);
        write_place(env, &q, gva + n, (const char *)from + n, size - n);
    } else {
        write_place(env, &p, gva, from, size);
    }
}

bool tcg_soft_copy_from(TcgEnv *env, void *to, uint64_t gva, unsigned size)
{
    TcgPlace p;

    if (!plain(env, gva, size, TCG_LOAD, &p)) {
        return false;
    }
    tcg_copy_upwards(to, p.host + (gva & ~TCG_PAGE_MASK), size);
    return true;
}

bool tcg_soft_copy_to(TcgEnv *env, uint64_t gva, const void *from, unsigned size)
{
    TcgPlace p;

    if (!plain(env, gva, size, TCG_STORE, &p)) {
        return false;
    }
    before_store(env, &p, gva);
    tcg_copy_upwards(p.host + (gva & ~TCG_PAGE_MASK), from, size);
    after_store(env, &p, gva, size);
    return true;
}

bool tcg_soft_readable(TcgEnv *env, uint64_t gva)
{
    TcgPlace p;

    return plain(env, gva, 1, TCG_LOAD, &p);
}

/* Atomic operations need memory: a device's registers refuse them [RVP 3.6.3]. */
void *tcg_soft_atomic(TcgEnv *env, uint64_t gva, unsigned size, bool write)
{
    TcgSoft *s = tcg_soft(env);
    TcgPlace p;

    tcg_locate(env, gva, size, write ? TCG_STORE : TCG_LOAD, &p);
    if (!p.host || (p.flags & PLACE_ROM)) {
        raise_fault(env, TCG_MMU_ACCESS, write ? TCG_STORE : TCG_LOAD, gva);
    }
    if (write) {
        before_store(env, &p, gva);
    }
    s->atomic_gpa = p.flags & PLACE_CODE ? p.gpa : ~(uint64_t)0;
    return p.host + (gva & ~TCG_PAGE_MASK);
}

void tcg_soft_atomic_end(TcgEnv *env, uint64_t gva, unsigned size)
{
    TcgSoft *s = tcg_soft(env);
    TcgPlace p = { .gpa = s->atomic_gpa, .flags = PLACE_CODE };

    if (s->atomic_gpa != ~(uint64_t)0) {
        after_store(env, &p, gva, size);
    }
}

/* From generated code: imm is the record's aux and type. */

void tcg_soft_fn_load(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    TcgVal v = { { 0, 0 } };

    tcg_soft_read(env, a->u64[0], &v, 1u << (imm & TCG_MO_SIZE));
    if (imm & TCG_MO_SIGN) {
        unsigned shift = 64 - (8u << (imm & TCG_MO_SIZE));
        v.s64[0] = (int64_t)(v.u64[0] << shift) >> shift;
        v.u64[0] = (imm >> 16 & 0xff) == TCG_I32 ? (uint32_t)v.u64[0] : v.u64[0];
    }
    *d = v;
}

void tcg_soft_fn_store(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    tcg_soft_write(env, a->u64[0], b, 1u << (imm & TCG_MO_SIZE));
}
