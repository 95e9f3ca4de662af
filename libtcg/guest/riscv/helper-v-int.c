/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector integer arithmetic. [RVU 31.11] */
#include "guest/riscv/helper-v.h"

#pragma GCC optimize ("O3")

#define SAME(name, bits, expr) RV_KERNEL(name, bits, bits, bits, bits, , expr)
#define SAME_Z(name, bits, expr) RV_KERNEL(name, bits, bits, bits, bits, RV_Z, expr)

RV_ALL(SAME, add, x + y)
RV_ALL(SAME, sub, x - y)
RV_ALL(SAME, rsub, y - x)
RV_ALL(SAME, and, x & y)
RV_ALL(SAME, or, x | y)
RV_ALL(SAME, xor, x ^ y)
RV_ALL(SAME, minu, x < y ? x : y)
RV_ALL(SAME, maxu, x > y ? x : y)
RV_ALL(SAME, min, (S)x < (S)y ? x : y)
RV_ALL(SAME, max, (S)x > (S)y ? x : y)
RV_ALL(SAME, sll, x << (y & (BITS - 1)))
RV_ALL(SAME, srl, x >> (y & (BITS - 1)))
RV_ALL(SAME, sra, (S)x >> (y & (BITS - 1)))
RV_ALL(SAME, mul, (UW)x * y)
RV_ALL(SAME, mulhu, (UW)x * y >> BITS)
RV_ALL(SAME, mulh, (SW)(S)x * (S)y >> BITS)
RV_ALL(SAME, mulhsu, (SW)(S)x * (SW)y >> BITS)
RV_ALL(SAME, divu, y ? x / y : (U)-1)
RV_ALL(SAME, remu, y ? x % y : x)
/* The smallest number divided by -1 overflows; 0 - x is that quotient. */
RV_ALL(SAME, div, y == 0 ? (U)-1 : y == (U)-1 ? (U)(0 - x) : (U)((S)x / (S)y))
RV_ALL(SAME, rem, y == 0 ? x : y == (U)-1 ? 0 : (U)((S)x % (S)y))
RV_ALL(SAME_Z, macc, (UW)x * y + c[i])
RV_ALL(SAME_Z, nmsac, c[i] - (UW)x * y)
RV_ALL(SAME_Z, madd, (UW)c[i] * y + x)
RV_ALL(SAME_Z, nmsub, x - (UW)c[i] * y)
RV_ALL(SAME, mv, y)
RV_ALL(SAME, merge, rv_v_bit(v->carry, i) ? y : x)
RV_ALL(SAME, adc, x + y + rv_v_bit(v->carry, i))
RV_ALL(SAME, sbc, x - y - rv_v_bit(v->carry, i))

/* Results that are masks: a byte each. */
#define COMPARE(name, bits, expr) RV_KERNEL(name, bits, 8, bits, bits, , expr)
RV_ALL(COMPARE, mseq, x == y)
RV_ALL(COMPARE, msne, x != y)
RV_ALL(COMPARE, msltu, x < y)
RV_ALL(COMPARE, mslt, (S)x < (S)y)
RV_ALL(COMPARE, msleu, x <= y)
RV_ALL(COMPARE, msle, (S)x <= (S)y)
RV_ALL(COMPARE, msgtu, x > y)
RV_ALL(COMPARE, msgt, (S)x > (S)y)
RV_ALL(COMPARE, madc, ((UW)x + y + (v->carry && rv_v_bit(v->carry, i))) >> BITS & 1)
RV_ALL(COMPARE, msbc, (UW)x < (UW)y + (v->carry && rv_v_bit(v->carry, i)))

/* Twice the width. */
#define WIDE(name, bits, expr) RV_KERNEL(name, bits, RV_PASTE(RV_TWICE_, bits), bits, bits, , expr)
#define WIDE_Z(name, bits, expr) RV_KERNEL(name, bits, RV_PASTE(RV_TWICE_, bits), bits, bits, RV_Z, expr)
#define WIDE_W(name, bits, expr) \
    RV_KERNEL(name, bits, RV_PASTE(RV_TWICE_, bits), RV_PASTE(RV_TWICE_, bits), bits, , expr)
