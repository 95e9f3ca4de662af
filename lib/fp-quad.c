/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float binary128 arithmetic. [IEEE754-2019 3.6, 5.4.1] */
#include "fp-impl.h"

enum { SHIFT = 126 - FP_QUAD_FRAC_BITS };
#define MASK (((FpU128)1 << SHIFT) - 1)

/* Value hi * 2^128 + lo. */
typedef struct Wide {
    FpU128 hi;
    FpU128 lo;
} Wide;

FpQuad fp_quad_unpack(FpU128 bits)
{
    FpQuad n = { .bits = bits, .sign = (bits & FP_QUAD_SIGN) != 0 };
    FpU128 frac = bits & FP_QUAD_FRAC_MASK;
    unsigned e = (unsigned)(bits >> FP_QUAD_FRAC_BITS) & FP_QUAD_EXP_ONES;

    if (e == FP_QUAD_EXP_ONES) {
        n.sig = frac;
        n.cls = frac == 0 ? FP_NUM_INF : frac & FP_QUAD_QUIET ? FP_NUM_QNAN : FP_NUM_SNAN;
    } else if (e != 0) {
        n.cls = FP_NUM_FINITE;
        n.sig = (frac | (FP_QUAD_FRAC_MASK + 1)) << SHIFT;
        n.exp = (int)e - FP_QUAD_BIAS;
    } else if (frac == 0) {
        n.cls = FP_NUM_ZERO;
    } else {
        uint64_t high = frac >> 64;
        int up = (high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)frac)) - 1;

        n.cls = FP_NUM_FINITE;
        n.sig = frac << up;
        n.exp = 1 - FP_QUAD_BIAS - (up - SHIFT);
    }
    return n;
}

FpU128 fp_quad_nan(FpEnv *env, const FpQuad *n)
{
    if (n->cls == FP_NUM_SNAN) {
        env->flags |= FP_NV;
    }
    return env->mode & FP_DEFAULT_NAN ? FP_QUAD_DEFAULT_NAN : n->bits | FP_QUAD_QUIET;
}

FpU128 fp_quad_nan2(FpEnv *env, const FpQuad *a, const FpQuad *b)
{
    if (a->cls == FP_NUM_SNAN || (b->cls != FP_NUM_SNAN && a->cls == FP_NUM_QNAN)) {
        return fp_quad_nan(env, a);
    }
    return fp_quad_nan(env, b);
}

static FpU128 quad_invalid(FpEnv *env)
{
    env->flags |= FP_NV;
    return FP_QUAD_DEFAULT_NAN;
}

/* sig after rounding at SHIFT; the bits below stay as they were. */
static FpU128 round_sig(unsigned round, bool sign, FpU128 sig)
{
    bool odd = (sig >> SHIFT) & 1;
    uint64_t frac = (uint64_t)(sig & MASK) << (64 - SHIFT);

    return fp_rounds_up(round, sign, odd, frac) ? sig + MASK + 1 : sig;
}

static FpU128 pack_subnormal(FpEnv *env, unsigned round, bool sign, int exp, FpU128 sig)
{
    unsigned down = 1 - FP_QUAD_BIAS - exp;
    bool tiny = env->mode & FP_TINY_BEFORE || down > 1 || !(round_sig(round, sign, sig) >> 127);

    sig = fp_shr_jam128(sig, down);
    if (sig & MASK) {
        env->flags |= tiny ? FP_NX | FP_UF : FP_NX;
    }
    return fp_quad_signed(sign, round_sig(round, sign, sig) >> SHIFT);
}

