/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float arithmetic for formats up to 64 bits.
 * [IEEE754-2019 5.4.1] [ArmARM shared/functions/float] */
#include "fp-impl.h"

/* The sign of an exact zero sum of operands with different signs. */
static bool get_zero_sign(const FpEnv *env)
{
    return env->round == FP_RDN;
}

/* Both operands finite and not zero.  A significand shifted beyond the ten spare bits is at least
 * 2^10 smaller, so subtracting it costs one leading bit at most and the sticky bit survives. */
FP_SPECIALISED uint64_t add_finite(FpEnv *env, const FpFormat *f, FpNum a, FpNum b)
{
    uint64_t sum;
    unsigned up;

    if (a.exp < b.exp || (a.exp == b.exp && a.sig < b.sig)) {
        FpNum t = a;

        a = b;
        b = t;
    }
    b.sig = fp_shr_jam(b.sig, a.exp - b.exp);
    if (a.sign == b.sign) {
        sum = a.sig + b.sig;
        if (sum >> 63) {
            sum = fp_shr_jam(sum, 1);
            a.exp++;
        }
        return fp_num_pack(env, f, env->round, a.sign, a.exp, sum);
    }
    sum = a.sig - b.sig;
    if (sum == 0) {
        return fp_signed(f, get_zero_sign(env), 0);
    }
    up = __builtin_clzll(sum) - 1;
    return fp_num_pack(env, f, env->round, a.sign, a.exp - (int)up, sum << up);
}

FP_SPECIALISED uint64_t add(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                            bool negate)
{
    FpNum a = fp_num_unpack(env, f, abits);
    FpNum b = fp_num_unpack(env, f, bbits);

    if (fp_num_is_nan(&a) || fp_num_is_nan(&b)) {
        return fp_num_nan2(env, f, &a, &b);
    }
    if (negate) {
        b.sign = !b.sign;
        b.bits ^= f->sign;
    }
    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE) {
        return add_finite(env, f, a, b);
    }
    if (a.cls == FP_NUM_INF) {
        return b.cls == FP_NUM_INF && a.sign != b.sign ? fp_invalid(env, f) : a.bits;
    }
    if (b.cls == FP_NUM_ZERO) {
        if (a.cls == FP_NUM_ZERO && a.sign != b.sign) {
            return fp_signed(f, get_zero_sign(env), 0);
        }
        return a.bits;
    }
    return b.bits;
}

/* inf_times_zero is what FMULX gives there, 0 standing for the invalid operation. */
FP_SPECIALISED uint64_t mul(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                            uint64_t inf_times_zero)
{
    FpNum a = fp_num_unpack(env, f, abits);
    FpNum b = fp_num_unpack(env, f, bbits);
    bool sign = a.sign != b.sign;
    FpU128 p;

    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE) {
        p = (FpU128)a.sig * b.sig;
        return fp_num_pack_any(env, f, env->round, sign, a.exp + b.exp, p);
    }
    if (fp_num_is_nan(&a) || fp_num_is_nan(&b)) {
        return fp_num_nan2(env, f, &a, &b);
    }
    if (a.cls == FP_NUM_INF || b.cls == FP_NUM_INF) {
        if (a.cls == FP_NUM_ZERO || b.cls == FP_NUM_ZERO) {
            return inf_times_zero ? fp_signed(f, sign, inf_times_zero) : fp_invalid(env, f);
        }
        return fp_signed(f, sign, f->inf);
    }
    return fp_signed(f, sign, 0);
}

FP_SPECIALISED uint64_t div_finite(FpEnv *env, const FpFormat *f, FpNum a, FpNum b)
{
    unsigned less = a.sig < b.sig;
    FpU128 n = (FpU128)a.sig << (62 + less);
    uint64_t q = n / b.sig;

    q |= (uint64_t)n != q * b.sig;
    return fp_num_pack(env, f, env->round, a.sign != b.sign, a.exp - b.exp - (int)less, q);
}

FP_SPECIALISED uint64_t div(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits)
{
    FpNum a = fp_num_unpack(env, f, abits);
    FpNum b = fp_num_unpack(env, f, bbits);
    bool sign = a.sign != b.sign;

    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE) {
        return div_finite(env, f, a, b);
    }
    if (fp_num_is_nan(&a) || fp_num_is_nan(&b)) {
        return fp_num_nan2(env, f, &a, &b);
    }
    if (a.cls == b.cls) {
        return fp_invalid(env, f);      /* 0/0, inf/inf */
    }
    if (a.cls == FP_NUM_INF || b.cls == FP_NUM_ZERO) {
        if (a.cls != FP_NUM_INF) {
            env->flags |= FP_DZ;
        }
        return fp_signed(f, sign, f->inf);
    }
    return fp_signed(f, sign, 0);
}

