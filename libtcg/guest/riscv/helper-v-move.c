/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector masks and permutation. [RVU 31.15, 31.16] */
#include "guest/riscv/helper-v.h"

#include <string.h>

#define KERNEL(name) \
    void rv_v_##name(RvV *v); \
    void rv_v_##name(RvV *v)

/* Masks: bits start..n-1 of d. */
#define LOGIC(name, expr) \
    KERNEL(name) \
    { \
        uint8_t *d = v->d; \
        const uint8_t *a = v->a, *b = v->b; \
        for (unsigned k = v->start / 8; k * 8 < v->n && v->start < v->n; k++) { \
            unsigned keep = k * 8 < v->start ? (1u << (v->start & 7)) - 1 : 0, x = a[k], y = b[k]; \
            keep |= v->n < k * 8 + 8 ? 0xffu << (v->n & 7) & 0xff : 0; \
            d[k] = (uint8_t)((d[k] & keep) | ((expr) & ~keep)); \
        } \
    }
LOGIC(mand, x & y)
LOGIC(mandn, x & ~y)
LOGIC(mor, x | y)
LOGIC(morn, x | ~y)
LOGIC(mxor, x ^ y)
LOGIC(mnand, ~(x & y))
LOGIC(mnor, ~(x | y))
LOGIC(mxnor, ~(x ^ y))

/* The bits of a mask from 64 * k on that are below vl. start is 0. */
static uint64_t mask_word(const RvV *v, const void *mask, unsigned k)
{
    uint64_t w;

    memcpy(&w, (const char *)mask + 8 * k, 8);
    return v->n - 64 * k < 64 ? w & (((uint64_t)1 << (v->n & 63)) - 1) : w;
}

/* Those of vs2 that are active. */
static uint64_t active_word(const RvV *v, unsigned k)
{
    const uint64_t w = mask_word(v, v->a, k);

    return v->mask ? w & mask_word(v, v->mask, k) : w;
}

KERNEL(cpop)
{
    for (unsigned k = 0; k * 64 < v->n; k++) {
        v->result += (unsigned)__builtin_popcountll(active_word(v, k));
    }
}

/* The first active bit that is set, or n. */
static unsigned first_set(const RvV *v)
{
    for (unsigned k = 0; k * 64 < v->n; k++) {
        const uint64_t w = active_word(v, k);
        if (w) {
            return k * 64 + (unsigned)__builtin_ctzll(w);
        }
    }
    return v->n;
}

KERNEL(first)
{
    const unsigned i = first_set(v);

    v->result = i < v->n ? i : ~(uint64_t)0;
}

#define SET_FIRST(name, expr) \
    KERNEL(name) \
    { \
        const unsigned first = first_set(v); \
        for (unsigned i = 0; i < v->n; i++) { \
            ((uint8_t *)v->d)[i] = expr; \
        } \
    }
SET_FIRST(msbf, i < first)
SET_FIRST(msif, i <= first)
SET_FIRST(msof, i == first)

#define MOVES(name, bits, ...) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        typedef RvU_##bits U; \
        U *d __attribute__((unused)) = v->d; \
        const U *a __attribute__((unused)) = v->a, *b __attribute__((unused)) = v->b; \
        const unsigned n __attribute__((unused)) = v->n; \
        __VA_ARGS__ \
    }

RV_ALL(MOVES, iota,
       for (unsigned i = 0, count = 0; i < n; i++) {
           d[i] = (U)count;
           count += rv_v_bit(v->a, i) && rv_v_active(v, i);
       })
RV_ALL(MOVES, id, for (unsigned i = 0; i < n; i++) { d[i] = (U)i; })

/* An index of 8 bits reaches 255 elements; from vs2 as a whole, vl or not. A scalar index has all of XLEN. */
RV_ALL(MOVES, rgather,
       if (v->scalar) {
           const U x = v->x < v->vlmax ? a[v->x] : 0;
           for (unsigned i = 0; i < n; i++) {
               d[i] = x;
           }
       } else {
           const unsigned most = v->vlmax;
           for (unsigned i = 0; i < n; i++) {
               const uint64_t k = b[i];
               const U x = a[k & (most - 1)];      /* VLMAX is a power of 2 */
               d[i] = k < most ? x : 0;
           }
       })
RV_ALL(MOVES, rgatherei16,
       const RvU16 *x = v->b;
       const unsigned most = v->vlmax;
       for (unsigned i = 0; i < n; i++) {
           const unsigned k = x[i];
           const U y = a[k & (most - 1)];
           d[i] = k < most ? y : 0;
       })
/* d is a temporary: it overlaps nothing. n may be 0. */
RV_ALL(MOVES, slideup,
       const unsigned kept = v->x < n ? (unsigned)v->x : n;
       memcpy(d, v->c, kept * sizeof(U));
       memcpy(d + kept, a, (n - kept) * sizeof(U));)
RV_ALL(MOVES, slidedown,
       const unsigned there = v->x < v->vlmax ? v->vlmax - (unsigned)v->x : 0, moved = there < n ? there : n;
       if (moved) {
           memcpy(d, a + v->x, moved * sizeof(U));
       }
       memset(d + moved, 0, (n - moved) * sizeof(U));)
RV_ALL(MOVES, slide1up,
       if (n) {
           memcpy(d + 1, a, (n - 1) * sizeof(U));
           d[0] = (U)v->x;
       })
RV_ALL(MOVES, slide1down,
       if (n) {
           memcpy(d, a + 1, (n - 1) * sizeof(U));
           d[n - 1] = (U)v->x;
       })
RV_ALL(MOVES, compress,
       for (unsigned w = 0; 64 * w < n; w++) {
           const U *from = a + 64 * w;
           for (uint64_t m = mask_word(v, v->b, w); m; m &= m - 1) {
               *d++ = from[__builtin_ctzll(m)];
           }
       })
#define SIGNED(name, bits) MOVES(name, bits, v->result = (uint64_t)(int64_t)(RvS_##bits)a[0];)
SIGNED(mv_x_s, 8) SIGNED(mv_x_s, 16) SIGNED(mv_x_s, 32) SIGNED(mv_x_s, 64)
RV_ALL(MOVES, mv_s_x, d[0] = (U)v->x;)

/* Boxed. */
#define UNBOXED(bits, ones) \
    void rv_v_fmv_f_s_##bits(RvV *v); \
    void rv_v_fmv_f_s_##bits(RvV *v) \
    { \
        v->result = *(const RvU_##bits *)v->a | (ones); \
    }
UNBOXED(16, ~(uint64_t)0xffff)
UNBOXED(32, ~(uint64_t)0xffffffff)
UNBOXED(64, 0)

/* Whole registers: resumes at element vstart, of SEW [RVU 31.16.6]. */
KERNEL(mvr)
{
    const RvVType t = rv_v_type(v->cpu->model, v->cpu->vtype);
    const size_t bytes = (size_t)v->cpu->model->vlenb * (v->nf + 1), from = (size_t)v->start << t.sew;

    if (from < bytes) {
        memmove((char *)v->d + from, (const char *)v->a + from, bytes - from);
    }
}
