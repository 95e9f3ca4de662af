/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE loads and stores out of line. [ArmARM C8.2, B2]
 *
 * A load reads into a temporary and writes registers when nothing can fault any more. Elements between the first and the
 * last active one that lie in one page with these can be read whether they are active or not; across pages, active
 * elements are read one by one, so that the address of a fault is that of an element. */
#include "guest/aarch64/sve.h"

#include "run/atomic.h"

#include <string.h>

#pragma GCC optimize ("O3")

enum { PAGE = 4096 };

typedef struct Access {
    TcgEnv *env;
    A64Cpu *cpu;
    uint64_t pg;                /* element bits */
    uint64_t base;
    unsigned zt, regs, count;   /* registers; elements of one */
    unsigned msize, size;       /* log2 of bytes */
    unsigned vector, scale;
    bool is_signed;
    uint8_t offsets[A64_SVE_BYTES];
} Access;

static uint64_t address(const Access *m, unsigned i)
{
    switch (m->vector) {
    case A64_SVE_OFFSET:
        return m->base + (((const A64U64 *)m->offsets)[i] << m->scale);
    case A64_SVE_OFFSET_UXTW:
        return m->base + ((uint64_t)(uint32_t)((const A64U32 *)m->offsets)[i << (m->size - 2)] << m->scale);
    case A64_SVE_OFFSET_SXTW:
        return m->base + ((uint64_t)(int64_t)((const A64S32 *)m->offsets)[i << (m->size - 2)] << m->scale);
    default:
        return m->base + ((uint64_t)(i * m->regs) << m->msize);
    }
}

static bool active(const Access *m, unsigned i)
{
    return m->pg >> (i << m->size) & 1;
}

static void put_element(const Access *m, uint8_t *reg, unsigned i, uint64_t x)
{
    if (m->is_signed) {
        const unsigned up = 64 - (8u << m->msize);
        x = (uint64_t)((int64_t)(x << up) >> up);
    }
    memcpy(reg + ((size_t)i << m->size), &x, (size_t)1 << m->size);
}

/* Elements of regs registers, one after the other at p as in memory, from element first up. */
static void unpack(const Access *m, uint8_t (*z)[A64_SVE_BYTES], const uint8_t *p, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        for (unsigned r = 0; r < m->regs; r++, p += (size_t)1 << m->msize) {
            uint64_t x = 0;
            if (active(m, i)) {
                memcpy(&x, p, (size_t)1 << m->msize);
            }
            put_element(m, z[r], i, x);
        }
    }
}

static void write_back(const Access *m, uint8_t (*z)[A64_SVE_BYTES])
{
    for (unsigned r = 0; r < m->regs; r++) {
        a64_z_set(m->cpu, (m->zt + r) & 31, z[r]);
    }
}

/* Do bytes from the first up to the last active element, n in all, lie in one page? */
static bool one_page(uint64_t addr, unsigned n)
{
    return (addr & (PAGE - 1)) + n <= PAGE;
}

static void load_element(const Access *m, uint8_t (*z)[A64_SVE_BYTES], unsigned i)
{
    const uint64_t addr = address(m, i);

    for (unsigned r = 0; r < m->regs; r++) {
        uint64_t x = 0;
        tcg_guest_read(m->env, addr + ((uint64_t)r << m->msize), &x, 1u << m->msize);
        put_element(m, z[r], i, x);
    }
}

static void load(const Access *m)
{
    uint8_t z[4][A64_SVE_BYTES] __attribute__((aligned(16)));
    uint8_t tmp[4 * A64_SVE_BYTES];

    memset(z, 0, m->regs * sizeof(z[0]));
    if (m->pg) {
        const unsigned first = (unsigned)__builtin_ctzll(m->pg) >> m->size;
        const unsigned end = ((unsigned)(63 - __builtin_clzll(m->pg)) >> m->size) + 1;
        const unsigned bytes = (end - first) * m->regs << m->msize;
        if (m->vector == A64_SVE_CONTIGUOUS && one_page(address(m, first), bytes)) {
            tcg_guest_copy_from(m->env, tmp, address(m, first), bytes);
            if (m->regs == 1 && m->msize == m->size && (unsigned)__builtin_popcountll(m->pg) == end - first) {
                memcpy(z[0] + ((size_t)first << m->size), tmp, bytes);
            } else {
                unpack(m, z, tmp, first, end);
            }
        } else {
            for (unsigned i = first; i < end; i++) {
                if (active(m, i)) {
                    load_element(m, z, i);
                }
            }
        }
    }
    write_back(m, z);
}

/* A fault at other elements than the first active one (at any: first is not to fault either) does not happen, but FFR
 * becomes 0 from there on. Elements that were not loaded become 0, one of the ways to be unpredictable. */