FpU128 fp_quad_pack(FpEnv *env, unsigned round, bool sign, int exp, FpU128 sig)
{
    int biased = exp + FP_QUAD_BIAS;
    bool inexact = (sig & MASK) != 0;

    if (biased <= 0) {
        return pack_subnormal(env, round, sign, exp, sig);
    }
    sig = round_sig(round, sign, sig);
    if (sig >> 127) {
        sig >>= 1;
        biased++;
    }
    if (biased >= FP_QUAD_EXP_ONES) {
        env->flags |= FP_OF | FP_NX;
        return fp_quad_signed(sign, FP_QUAD_INF - !fp_overflows_to_inf(round, sign));
    }
    if (inexact) {
        env->flags |= FP_NX;
    }
    return fp_quad_signed(sign, ((FpU128)biased << FP_QUAD_FRAC_BITS) +
                                (sig >> SHIFT & FP_QUAD_FRAC_MASK));
}

FpU128 fp_quad_pack_any(FpEnv *env, unsigned round, bool sign, int exp, FpU128 sig)
{
    uint64_t high = sig >> 64;
    int up;

    if (sig == 0) {
        return fp_quad_signed(sign, 0);
    }
    up = (high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sig)) - 1;
    sig = up < 0 ? fp_shr_jam128(sig, 1) : sig << up;
    return fp_quad_pack(env, round, sign, exp - up, sig);
}

/* v * 2^(exp-252). */
static FpU128 pack_wide(FpEnv *env, bool sign, int exp, Wide v)
{
    if (v.hi == 0) {
        return fp_quad_pack_any(env, env->round, sign, exp - 126, v.lo);
    }
    while (!(v.hi >> 120)) {
        v.hi = v.hi << 8 | v.lo >> 120;
        v.lo <<= 8;
        exp -= 8;
    }
    return fp_quad_pack_any(env, env->round, sign, exp + 2, v.hi | (v.lo != 0));
}

static FpU128 add_finite(FpEnv *env, FpQuad a, FpQuad b)
{
    if (a.exp < b.exp || (a.exp == b.exp && a.sig < b.sig)) {
        FpQuad t = a;

        a = b;
        b = t;
    }
    b.sig = fp_shr_jam128(b.sig, a.exp - b.exp);
    if (a.sign == b.sign) {
        return fp_quad_pack_any(env, env->round, a.sign, a.exp, a.sig + b.sig);
    }
    if (a.sig == b.sig) {
        a.sign = env->round == FP_RDN;
    }
    return fp_quad_pack_any(env, env->round, a.sign, a.exp, a.sig - b.sig);
}

static FpU128 add(FpEnv *env, FpU128 abits, FpU128 bbits, bool negate)
{
    FpQuad a = fp_quad_unpack(abits);
    FpQuad b = fp_quad_unpack(bbits);

    if (fp_quad_is_nan(&a) || fp_quad_is_nan(&b)) {
        return fp_quad_nan2(env, &a, &b);
    }
    if (negate) {
        b.sign = !b.sign;
        b.bits ^= FP_QUAD_SIGN;
    }
    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE) {
        return add_finite(env, a, b);
    }
    if (a.cls == FP_NUM_INF) {
        return b.cls == FP_NUM_INF && a.sign != b.sign ? quad_invalid(env) : a.bits;
    }
    if (b.cls == FP_NUM_ZERO) {
        if (a.cls == FP_NUM_ZERO && a.sign != b.sign) {
            return fp_quad_signed(env->round == FP_RDN, 0);
        }
        return a.bits;
    }
    return b.bits;
}

FpU128 fp_f128_add(FpEnv *env, FpU128 a, FpU128 b)
{
    return add(env, a, b, false);
}

FpU128 fp_f128_sub(FpEnv *env, FpU128 a, FpU128 b)
{
    return add(env, a, b, true);
}

static Wide multiply(FpU128 a, FpU128 b)
{
    uint64_t a0 = a, a1 = a >> 64, b0 = b, b1 = b >> 64;
    FpU128 low = (FpU128)a0 * b0;
    FpU128 mid = (FpU128)a1 * b0 + (uint64_t)(low >> 64);
    FpU128 mid2 = (FpU128)a0 * b1 + (uint64_t)mid;

    return (Wide) { (FpU128)a1 * b1 + (mid >> 64) + (mid2 >> 64), mid2 << 64 | (uint64_t)low };
}

