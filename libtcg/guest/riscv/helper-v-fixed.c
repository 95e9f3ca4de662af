/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector fixed-point arithmetic: saturating and rounding. [RVU 31.12]
 *
 * Saturation of an active element sets vxsat, so kernels here look at the mask. */
#include "guest/riscv/helper-v.h"

/* The increment that vxrm asks for when the low n bits of v go [RVU 31.3.8]: to nearest up, to nearest even, down, to
 * odd. */
static inline unsigned increment(unsigned vxrm, uint64_t v, unsigned n)
{
    if (n == 0) {
        return 0;
    }
    const bool lowest = n < 64 && (v >> n & 1), half = v >> (n - 1) & 1;
    const bool below = n > 1 && (v & (((uint64_t)1 << (n - 1)) - 1));

    switch (vxrm) {
    case 0:  return half;
    case 1:  return half && (below || lowest);
    case 2:  return 0;
    default: return !lowest && (half || below);
    }
}

#define FIXED(name, bits, db, ab, stmt) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        RV_KERNEL_TYPES(bits); \
        RV_PASTE(RvU_, db) *d = v->d; \
        const RV_PASTE(RvU_, ab) *a = v->a; \
        const U *b = v->b; \
        const unsigned rm __attribute__((unused)) = v->cpu->vxrm; \
        const U smax __attribute__((unused)) = (U)((U)-1 >> 1), smin __attribute__((unused)) = (U)~smax; \
        bool sat = false; \
        for (unsigned i = 0; i < v->n; i++) { \
            if (rv_v_active(v, i)) { \
                const RV_PASTE(RvU_, ab) x = a[i]; \
                const U y = b[i]; \
                stmt \
            } \
        } \
        v->cpu->vxsat |= sat; \
        (void)BITS; \
    }
#define SAME(name, bits, stmt) FIXED(name, bits, bits, bits, stmt)

RV_ALL(SAME, saddu, U r = (U)(x + y); bool o = r < x; d[i] = o ? (U)-1 : r; sat |= o;)
RV_ALL(SAME, ssubu, bool o = x < y; d[i] = o ? 0 : (U)(x - y); sat |= o;)
RV_ALL(SAME, sadd,
       U r = (U)(x + y);
       bool o = (S)((x ^ r) & (y ^ r)) < 0;
       d[i] = !o ? r : (S)x < 0 ? smin : smax; sat |= o;)
RV_ALL(SAME, ssub,
       U r = (U)(x - y);
       bool o = (S)((x ^ y) & (x ^ r)) < 0;
       d[i] = !o ? r : (S)x < 0 ? smin : smax; sat |= o;)
RV_ALL(SAME, aaddu, UW r = (UW)x + y; d[i] = (U)((r >> 1) + increment(rm, (uint64_t)r, 1));)
RV_ALL(SAME, aadd, SW r = (SW)(S)x + (S)y; d[i] = (U)((r >> 1) + increment(rm, (uint64_t)r, 1));)
RV_ALL(SAME, asubu, UW r = (UW)x - y; d[i] = (U)((r >> 1) + increment(rm, (uint64_t)r, 1));)
RV_ALL(SAME, asub, SW r = (SW)(S)x - (S)y; d[i] = (U)((r >> 1) + increment(rm, (uint64_t)r, 1));)
RV_ALL(SAME, smul,
       if (x == smin && y == smin) {
           d[i] = smax; sat = true;
       } else {
           const SW p = (SW)(S)x * (S)y;
           d[i] = (U)((p >> (BITS - 1)) + increment(rm, (uint64_t)p, BITS - 1));
       })
RV_ALL(SAME, ssrl, unsigned n = y & (BITS - 1); d[i] = (U)((x >> n) + increment(rm, x, n));)
RV_ALL(SAME, ssra, unsigned n = y & (BITS - 1); d[i] = (U)(((S)x >> n) + (S)increment(rm, x, n));)

#define NARROWING(name, bits, stmt) FIXED(name, bits, bits, RV_PASTE(RV_TWICE_, bits), stmt)
RV_NARROW(NARROWING, nclipu,
          unsigned n = y & (2 * BITS - 1);
          const uint64_t r = ((uint64_t)x >> n) + increment(rm, x, n);
          const bool o = r > (U)-1;
          d[i] = o ? (U)-1 : (U)r; sat |= o;)
RV_NARROW(NARROWING, nclip,
          unsigned n = y & (2 * BITS - 1);
          const int64_t r = ((int64_t)(SW)x >> n) + (int64_t)increment(rm, (uint64_t)x, n);
          const bool o = r > (int64_t)smax || r < (int64_t)(S)smin;
          d[i] = !o ? (U)r : r < 0 ? smin : smax; sat |= o;)
