/* SPDX-License-Identifier: BSD-2-Clause */
/* BFloat16 out of line: dot products and conversions. [ArmARM J1.3] */
#include "run/bfloat.h"

/* BFloat16: the upper half of a single. Its dot products round to odd, flush, give the default NaN and raise
 * nothing [ArmARM J1.3 BFDotAdd, BFRound]. */

static const FpEnv bf_env = { .round = FP_RODD, .mode = FP_DEFAULT_NAN | FP_FLUSH | FP_TINY_BEFORE };

/* What overflowed is infinite, not the largest number. */
static uint32_t bf_overflow(const FpEnv *e, uint32_t x)
{
    return e->flags & FP_OF ? (x & 0x80000000) | 0x7f800000 : x;
}

static uint32_t bf_multiply(uint16_t x, uint16_t y)
{
    FpEnv e = bf_env;
    const uint32_t r = fp_f32_mul(&e, (uint32_t)x << 16, (uint32_t)y << 16);

    return bf_overflow(&e, r);
}

static uint32_t bf_add(uint32_t x, uint32_t y)
{
    FpEnv e = bf_env;
    const uint32_t r = fp_f32_add(&e, x, y);

    return bf_overflow(&e, r);
}

/* The same of finite numbers in integers. Subnormal ones are zeroes, results too: who makes a Term sees to it. */
typedef struct Term {
    bool sign;
    int exp;                    /* biased, of a significand with bit 23 set */
    uint32_t sig;               /* 24 bits; 0 is zero */
} Term;

enum { EXP_OF_ZERO = -1000, EXP_INF = 255 };

static inline __attribute__((always_inline)) Term term_of(uint32_t x)
{
    const int exp = x >> 23 & 255;

    return (Term){ x >> 31, exp ? exp : EXP_OF_ZERO, exp ? (x & 0x7fffff) | 0x800000 : 0 };
}

/* Significands of 8 bits: the product is exact. */
static inline __attribute__((always_inline)) Term product_of(uint16_t x, uint16_t y)
{
    const int ex = x >> 7 & 255, ey = y >> 7 & 255;
    const uint32_t sig = ((x & 0x7fu) | 0x80) * ((y & 0x7fu) | 0x80), top = sig >> 15;
    Term r = { (x ^ y) >> 15, ex + ey - 127 + (int)top, sig << (9 - top) };

    if (!ex || !ey || r.exp < 1) {
        r.exp = EXP_OF_ZERO;
        r.sig = 0;
    }
    return r;
}

/* The sum rounded to odd: the lowest bit of the significand is set if any below it is. It may be infinite. */
static inline __attribute__((always_inline)) Term sum_of(Term x, Term y)
{
    enum { BELOW = 38 };        /* bits that the larger one has below its significand */

    if (x.exp < y.exp) {
        const Term t = x;
        x = y;
        y = t;
    }
    const int apart = x.exp - y.exp;
    const uint64_t high = (uint64_t)x.sig << BELOW, whole = (uint64_t)y.sig << BELOW;
    const uint64_t low = apart < 63 ? whole >> apart | ((whole >> apart << apart) != whole) : whole != 0;
    uint64_t sum = x.sign == y.sign ? high + low : high - low;
    Term r = { x.sign, EXP_OF_ZERO, 0 };

    if (sum == 0) {
        r.sign = x.sign && y.sign;
        return r;
    }
    if (sum >> 63) {            /* of equal exponents only */
        r.sign = !r.sign;
        sum = -sum;
    }
    const int zeroes = __builtin_clzll(sum);
    sum <<= zeroes;
    const int exp = x.exp + 2 - zeroes;
    if (exp >= 1) {
        r.exp = exp;
        r.sig = (uint32_t)(sum >> 40) | ((sum & 0xffffffffff) != 0);
    }
    return r;
}

static uint32_t bits_of(Term t)
{
    const uint32_t sign = (uint32_t)t.sign << 31;

    return t.exp >= EXP_INF ? sign | 0x7f800000 : t.sig ? sign | (uint32_t)t.exp << 23 | (t.sig & 0x7fffff) : sign;
}

/* Is it an infinity or a NaN? */
static bool special(uint32_t x)
{
    return (x & 0x7f800000) == 0x7f800000;
}

uint32_t tcg_bf_dot(uint32_t acc, const uint16_t *n, const uint16_t *m)
{
    const Term first = product_of(n[0], m[0]), second = product_of(n[1], m[1]);

    if (!special((uint32_t)n[0] << 16) && !special((uint32_t)n[1] << 16) && !special((uint32_t)m[0] << 16)
        && !special((uint32_t)m[1] << 16) && !special(acc) && first.exp < EXP_INF && second.exp < EXP_INF) {
        const Term sum = sum_of(first, second);
        if (sum.exp < EXP_INF) {
            return bits_of(sum_of(term_of(acc), sum));
        }
    }
    return bf_add(acc, bf_add(bf_multiply(n[0], m[0]), bf_multiply(n[1], m[1])));
}

static bool round_up(unsigned round, bool negative, uint32_t kept, uint32_t rest)
{
    switch (round) {
    case FP_RNE: return rest > 0x8000 || (rest == 0x8000 && kept & 1);
    case FP_RUP: return rest && !negative;
    case FP_RDN: return rest && negative;
    default:     return false;
    }
}

/* A single to BFloat16 [ArmARM J1.3 FPConvertBF, FPRoundBF]. Both have the same exponents, so that rounding is an
 * addition to the encoding, for subnormals as well. */
uint16_t tcg_bf_from_f32(FpEnv *e, uint32_t x)
{
    const uint32_t magnitude = x & 0x7fffffff, rest = x & 0xffff;
    const uint16_t sign = (uint16_t)(x >> 16 & 0x8000);
    uint32_t r = magnitude >> 16;

    if (magnitude > 0x7f800000) {
        e->flags |= magnitude & 0x400000 ? 0 : FP_NV;
        return e->mode & FP_DEFAULT_NAN ? 0x7fc0 : (uint16_t)(sign | r | 0x40);
    }
    if (magnitude && magnitude < 0x800000 && e->mode & FP_FLUSH) {
        e->flags |= FP_ID;
        return sign;
    }
    if (rest) {
        r += round_up(e->round, sign, r, rest);
        e->flags |= FP_NX | (magnitude < 0x800000 ? FP_UF : 0) | (r == 0x7f80 ? FP_OF : 0);
    }
    return (uint16_t)(sign | r);
}