FpU128 fp_f128_mul(FpEnv *env, FpU128 abits, FpU128 bbits)
{
    FpQuad a = fp_quad_unpack(abits);
    FpQuad b = fp_quad_unpack(bbits);
    bool sign = a.sign != b.sign;

    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE) {
        return pack_wide(env, sign, a.exp + b.exp, multiply(a.sig, b.sig));
    }
    if (fp_quad_is_nan(&a) || fp_quad_is_nan(&b)) {
        return fp_quad_nan2(env, &a, &b);
    }
    if (a.cls == FP_NUM_INF || b.cls == FP_NUM_INF) {
        if (a.cls == FP_NUM_ZERO || b.cls == FP_NUM_ZERO) {
            return quad_invalid(env);
        }
        return fp_quad_signed(sign, FP_QUAD_INF);
    }
    return fp_quad_signed(sign, 0);
}

/* Bit by bit: 117 quotient bits, the remainder being sticky. */
static FpU128 div_finite(FpEnv *env, const FpQuad *a, const FpQuad *b)
{
    bool less = a->sig < b->sig;
    FpU128 r = a->sig << less;
    FpU128 q = 0;

    for (int i = 0; i < 117; i++) {
        q <<= 1;
        if (r >= b->sig) {
            r -= b->sig;
            q |= 1;
        }
        r <<= 1;
    }
    return fp_quad_pack(env, env->round, a->sign != b->sign, a->exp - b->exp - less,
                        q << 10 | (r != 0));
}

FpU128 fp_f128_div(FpEnv *env, FpU128 abits, FpU128 bbits)
{
    FpQuad a = fp_quad_unpack(abits);
    FpQuad b = fp_quad_unpack(bbits);
    bool sign = a.sign != b.sign;

    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE) {
        return div_finite(env, &a, &b);
    }
    if (fp_quad_is_nan(&a) || fp_quad_is_nan(&b)) {
        return fp_quad_nan2(env, &a, &b);
    }
    if (a.cls == b.cls) {
        return quad_invalid(env);
    }
    if (a.cls == FP_NUM_INF || b.cls == FP_NUM_ZERO) {
        if (a.cls != FP_NUM_INF) {
            env->flags |= FP_DZ;
        }
        return fp_quad_signed(sign, FP_QUAD_INF);
    }
    return fp_quad_signed(sign, 0);
}

/* Two bits of the operand make one of the root: 117 of them, the remainder being sticky. */
static FpU128 sqrt_finite(FpEnv *env, const FpQuad *a)
{
    FpU128 x = a->sig << (a->exp & 1);
    FpU128 root = 0, r = 0;

    for (int i = 0; i < 117; i++) {
        FpU128 t = root << 2 | 1;

        r = r << 2 | x >> 126;
        x <<= 2;
        root <<= 1;
        if (r >= t) {
            r -= t;
            root |= 1;
        }
    }
    return fp_quad_pack(env, env->round, false, a->exp >> 1, root << 10 | (r != 0));
}

FpU128 fp_f128_sqrt(FpEnv *env, FpU128 bits)
{
    FpQuad a = fp_quad_unpack(bits);

    if (fp_quad_is_nan(&a)) {
        return fp_quad_nan(env, &a);
    }
    if (a.cls == FP_NUM_ZERO) {
        return a.bits;
    }
    if (a.sign) {
        return quad_invalid(env);
    }
    return a.cls == FP_NUM_INF ? a.bits : sqrt_finite(env, &a);
}

static Wide shift_right_jam(Wide v, unsigned n)
{
    if (n >= 128) {
        return (Wide) { 0, fp_shr_jam128(v.hi, n - 128) | (v.lo != 0) };
    }
    if (n != 0) {
        v.lo = v.lo >> n | v.hi << (128 - n) | (v.lo << (128 - n) != 0);
        v.hi >>= n;
    }
    return v;
}