static void load_speculative(const Access *m, bool first_faults)
{
    uint8_t z[1][A64_SVE_BYTES] __attribute__((aligned(16))) = { { 0 } };
    uint64_t good = ~(uint64_t)0;           /* page that can be read */

    for (unsigned i = 0; i < m->count; i++) {
        if (!active(m, i)) {
            continue;
        }
        const uint64_t addr = address(m, i), last = addr + ((uint64_t)1 << m->msize) - 1;
        const bool known = addr / PAGE == good && last / PAGE == good;
        if (!first_faults && !known && !(tcg_guest_readable(&m->cpu->env, addr) && tcg_guest_readable(&m->cpu->env, last))) {
            m->cpu->ffr &= ((uint64_t)1 << (i << m->size)) - 1;
            break;
        }
        load_element(m, z, i);
        first_faults = false;
        good = last / PAGE;
    }
    write_back(m, z);
}

/* One element, or 16 bytes with their own predicate, in all of the vector. */
static void load_replicated(Access *m)
{
    uint8_t z[1][A64_SVE_BYTES] __attribute__((aligned(16))) = { { 0 } };
    uint64_t x = 0;

    if (m->scale == 4) {
        m->vector = A64_SVE_CONTIGUOUS;
        m->pg &= 0xffff;
        m->count = 16u >> m->size;
        load(m);
        m->cpu->zh[m->zt] = m->cpu->vq > 1 ? m->cpu->v[m->zt] : m->cpu->zh[m->zt];
        return;
    }
    if (m->pg) {
        tcg_guest_read(m->env, m->base, &x, 1u << m->msize);
    }
    for (unsigned i = 0; i < m->count; i++) {
        put_element(m, z[0], i, x);
        if (!active(m, i)) {
            memset(z[0] + ((size_t)i << m->size), 0, (size_t)1 << m->size);
        }
    }
    write_back(m, z);
}

static void store(const Access *m)
{
    uint8_t z[4][A64_SVE_BYTES] __attribute__((aligned(16))), tmp[4 * A64_SVE_BYTES];

    if (!m->pg) {
        return;
    }
    const unsigned first = (unsigned)__builtin_ctzll(m->pg) >> m->size;
    const unsigned end = ((unsigned)(63 - __builtin_clzll(m->pg)) >> m->size) + 1;
    const unsigned bytes = (end - first) * m->regs << m->msize;
    const bool all = (unsigned)__builtin_popcountll(m->pg) == end - first;

    for (unsigned r = 0; r < m->regs; r++) {
        a64_z_get(m->cpu, (m->zt + r) & 31, z[r]);
    }
    if (all && m->vector == A64_SVE_CONTIGUOUS && one_page(address(m, first), bytes)) {
        if (m->regs == 1 && m->msize == m->size) {
            tcg_guest_copy_to(m->env, address(m, first), z[0] + ((size_t)first << m->size), bytes);
            return;
        }
        uint8_t *p = tmp;
        for (unsigned i = first; i < end; i++) {
            for (unsigned r = 0; r < m->regs; r++, p += (size_t)1 << m->msize) {
                memcpy(p, z[r] + ((size_t)i << m->size), (size_t)1 << m->msize);
            }
        }
        tcg_guest_copy_to(m->env, address(m, first), tmp, bytes);
        return;
    }
    for (unsigned i = first; i < end; i++) {
        for (unsigned r = 0; active(m, i) && r < m->regs; r++) {
            tcg_guest_write(m->env, address(m, i) + ((uint64_t)r << m->msize), z[r] + ((size_t)i << m->size),
                            1u << m->msize);
        }
    }
}

/* w: the packed instruction; x: the base address, or what is added to a vector of addresses. */
uint64_t a64_h_sve_mem(TcgEnv *env, uint64_t w, uint64_t x, uint64_t y)
{
    A64Cpu *cpu = (A64Cpu *)env;
    const unsigned fault = w >> 23 & 3;
    Access m = {
        .env = env, .cpu = cpu, .base = x, .zt = w & 31, .msize = w >> 14 & 7, .size = w >> 17 & 7, .regs = w >> 20 & 7,
        .vector = w >> 25 & 7, .scale = w >> 28 & 7, .is_signed = w >> 31 & 1,
    };

    m.regs = m.regs ? m.regs : 1;
    m.count = cpu->vq * 16u >> m.size;
    m.pg = cpu->p[w >> 5 & 15] & a64_pred_elements(m.size);
    if (m.vector != A64_SVE_CONTIGUOUS && m.vector != A64_SVE_REPLICATE) {
        a64_z_get(cpu, w >> 9 & 31, m.offsets);
    }
    if (w >> 32 & 1) {
        store(&m);
    } else if (m.vector == A64_SVE_REPLICATE) {
        load_replicated(&m);
    } else if (fault != A64_SVE_FAULT_ALL) {
        load_speculative(&m, fault == A64_SVE_FAULT_FIRST);
    } else {
        load(&m);
    }
    return 0;
}
