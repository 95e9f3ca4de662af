/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE kernels: integer arithmetic, shifts, comparison, reductions. [ArmARM C8.2] */
#include "guest/aarch64/sve-kernels.h"

#pragma GCC optimize ("O3")

#define EACH A64_SVE_EACH

/* In the range of a signed or an unsigned element. */
#define S_MAX ((S)(((U)-1) >> 1))
#define S_MIN ((S)(-S_MAX - 1))
#define SATS(v) ({ const SW w_ = (SW)(v); w_ > S_MAX ? (U)S_MAX : w_ < S_MIN ? (U)S_MIN : (U)w_; })
#define SATU(v) ({ const SW w_ = (SW)(v); w_ < 0 ? (U)0 : w_ > (SW)(UW)(U)-1 ? (U)-1 : (U)w_; })
#define SATUW(v) ({ const UW w_ = (UW)(v); w_ > (UW)(U)-1 ? (U)-1 : (U)w_; })

A64_ALL(EACH, mov, x)
A64_ALL(EACH, movm, y)
A64_ALL(EACH, add, x + y)
A64_ALL(EACH, sub, x - y)
A64_ALL(EACH, mul, (UW)x * y)
A64_ALL(EACH, and, x & y)
A64_ALL(EACH, orr, x | y)
A64_ALL(EACH, eor, x ^ y)
A64_ALL(EACH, bic, x & ~y)
A64_ALL(EACH, smax, (S)x > (S)y ? x : y)
A64_ALL(EACH, smin, (S)x < (S)y ? x : y)
A64_ALL(EACH, umax, x > y ? x : y)
A64_ALL(EACH, umin, x < y ? x : y)
A64_ALL(EACH, sabd, (S)x > (S)y ? x - y : y - x)
A64_ALL(EACH, uabd, x > y ? x - y : y - x)
A64_ALL(EACH, smulh, (SW)(S)x * (S)y >> BITS)
A64_ALL(EACH, umulh, (UW)x * y >> BITS)
A64_ALL(EACH, mla, z + (UW)x * y)
A64_ALL(EACH, mls, z - (UW)x * y)
/* The smallest number divided by -1 overflows; 0 - x is that quotient. */
A64_SD(EACH, sdiv, y == 0 ? 0 : y == (U)-1 ? (U)(0 - x) : (U)((S)x / (S)y))
A64_SD(EACH, udiv, y == 0 ? 0 : x / y)

A64_ALL(EACH, asr, (S)x >> (y >= BITS ? BITS - 1 : y))
A64_ALL(EACH, lsr, y >= BITS ? 0 : x >> y)
A64_ALL(EACH, lsl, y >= BITS ? 0 : (UW)x << y)
A64_ALL(EACH, asrd, ((SW)(S)x + ((S)x < 0 ? (SW)(((UW)1 << y) - 1) : 0)) >> y)
A64_ALL(EACH, srshr, ((SW)(S)x + ((SW)1 << (y - 1))) >> y)
A64_ALL(EACH, urshr, ((UW)x + ((UW)1 << (y - 1))) >> y)
A64_ALL(EACH, sqshl, SATS((SW)((UW)(SW)(S)x << y)))
A64_ALL(EACH, uqshl, SATUW((UW)x << y))
A64_ALL(EACH, sqshlu, (S)x < 0 ? 0 : SATUW((UW)x << y))
A64_ALL(EACH, ssra, z + (U)((SW)(S)x >> y))
A64_ALL(EACH, usra, z + (U)((UW)x >> y))
A64_ALL(EACH, srsra, z + (U)(((SW)(S)x + ((SW)1 << (y - 1))) >> y))
A64_ALL(EACH, ursra, z + (U)(((UW)x + ((UW)1 << (y - 1))) >> y))
A64_ALL(EACH, sri, (z & ~(U)((UW)(U)-1 >> y)) | (U)((UW)x >> y))
A64_ALL(EACH, sli, (z & (U)(((UW)1 << y) - 1)) | (U)((UW)x << y))

/* x shifted by s, right if it is negative, rounding if told; by more than the width, left: 0, unless saturating. */
static inline __int128 shift_signed(int64_t x, int64_t s, int bits, bool round, bool saturate)
{
    const __int128 max = ((__int128)1 << (bits - 1)) - 1;
    __int128 r = x;

    if (s < 0) {
        const int n = s < -bits - 1 ? bits + 1 : (int)-s;
        return (r + (round ? (__int128)1 << (n - 1) : 0)) >> n;
    }
    if (s >= bits) {
        return !saturate ? 0 : x > 0 ? max : x < 0 ? -max - 1 : 0;
    }
    r = (__int128)((unsigned __int128)r << s);
    return !saturate ? r : r > max ? max : r < -max - 1 ? -max - 1 : r;
}