/*
 * Square roots of integers by halves: with n = h*B^2 + m*B + l, h's top two bits not both clear,
 * s, r the root and remainder of h, the next digit is q = (r*B + m) / 2s, one too large at most.
 * The 32-bit root is made bit by bit.
 */
static uint32_t root_u32(uint32_t n, uint32_t *rem)
{
    uint32_t s = 0;

    for (uint32_t bit = 1u << 30; bit; bit >>= 2) {
        uint32_t t = s + bit;

        s >>= 1;
        if (n >= t) {
            n -= t;
            s += bit;
        }
    }
    *rem = n;
    return s;
}

static uint64_t root_u64(uint64_t n, uint64_t *rem)
{
    uint32_t r32;
    uint64_t s = root_u32(n >> 32, &r32);
    uint64_t t = (uint64_t)r32 << 16 | (n >> 16 & 0xffff);
    uint64_t q = t / (2 * s);
    int64_t r = (int64_t)((t - q * 2 * s) << 16 | (n & 0xffff)) - (int64_t)(q * q);

    s = (s << 16) + q;
    if (r < 0) {
        r += 2 * s - 1;
        s--;
    }
    *rem = r;
    return s;
}

static uint64_t root_u128(FpU128 n, bool *exact)
{
    uint64_t r64;
    uint64_t s = root_u64(n >> 64, &r64);
    FpU128 t = (FpU128)r64 << 32 | ((uint64_t)n >> 32);
    FpU128 q = t / (2 * s);
    FpU128 u = (t - q * 2 * s) << 32 | (uint32_t)n;

    /* q may be 2^32, then the sum wraps to 0 and the step down brings back 2^64-1 */
    s = (s << 32) + (uint64_t)q;
    *exact = u == q * q;
    return u < q * q ? s - 1 : s;
}

FP_SPECIALISED uint64_t sqrt_finite(FpEnv *env, const FpFormat *f, FpNum a)
{
    bool exact;
    uint64_t root = root_u128((FpU128)a.sig << (a.exp & 1 ? 65 : 64), &exact);

    return fp_num_pack(env, f, env->round, false, a.exp >> 1, root >> 1 | (root & 1) | !exact);
}

FP_SPECIALISED uint64_t square_root(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    FpNum a = fp_num_unpack(env, f, bits);

    if (fp_num_is_nan(&a)) {
        return fp_num_nan(env, f, &a);
    }
    if (a.cls == FP_NUM_ZERO) {
        return a.bits;
    }
    if (a.sign) {
        return fp_invalid(env, f);
    }
    return a.cls == FP_NUM_INF ? a.bits : sqrt_finite(env, f, a);
}

/*
 * (a*b + c) * 2^scale, all finite and not zero.  Both terms have 124 bits below the leading one (or
 * the one above it) of the 128; what is shifted out of a term leaves the other at least 2^18 times
 * as large, so no cancellation reaches the sticky bit.
 */
FP_SPECIALISED uint64_t fma_finite(FpEnv *env, const FpFormat *f, const FpNum *a, const FpNum *b,
                                   const FpNum *c, int scale)
{
    FpU128 p = (FpU128)a->sig * b->sig;
    FpU128 q = (FpU128)c->sig << 62;
    bool sign = a->sign != b->sign;
    int exp = a->exp + b->exp;

    if (exp >= c->exp) {
        q = fp_shr_jam128(q, exp - c->exp);
    } else {
        p = fp_shr_jam128(p, c->exp - exp);
        exp = c->exp;
    }
    if (sign == c->sign) {
        p += q;
    } else if (p == q) {
        return fp_signed(f, get_zero_sign(env), 0);
    } else if (p > q) {
        p -= q;
    } else {
        p = q - p;
        sign = c->sign;
    }
    return fp_num_pack_any(env, f, env->round, sign, exp + scale, p);
}