RV_NARROW(WIDE, waddu, (UW)x + y)
RV_NARROW(WIDE, wadd, (SW)(S)x + (S)y)
RV_NARROW(WIDE, wsubu, (UW)x - y)
RV_NARROW(WIDE, wsub, (SW)(S)x - (S)y)
RV_NARROW(WIDE_W, waddu_w, x + y)
RV_NARROW(WIDE_W, wadd_w, x + (UW)(SW)(S)y)
RV_NARROW(WIDE_W, wsubu_w, x - y)
RV_NARROW(WIDE_W, wsub_w, x - (UW)(SW)(S)y)
RV_NARROW(WIDE, wmulu, (UW)x * y)
RV_NARROW(WIDE, wmul, (SW)(S)x * (S)y)
RV_NARROW(WIDE, wmulsu, (SW)(S)x * (SW)y)
RV_NARROW(WIDE_Z, wmaccu, (UW)x * y + c[i])
RV_NARROW(WIDE_Z, wmacc, (UW)((SW)(S)x * (S)y) + c[i])
RV_NARROW(WIDE_Z, wmaccsu, (UW)((SW)x * (S)y) + c[i])     /* vs1 is the signed one */
RV_NARROW(WIDE_Z, wmaccus, (UW)((SW)(S)x * (SW)y) + c[i])   /* vs2 is */

#define NARROWING(name, bits, expr) RV_KERNEL(name, bits, bits, RV_PASTE(RV_TWICE_, bits), bits, , expr)
RV_NARROW(NARROWING, nsrl, x >> (y & (2 * BITS - 1)))
RV_NARROW(NARROWING, nsra, (SW)x >> (y & (2 * BITS - 1)))

#define EXTEND(name, bits, from, T) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        RvU_##bits *restrict d = v->d; \
        const T##from *restrict a = v->a; \
        for (unsigned i = 0; i < v->n; i++) { \
            d[i] = (RvU_##bits)(RvS_##bits)a[i]; \
        } \
    }
EXTEND(zext2, 16, 8, RvU_) EXTEND(zext2, 32, 16, RvU_) EXTEND(zext2, 64, 32, RvU_)
EXTEND(sext2, 16, 8, RvS_) EXTEND(sext2, 32, 16, RvS_) EXTEND(sext2, 64, 32, RvS_)
EXTEND(zext4, 32, 8, RvU_) EXTEND(zext4, 64, 16, RvU_)
EXTEND(sext4, 32, 8, RvS_) EXTEND(sext4, 64, 16, RvS_)
EXTEND(zext8, 64, 8, RvU_)
EXTEND(sext8, 64, 8, RvS_)

/* Reductions: d[0] from b[0] and the active elements. */
#define REDUCE(name, bits, expr) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        typedef RvU_##bits U; \
        typedef RvS_##bits S __attribute__((unused)); \
        const U *a = v->a; \
        U y = *(const U *)v->b; \
        for (unsigned i = 0; i < v->n; i++) { \
            if (rv_v_active(v, i)) { \
                const U x = a[i]; \
                y = (U)(expr); \
            } \
        } \
        *(U *)v->d = y; \
    }
RV_ALL(REDUCE, redsum, x + y)
RV_ALL(REDUCE, redand, x & y)
RV_ALL(REDUCE, redor, x | y)
RV_ALL(REDUCE, redxor, x ^ y)
RV_ALL(REDUCE, redminu, x < y ? x : y)
RV_ALL(REDUCE, redmaxu, x > y ? x : y)
RV_ALL(REDUCE, redmin, (S)x < (S)y ? x : y)
RV_ALL(REDUCE, redmax, (S)x > (S)y ? x : y)

#define WREDUCE(name, bits, T) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        typedef RV_PASTE(RvU_, RV_TWICE_##bits) UW; \
        const T##bits *a = v->a; \
        UW y = *(const UW *)v->b; \
        for (unsigned i = 0; i < v->n; i++) { \
            if (rv_v_active(v, i)) { \
                y = (UW)(y + (UW)a[i]); \
            } \
        } \
        *(UW *)v->d = y; \
    }
RV_NARROW(WREDUCE, wredsumu, RvU_)
RV_NARROW(WREDUCE, wredsum, RvS_)