static inline unsigned __int128 shift_unsigned(uint64_t x, int64_t s, int bits, bool round, bool saturate)
{
    const unsigned __int128 max = ((unsigned __int128)1 << bits) - 1;
    unsigned __int128 r = x;

    if (s < 0) {
        const int n = s < -bits - 1 ? bits + 1 : (int)-s;
        return (r + (round ? (unsigned __int128)1 << (n - 1) : 0)) >> n;
    }
    if (s >= bits) {
        return saturate && x ? max : 0;
    }
    r <<= s;
    return saturate && r > max ? max : r;
}

A64_ALL(EACH, srshl, shift_signed((S)x, (S)y, BITS, true, false))
A64_ALL(EACH, urshl, shift_unsigned(x, (S)y, BITS, true, false))
A64_ALL(EACH, sqshlv, shift_signed((S)x, (S)y, BITS, false, true))
A64_ALL(EACH, uqshlv, shift_unsigned(x, (S)y, BITS, false, true))
A64_ALL(EACH, sqrshl, shift_signed((S)x, (S)y, BITS, true, true))
A64_ALL(EACH, uqrshl, shift_unsigned(x, (S)y, BITS, true, true))

A64_ALL(EACH, shadd, ((SW)(S)x + (S)y) >> 1)
A64_ALL(EACH, uhadd, ((UW)x + y) >> 1)
A64_ALL(EACH, shsub, ((SW)(S)x - (S)y) >> 1)
A64_ALL(EACH, uhsub, ((UW)x - y) >> 1)
A64_ALL(EACH, srhadd, ((SW)(S)x + (S)y + 1) >> 1)
A64_ALL(EACH, urhadd, ((UW)x + y + 1) >> 1)

/* FPSR.QC is not for these. */
A64_ALL(EACH, sqadd, SATS((SW)(S)x + (S)y))
A64_ALL(EACH, uqadd, SATUW((UW)x + y))
A64_ALL(EACH, sqsub, SATS((SW)(S)x - (S)y))
A64_ALL(EACH, uqsub, x > y ? x - y : 0)
A64_ALL(EACH, suqadd, SATS((SW)(S)x + (SW)(UW)y))
A64_ALL(EACH, suqsub, SATS((SW)(S)x - (SW)(UW)y))
A64_ALL(EACH, usqadd, SATU((SW)(UW)x + (S)y))
A64_ALL(EACH, sqabs, (S)x < 0 ? SATS(-(SW)(S)x) : x)
A64_ALL(EACH, sqneg, SATS(-(SW)(S)x))
/* The high half of twice the product is that of the product shifted one less. */
A64_ALL(EACH, sqdmulh, SATS((SW)(S)x * (S)y >> (BITS - 1)))
A64_ALL(EACH, sqrdmulh, SATS(((SW)(S)x * (S)y + ((SW)1 << (BITS - 2))) >> (BITS - 1)))
A64_ALL(EACH, sqrdmlah, SATS((((SW)(S)z * ((SW)1 << (BITS - 1))) + (SW)(S)x * (S)y + ((SW)1 << (BITS - 2))) >> (BITS - 1)))
A64_ALL(EACH, sqrdmlsh, SATS((((SW)(S)z * ((SW)1 << (BITS - 1))) - (SW)(S)x * (S)y + ((SW)1 << (BITS - 2))) >> (BITS - 1)))
A64_HSD(EACH, sqdmull, SATS((SW)(S)x * (S)y * 2))
A64_HSD(EACH, sqdmlal, SATS((SW)(S)z + (SW)(S)SATS((SW)(S)x * (S)y * 2)))
A64_HSD(EACH, sqdmlsl, SATS((SW)(S)z - (SW)(S)SATS((SW)(S)x * (S)y * 2)))

A64_ALL(EACH, abs, (S)x < 0 ? 0 - x : x)
A64_ALL(EACH, neg, 0 - x)
A64_ALL(EACH, not, ~x)
A64_ALL(EACH, cnot, x == 0)
A64_ALL(EACH, clz, x ? (unsigned)__builtin_clzll(x) - (64 - BITS) : (unsigned)BITS)
A64_ALL(EACH, cls, ({ const U w_ = x ^ (U)((S)x >> 1); w_ ? (unsigned)__builtin_clzll(w_) - (64 - BITS) - 1 : (unsigned)BITS - 1; }))
A64_ALL(EACH, cnt, (unsigned)__builtin_popcountll(x))
A64_HSD(EACH, fabs, x & (U)-1 >> 1)
A64_HSD(EACH, fneg, x ^ ~((U)-1 >> 1))
A64_HSD(EACH, sxtb, (S)(int8_t)x)
A64_HSD(EACH, uxtb, (uint8_t)x)
A64_SD(EACH, sxth, (S)(int16_t)x)
A64_SD(EACH, uxth, (uint16_t)x)
EACH(sxtw, 64, (S)(int32_t)x)
EACH(uxtw, 64, (uint32_t)x)