static Wide add_wide(Wide a, Wide b)
{
    FpU128 lo = a.lo + b.lo;

    return (Wide) { a.hi + b.hi + (lo < a.lo), lo };
}

static Wide sub_wide(Wide a, Wide b)
{
    return (Wide) { a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo };
}

/* As in fp-arith.c at twice the width: the leading bits of both terms are bit 252 or 253. */
static FpU128 fma_finite(FpEnv *env, const FpQuad *a, const FpQuad *b, const FpQuad *c)
{
    Wide p = multiply(a->sig, b->sig);
    Wide q = { c->sig >> 2, c->sig << 126 };
    bool sign = a->sign != b->sign;
    int exp = a->exp + b->exp;

    if (exp >= c->exp) {
        q = shift_right_jam(q, exp - c->exp);
    } else {
        p = shift_right_jam(p, c->exp - exp);
        exp = c->exp;
    }
    if (sign == c->sign) {
        p = add_wide(p, q);
    } else if (p.hi == q.hi && p.lo == q.lo) {
        return fp_quad_signed(env->round == FP_RDN, 0);
    } else if (p.hi > q.hi || (p.hi == q.hi && p.lo > q.lo)) {
        p = sub_wide(p, q);
    } else {
        p = sub_wide(q, p);
        sign = c->sign;
    }
    return pack_wide(env, sign, exp, p);
}

static FpU128 fma_nan(FpEnv *env, const FpQuad *a, const FpQuad *b, const FpQuad *c)
{
    if (c->cls == FP_NUM_QNAN && ((a->cls == FP_NUM_INF && b->cls == FP_NUM_ZERO) ||
                                  (a->cls == FP_NUM_ZERO && b->cls == FP_NUM_INF))) {
        return quad_invalid(env);
    }
    if (c->cls == FP_NUM_SNAN ||
        (c->cls == FP_NUM_QNAN && a->cls != FP_NUM_SNAN && b->cls != FP_NUM_SNAN)) {
        return fp_quad_nan(env, c);
    }
    return fp_quad_nan2(env, a, b);
}

static FpU128 fma_special(FpEnv *env, const FpQuad *a, const FpQuad *b, const FpQuad *c)
{
    bool sign = a->sign != b->sign;

    if (a->cls == FP_NUM_INF || b->cls == FP_NUM_INF) {
        if (a->cls == FP_NUM_ZERO || b->cls == FP_NUM_ZERO ||
            (c->cls == FP_NUM_INF && c->sign != sign)) {
            return quad_invalid(env);
        }
        return fp_quad_signed(sign, FP_QUAD_INF);
    }
    if (c->cls != FP_NUM_ZERO) {
        return c->bits;
    }
    if (a->cls == FP_NUM_ZERO || b->cls == FP_NUM_ZERO) {
        return fp_quad_signed(sign == c->sign ? sign : env->round == FP_RDN, 0);
    }
    return pack_wide(env, sign, a->exp + b->exp, multiply(a->sig, b->sig));
}

FpU128 fp_f128_fma(FpEnv *env, FpU128 abits, FpU128 bbits, FpU128 cbits, unsigned neg)
{
    FpQuad a = fp_quad_unpack(neg & FP_NEG_PRODUCT ? abits ^ FP_QUAD_SIGN : abits);
    FpQuad b = fp_quad_unpack(bbits);
    FpQuad c = fp_quad_unpack(neg & FP_NEG_ADDEND ? cbits ^ FP_QUAD_SIGN : cbits);

    if (a.cls == FP_NUM_FINITE && b.cls == FP_NUM_FINITE && c.cls == FP_NUM_FINITE) {
        return fma_finite(env, &a, &b, &c);
    }
    if (fp_quad_is_nan(&a) || fp_quad_is_nan(&b) || fp_quad_is_nan(&c)) {
        return fma_nan(env, &a, &b, &c);
    }
    return fma_special(env, &a, &b, &c);
}
