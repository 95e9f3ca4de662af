/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory from C code, and the out-of-line atomic operations.
 *
 * Load-exclusive remembers address and value; store-exclusive compares and swaps against that value. A store by
 * another CPU that puts the same value back in between is not seen (DEVIATION: the architectures' monitors would
 * see it). */
#include "run/atomic.h"
#include "run/op-fn.h"
#include "run/rseq.h"
#include "run/soft.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

typedef unsigned __int128 U128;

/* The host pointer of a guest address. */
static uint64_t clean(uint64_t addr)
{
    return tcg_state.guest->top_byte_ignored ? (uint64_t)((int64_t)(addr << 8) >> 8) : addr;
}

static void begin(TcgEnv *env, uint64_t addr)
{
    tcg_thread(env)->access_addr = addr;
    tcg_thread(env)->in_guest_access = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void end(TcgEnv *env)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    tcg_thread(env)->in_guest_access = 0;
}

/* The same around an atomic operation; returns the host pointer. */
static void *begin_atomic(TcgEnv *env, uint64_t addr, unsigned size, bool write)
{
    if (tcg_state.soft) {
        return tcg_state.soft->atomic(env, addr, size, write);
    }
    begin(env, addr);
    return (void *)(uintptr_t)clean(addr);
}

static void end_atomic(TcgEnv *env, uint64_t addr, unsigned size)
{
    if (tcg_state.soft) {
        tcg_state.soft->atomic_end(env, addr, size);
    } else {
        end(env);
    }
}

/* At any address. One access, as in host code: a part of it is not written if another part faults. */
typedef uint8_t Any128 __attribute__((vector_size(16), aligned(1), may_alias));

void tcg_guest_read(TcgEnv *env, uint64_t addr, void *to, unsigned size)
{
    const void *p = (const void *)(uintptr_t)clean(addr);

    if (tcg_state.soft) {
        tcg_state.soft->read(env, addr, to, size);
        return;
    }
    begin(env, addr);
    switch (size) {
    case 1: *(uint8_t *)to = *(const volatile uint8_t *)p; break;
    case 2: *(uint16_t *)to = *(const volatile uint16_t *)p; break;
    case 4: *(uint32_t *)to = *(const volatile uint32_t *)p; break;
    case 8: *(uint64_t *)to = *(const volatile uint64_t *)p; break;
    case 16: *(Any128 *)to = *(const volatile Any128 *)p; break;
    default:
        for (unsigned i = 0; i < size; i++) {
            ((uint8_t *)to)[i] = ((const volatile uint8_t *)p)[i];
        }
    }
    end(env);
}

void tcg_guest_write(TcgEnv *env, uint64_t addr, const void *from, unsigned size)
{
    void *p = (void *)(uintptr_t)clean(addr);

    if (tcg_state.soft) {
        tcg_state.soft->write(env, addr, from, size);
        return;
    }
    begin(env, addr);
    if (__builtin_expect(tcg_thread(env)->rseq.watched, 0)
        && tcg_rseq_store(env, (uint64_t)(uintptr_t)p, from, size)) {
        end(env);
        return;
    }
    switch (size) {
    case 1: *(volatile uint8_t *)p = *(const uint8_t *)from; break;
    case 2: *(volatile uint16_t *)p = *(const uint16_t *)from; break;
    case 4: *(volatile uint32_t *)p = *(const uint32_t *)from; break;
    case 8: *(volatile uint64_t *)p = *(const uint64_t *)from; break;
    case 16: *(volatile Any128 *)p = *(const Any128 *)from; break;
    default:
        for (unsigned i = 0; i < size; i++) {
            ((volatile uint8_t *)p)[i] = ((const uint8_t *)from)[i];
        }
    }
    end(env);
}