EACH(adr_sx, 64, x + ((uint64_t)(int64_t)(int32_t)y << v->imm))
EACH(adr_ux, 64, x + ((uint64_t)(uint32_t)y << v->imm))
A64_SD(EACH, adr, x + (y << v->imm))
A64_ALL(EACH, index, v->x + i * v->y)

/* Comparison */
A64_ALL(EACH, cmphs, x >= y)
A64_ALL(EACH, cmphi, x > y)
A64_ALL(EACH, cmplo, x < y)
A64_ALL(EACH, cmpls, x <= y)
A64_ALL(EACH, cmpge, (S)x >= (S)y)
A64_ALL(EACH, cmpgt, (S)x > (S)y)
A64_ALL(EACH, cmplt, (S)x < (S)y)
A64_ALL(EACH, cmple, (S)x <= (S)y)
A64_ALL(EACH, cmpeq, x == y)
A64_ALL(EACH, cmpne, x != y)
/* With 64-bit elements. */
#define WIDE(name, bits, expr) \
    A64_SVE_BODY(name, bits, \
        const A64U64 *wide = v->m; \
        for (unsigned i = 0; i < count; i++) { \
            const U x = n[i]; \
            const uint64_t y = wide[i * sizeof(U) / 8]; \
            d[i] = (U)(expr); \
        })
A64_HWB(WIDE, cmphs_w, x >= y)
A64_HWB(WIDE, cmphi_w, x > y)
A64_HWB(WIDE, cmplo_w, x < y)
A64_HWB(WIDE, cmpls_w, x <= y)
A64_HWB(WIDE, cmpge_w, (S)x >= (int64_t)y)
A64_HWB(WIDE, cmpgt_w, (S)x > (int64_t)y)
A64_HWB(WIDE, cmplt_w, (S)x < (int64_t)y)
A64_HWB(WIDE, cmple_w, (S)x <= (int64_t)y)
A64_HWB(WIDE, cmpeq_w, (int64_t)(S)x == (int64_t)y)
A64_HWB(WIDE, cmpne_w, (int64_t)(S)x != (int64_t)y)

/* Reductions */
#define REDUCE(name, bits, T, start, expr) \
    A64_SVE_BODY(name, bits, \
        T r = (T)(start); \
        for (unsigned i = 0; i < count; i++) { \
            if (a64_sve_active(v, i, sizeof(U))) { \
                const U x = n[i]; \
                r = (T)(expr); \
            } \
        } \
        v->result = r;)
A64_HWB(REDUCE, saddv, uint64_t, 0, r + (uint64_t)(int64_t)(S)x)
A64_ALL(REDUCE, uaddv, uint64_t, 0, r + x)
A64_ALL(REDUCE, smaxv, U, S_MIN, (S)x > (S)r ? x : r)
A64_ALL(REDUCE, umaxv, U, 0, x > r ? x : r)
A64_ALL(REDUCE, sminv, U, S_MAX, (S)x < (S)r ? x : r)
A64_ALL(REDUCE, uminv, U, -1, x < r ? x : r)
A64_ALL(REDUCE, orv, U, 0, r | x)
A64_ALL(REDUCE, eorv, U, 0, r ^ x)
A64_ALL(REDUCE, andv, U, -1, r & x)

/* Products of parts of an element. N, M: types of the parts. */
#define DOT(name, bits, N, M) \
    A64_SVE_BODY(name, bits, \
        const N *p = v->n; \
        const M *q = v->m; \
        for (unsigned i = 0; i < count; i++) { \
            U r = a[i]; \
            for (unsigned k = 0; k < 4; k++) { \
                r += (U)p[4 * i + k] * (U)q[4 * i + k]; \
            } \
            d[i] = r; \
        })
DOT(sdot, 32, A64S8, A64S8)
DOT(sdot, 64, A64S16, A64S16)
DOT(udot, 32, A64U8, A64U8)
DOT(udot, 64, A64U16, A64U16)
DOT(usdot, 32, A64U8, A64S8)
DOT(sudot, 32, A64S8, A64U8)

/* Matrices of 2 by 8 and 8 by 2 in each 128 bits. */
#define MATRIX(name, N, M) \
    A64_SVE_BODY(name, 32, \
        const N *p = v->n; \
        const M *q = v->m; \
        for (unsigned i = 0; i < count; i++) { \
            const unsigned s = i / 4 * 16; \
            U r = a[i]; \
            for (unsigned k = 0; k < 8; k++) { \
                r += (U)p[s + i / 2 % 2 * 8 + k] * (U)q[s + i % 2 * 8 + k]; \
            } \
            d[i] = r; \
        })
MATRIX(smmla, A64S8, A64S8)
MATRIX(ummla, A64U8, A64U8)
MATRIX(usmmla, A64U8, A64S8)