/* What is left of a*b+c when a, b or c is zero or infinite, and none is a NaN. */
static uint64_t fma_special(FpEnv *env, const FpFormat *f, const FpNum *a, const FpNum *b,
                            const FpNum *c)
{
    bool sign = a->sign != b->sign;

    if (a->cls == FP_NUM_INF || b->cls == FP_NUM_INF) {
        if (a->cls == FP_NUM_ZERO || b->cls == FP_NUM_ZERO ||
            (c->cls == FP_NUM_INF && c->sign != sign)) {
            return fp_invalid(env, f);
        }
        return fp_signed(f, sign, f->inf);
    }
    if (c->cls != FP_NUM_ZERO) {
        return c->bits;
    }
    if (a->cls == FP_NUM_ZERO || b->cls == FP_NUM_ZERO) {
        return fp_signed(f, sign == c->sign ? sign : get_zero_sign(env), 0);
    }
    return fp_num_pack_any(env, f, env->round, sign, a->exp + b->exp, (FpU128)a->sig * b->sig);
}

FP_SPECIALISED uint64_t multiply_add(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                                     uint64_t cbits, unsigned neg)
{
    FpNum c = fp_num_unpack(env, f, neg & FP_NEG_ADDEND ? cbits ^ f->sign : cbits);
    FpNum a = fp_num_unpack(env, f, neg & FP_NEG_PRODUCT ? abits ^ f->sign : abits);
    FpNum b = fp_num_unpack(env, f, bbits);

    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE && c.cls == FP_NUM_FINITE) {
        return fma_finite(env, f, &a, &b, &c, 0);
    }
    if (fp_num_is_nan(&a) || fp_num_is_nan(&b) || fp_num_is_nan(&c)) {
        if (c.cls == FP_NUM_QNAN && ((a.cls == FP_NUM_INF && b.cls == FP_NUM_ZERO) ||
                                     (a.cls == FP_NUM_ZERO && b.cls == FP_NUM_INF))) {
            return fp_invalid(env, f);
        }
        return fp_num_nan3(env, f, &c, &a, &b);
    }
    return fma_special(env, f, &a, &b, &c);
}

/* The Newton steps of FRECPS and FRSQRTS: (c - a*b) * 2^scale, c exact.  a's sign flips first, and
 * that shows when it is a NaN. [ArmARM FPRecipStepFused, FPRSqrtStepFused] */
FP_SPECIALISED uint64_t step(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                             unsigned three)
{
    FpNum a = fp_num_unpack(env, f, abits ^ f->sign);
    FpNum b = fp_num_unpack(env, f, bbits);
    FpNum c = { .sig = UINT64_C(1) << 62 | (uint64_t)three << 61, .exp = 1 };
    uint64_t start = (uint64_t)(f->bias + !three) << f->frac_bits | (three ? f->quiet : 0);

    if (fp_num_is_nan(&a) || fp_num_is_nan(&b)) {
        return fp_num_nan2(env, f, &a, &b);
    }
    if (a.cls == FP_NUM_ZERO || b.cls == FP_NUM_ZERO) {
        return start;           /* 2.0 or 1.5, also for infinity times zero */
    }
    if (a.cls == FP_NUM_INF || b.cls == FP_NUM_INF) {
        return fp_signed(f, a.sign != b.sign, f->inf);
    }
    return fma_finite(env, f, &a, &b, &c, three ? -1 : 0);
}

#define FP_ARITH(X, T) \
    T fp_##X##_add(FpEnv *env, T a, T b) { return add(env, &format_##X, a, b, false); } \
    T fp_##X##_sub(FpEnv *env, T a, T b) { return add(env, &format_##X, a, b, true); } \
    T fp_##X##_mul(FpEnv *env, T a, T b) { return mul(env, &format_##X, a, b, 0); } \
    T fp_##X##_div(FpEnv *env, T a, T b) { return div(env, &format_##X, a, b); } \
    T fp_##X##_sqrt(FpEnv *env, T a) { return square_root(env, &format_##X, a); } \
    T fp_##X##_recps(FpEnv *env, T a, T b) { return step(env, &format_##X, a, b, 0); } \
    T fp_##X##_rsqrts(FpEnv *env, T a, T b) { return step(env, &format_##X, a, b, 1); } \
    T fp_##X##_mulx(FpEnv *env, T a, T b) \
    { \
        return mul(env, &format_##X, a, b, \
                   (uint64_t)(format_##X.bias + 1) << format_##X.frac_bits); \
    } \
    T fp_##X##_fma(FpEnv *env, T a, T b, T c, unsigned neg) \
    { \
        return multiply_add(env, &format_##X, a, b, c, neg); \
    }

FP_ARITH(f16, uint16_t)
FP_ARITH(f32, uint32_t)
FP_ARITH(f64, uint64_t)