void tcg_copy_upwards(void *to, const void *from, unsigned size)
{
#define PART(T, bytes) \
    typedef T __attribute__((may_alias, aligned(1))) Part##bytes; \
    *(volatile Part##bytes *)d = *(const volatile Part##bytes *)s; \
    d += (bytes); \
    s += (bytes);
    uint8_t *d = to;
    const uint8_t *s = from;

    for (; size >= 16; size -= 16, d += 16, s += 16) {
        *(volatile Any128 *)d = *(const volatile Any128 *)s;
    }
    if (size & 8) {
        PART(uint64_t, 8)
    }
    if (size & 4) {
        PART(uint32_t, 4)
    }
    if (size & 2) {
        PART(uint16_t, 2)
    }
    if (size & 1) {
        *(volatile uint8_t *)d = *(const volatile uint8_t *)s;
    }
#undef PART
}

bool tcg_guest_copy_from(TcgEnv *env, void *to, uint64_t addr, unsigned size)
{
    const uint8_t *p = (const uint8_t *)(uintptr_t)clean(addr);

    if (tcg_state.soft) {
        return tcg_state.soft->copy_from(env, to, addr, size);
    }
    begin(env, addr);
    tcg_copy_upwards(to, p, size);
    end(env);
    return true;
}

bool tcg_guest_copy_to(TcgEnv *env, uint64_t addr, const void *from, unsigned size)
{
    uint8_t *p = (uint8_t *)(uintptr_t)clean(addr);

    if (tcg_state.soft) {
        return tcg_state.soft->copy_to(env, addr, from, size);
    }
    begin(env, addr);
    tcg_copy_upwards(p, from, size);
    end(env);
    return true;
}

bool tcg_guest_readable(TcgEnv *env, uint64_t addr)
{
    if (tcg_state.soft) {
        return tcg_state.soft->readable(env, addr);
    }
    int prot = tcg_state.config.owner->page_prot(clean(addr));

    return prot >= 0 && (prot & PROT_READ);
}

void tcg_check_align(TcgEnv *env, uint64_t addr, unsigned memop, bool write)
{
    uint64_t mask = (1u << (memop & TCG_MO_SIZE)) - 1;

    if ((addr & mask) && (int)(addr & 15) > tcg_last_begin(memop)) {
        tcg_helper_fault(env, SIGBUS, BUS_ADRALN, addr, write);
    }
}

static uint64_t load_n(const void *p, unsigned size)
{
    switch (size) {
    case 1: return *(const volatile uint8_t *)p;
    case 2: return *(const volatile uint16_t *)p;
    case 4: return *(const volatile uint32_t *)p;
    default: return *(const volatile uint64_t *)p;
    }
}

/* Compare and swap of size bytes; the old value comes back. */
static uint64_t cas_n(void *p, unsigned size, uint64_t expect, uint64_t desired)
{
    switch (size) {
    case 1: return __sync_val_compare_and_swap((uint8_t *)p, (uint8_t)expect, (uint8_t)desired);
    case 2: return __sync_val_compare_and_swap((uint16_t *)p, (uint16_t)expect, (uint16_t)desired);
    case 4: return __sync_val_compare_and_swap((uint32_t *)p, (uint32_t)expect, (uint32_t)desired);
    default: return __sync_val_compare_and_swap((uint64_t *)p, expect, desired);
    }
}

__attribute__((target("cx16")))
static TcgVal cas_16(void *p, const TcgVal *expect, const TcgVal *desired)
{
    U128 e = (U128)expect->u64[1] << 64 | expect->u64[0];
    U128 n = (U128)desired->u64[1] << 64 | desired->u64[0];
    U128 o = __sync_val_compare_and_swap((U128 *)p, e, n);
    TcgVal r = { { (uint64_t)o, (uint64_t)(o >> 64) } };
    return r;
}

static uint64_t sign(uint64_t v, uint32_t imm, unsigned size)
{
    if (imm & TCG_MO_SIGN) {
        unsigned shift = 64 - size * 8;
        v = (uint64_t)((int64_t)(v << shift) >> shift);
    }
    return (imm >> 16 & 0xff) == TCG_I32 ? (uint32_t)v : v;
}

static unsigned checked_size(TcgEnv *env, uint64_t addr, uint32_t imm, bool write)
{
    unsigned size = 1u << (imm & TCG_MO_SIZE);

    if (imm & TCG_MO_ALIGN || size == 16) {
        tcg_check_align(env, addr, imm, write);
    }
    return size;
}

/* The new value of a read-modify-write operation. */
static uint64_t combine(TcgOp op, unsigned size, uint64_t old, uint64_t v)
{
    unsigned shift = 64 - size * 8;
    int64_t so = (int64_t)(old << shift), sv = (int64_t)(v << shift);
    uint64_t uo = old << shift, uv = v << shift;

    switch (op) {
    case TCG_OP_xadd:  return old + v;
    case TCG_OP_xand:  return old & v;
    case TCG_OP_xor_:  return old | v;
    case TCG_OP_xxor:  return old ^ v;
    case TCG_OP_xsmax: return so > sv ? old : v;
    case TCG_OP_xsmin: return so < sv ? old : v;
    case TCG_OP_xumax: return uo > uv ? old : v;
    case TCG_OP_xumin: return uo < uv ? old : v;
    default:           return v;
    }
}

static void rmw(TcgEnv *env, TcgOp op, TcgVal *d, uint64_t addr, uint64_t v, uint32_t imm)
{
    unsigned size = checked_size(env, addr, imm, true);

    void *p = begin_atomic(env, addr, size, true);
    uint64_t old = load_n(p, size), seen;
    while ((seen = cas_n(p, size, old, combine(op, size, old, v))) != old) {
        old = seen;
    }
    end_atomic(env, addr, size);
    d->u64[0] = sign(old, imm, size);
}

#define RMW(name) \
    void tcg_fn_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm) \
    { \
        rmw(env, TCG_OP_##name, d, a->u64[0], b->u64[0], imm); \
    }
RMW(xchg) RMW(xadd) RMW(xand) RMW(xor_) RMW(xxor) RMW(xsmax) RMW(xsmin) RMW(xumax) RMW(xumin)

void tcg_fn_cas(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    uint64_t addr = a->u64[0];
    unsigned size = checked_size(env, addr, imm, true);

    void *p = begin_atomic(env, addr, size, true);
    if (size == 16) {
        *d = cas_16(p, b, c);
    } else {
        d->u64[0] = sign(cas_n(p, size, b->u64[0], c->u64[0]), imm, size);
    }
    end_atomic(env, addr, size);
}

void tcg_fn_ll(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    uint64_t addr = a->u64[0];
    unsigned size = checked_size(env, addr, imm, false);
    TcgVal v = { { 0, 0 } };

    if (size == 16) {
        /* A locked compare of zero with zero would need write access; two words that did not change between
         * two reads of the first are a snapshot good enough, since sc compares both. */
        tcg_guest_read(env, addr, &v.u64[0], 8);
        tcg_guest_read(env, addr + 8, &v.u64[1], 8);
    } else {
        v.u64[0] = load_n(begin_atomic(env, addr, size, false), size);
        end_atomic(env, addr, size);
    }
    env->excl_addr = addr;
    env->excl_val[0] = v.u64[0];
    env->excl_val[1] = v.u64[1];
    *d = v;
    if (size != 16) {
        d->u64[0] = sign(v.u64[0], imm, size);
    }
}

void tcg_fn_sc(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    uint64_t addr = a->u64[0];
    unsigned size = checked_size(env, addr, imm, true);
    bool done = false;

    if (env->excl_addr == addr || tcg_state.soft) {             /* a machine's stores fault in any case [RVU 14.2] */
        void *p = begin_atomic(env, addr, size, true);
        if (env->excl_addr != addr) {
            done = false;
        } else if (size == 16) {
            TcgVal e = { { env->excl_val[0], env->excl_val[1] } };
            TcgVal o = cas_16(p, &e, b);
            done = o.u64[0] == e.u64[0] && o.u64[1] == e.u64[1];
        } else {
            uint64_t seen = env->excl_val[0] & (size == 8 ? ~(uint64_t)0 : ((uint64_t)1 << size * 8) - 1);
            done = cas_n(p, size, seen, b->u64[0]) == seen;
        }
        end_atomic(env, addr, size);
    }
    env->excl_addr = ~(uint64_t)0;
    d->u64[0] = !done;
}

void tcg_fn_clrex(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    env->excl_addr = ~(uint64_t)0;
}

void tcg_fn_fence(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Some of 16 bytes: parts of a power of two that are chosen as a whole, so that no element is torn. */

static unsigned chosen_part(unsigned mask, unsigned at)
{
    unsigned n = 8;

    while ((at & (n - 1)) || (~mask >> at & ((1u << n) - 1))) {
        n /= 2;
    }
    return n;
}

/* Machines: these bytes are a part of an instruction that may go on from the middle (TcgSoftOps.part). */
static void check_part(TcgEnv *env, uint64_t addr, unsigned size, bool write)
{
    if (tcg_state.soft) {
        tcg_state.soft->part(env, addr, size, write);
    }
}

static bool lane_chosen(const TcgVal *mask, uint32_t imm)
{
    return (imm & TCG_LANE_ALWAYS) || (mask->u64[0] >> (TCG_LANE_INDEX(imm) << TCG_LANE(imm)) & 1);
}

void tcg_fn_ldl(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    const unsigned size = 1u << TCG_LANE(imm);
    TcgVal v = *c;

    if (lane_chosen(b, imm)) {
        check_part(env, a->u64[0], size, false);
        tcg_guest_read(env, a->u64[0], v.u8 + TCG_LANE_INDEX(imm) * size, size);
    }
    *d = v;
}

void tcg_fn_stl(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    const unsigned size = 1u << TCG_LANE(imm);

    if (lane_chosen(b, imm)) {
        check_part(env, a->u64[0], size, true);
        tcg_guest_write(env, a->u64[0], c->u8 + TCG_LANE_INDEX(imm) * size, size);
    }
}

void tcg_fn_ldm(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    const uint64_t addr = a->u64[0] + (uint64_t)(int64_t)(int16_t)tcg_fn_aux(imm);
    unsigned mask = b->u64[0] & 0xffff, n;
    TcgVal v = { { 0, 0 } };

    for (unsigned at = 0; mask >> at; at += n ? n : 1) {
        n = mask >> at & 1 ? chosen_part(mask, at) : 0;
        if (n) {
            tcg_guest_read(env, addr + at, v.u8 + at, n);
        }
    }
    *d = v;
}

/* The same of memory that the host can write: parts as chosen_part has them. */
static void store_chosen(uint8_t *p, const uint8_t *v, unsigned mask)
{
    while (mask) {
        const unsigned at = (unsigned)__builtin_ctz(mask), m = mask >> at;
        if (!(at & 7) && (m & 0xff) == 0xff) {
            *(volatile uint64_t *)(void *)(p + at) = *(const uint64_t *)(const void *)(v + at);
            mask &= ~(0xffu << at);
        } else if (!(at & 3) && (m & 15) == 15) {
            *(volatile uint32_t *)(void *)(p + at) = *(const uint32_t *)(const void *)(v + at);
            mask &= ~(15u << at);
        } else if (!(at & 1) && (m & 3) == 3) {
            *(volatile uint16_t *)(void *)(p + at) = *(const uint16_t *)(const void *)(v + at);
            mask &= ~(3u << at);
        } else {
            *(volatile uint8_t *)(p + at) = v[at];
            mask &= mask - 1;
        }
    }
}

void tcg_fn_stm(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)
{
    const uint64_t addr = a->u64[0] + (uint64_t)(int64_t)(int16_t)tcg_fn_aux(imm);
    unsigned mask = b->u64[0] & 0xffff, n;
    void *host;

    if (!mask) {
        return;
    }
    if (!tcg_state.soft && tcg_guest_direct_begin(env)) {
        store_chosen(tcg_guest_direct_at(env, addr), c->u8, mask);
        tcg_guest_direct_end(env);
        return;
    }
    if (tcg_state.soft && (host = tcg_soft_fast(env, addr, 16, TCG_STORE))) {
        store_chosen(host, c->u8, mask);
        return;
    }
    const unsigned first = (unsigned)__builtin_ctz(mask), last = 31 - (unsigned)__builtin_clz(mask);
    check_part(env, addr + first, last - first + 1, true);
    for (unsigned at = first; mask >> at; at += n ? n : 1) {
        n = mask >> at & 1 ? chosen_part(mask, at) : 0;
        if (n) {
            tcg_guest_write(env, addr + at, c->u8 + at, n);
        }
    }
}
