/* SPDX-License-Identifier: BSD-2-Clause */
/* Arm's reciprocal estimates. [ArmARM FPRecipEstimate, FPRSqrtEstimate, RecipEstimate,
 * RecipSqrtEstimate, FPRecpX, UnsignedRecipEstimate, UnsignedRSqrtEstimate] */
#include "fp-impl.h"

/* 1/x for x = a/512 in [0.5, 1); the result is in 1/256, from 256 to 511. */
static unsigned estimate_recip(unsigned a)
{
    return ((1u << 19) / (2 * a + 1) + 1) / 2;
}

/* 1/sqrt(x) for x = a/512 in [0.25, 1), likewise. */
static unsigned estimate_rsqrt(unsigned a)
{
    unsigned b = 512;

    a = a < 256 ? 2 * a + 1 : ((a & ~1u) + 1) * 2;
    while (a * (b + 1) * (b + 1) < 1u << 28) {
        b++;
    }
    return (b + 1) / 2;
}

/* The nine leading bits of a significand, from 256 to 511. */
static unsigned get_leading(const FpNum *a)
{
    return a->sig >> 54;
}

/* Infinity or the largest number, for an operand whose reciprocal is out of range. */
static uint64_t overflow_recip(FpEnv *env, const FpFormat *f, bool sign)
{
    env->flags |= FP_OF | FP_NX;
    return fp_signed(f, sign, fp_overflows_to_inf(env->round, sign) ? f->inf : f->inf - 1);
}

/* The estimate of a finite number; its exponent is -1-exp, so it may be subnormal by one or two
 * places, which every format has to spare: exact, nothing is raised. */
static uint64_t recip_finite(FpEnv *env, const FpFormat *f, const FpNum *a)
{
    uint64_t sig = (uint64_t)estimate_recip(get_leading(a)) << (f->frac_bits - 8);
    int biased = f->bias - 1 - a->exp;

    if (a->exp < -(int)f->bias - 1) {
        return overflow_recip(env, f, a->sign);
    }
    if (biased <= 0) {
        if (env->mode & f->flush) {
            env->flags |= FP_UF;
            return fp_signed(f, a->sign, 0);
        }
        return fp_signed(f, a->sign, sig >> (1 - biased));
    }
    return fp_signed(f, a->sign, (uint64_t)biased << f->frac_bits | (sig & f->frac_mask));
}

static uint64_t recip_estimate(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    FpNum a = fp_num_unpack(env, f, bits);

    switch (a.cls) {
    case FP_NUM_ZERO:
        env->flags |= FP_DZ;
        return fp_signed(f, a.sign, f->inf);
    case FP_NUM_FINITE:
        return recip_finite(env, f, &a);
    case FP_NUM_INF:
        return fp_signed(f, a.sign, 0);
    default:
        return fp_num_nan(env, f, &a);
    }
}

/* x = m * 2^exp is m/2 * 2^(exp+1) for odd exp, m/4 * 2^(exp+2) for even; the root of the power of
 * two has the exponent (exp >> 1) + 1 either way. */
static uint64_t rsqrt_finite(const FpFormat *f, const FpNum *a)
{
    unsigned estimate = estimate_rsqrt(get_leading(a) >> !(a->exp & 1));
    int biased = f->bias - 1 - (a->exp >> 1);

    return (uint64_t)biased << f->frac_bits | (uint64_t)(estimate & 0xff) << (f->frac_bits - 8);
}

static uint64_t rsqrt_estimate(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    FpNum a = fp_num_unpack(env, f, bits);

    if (fp_num_is_nan(&a)) {
        return fp_num_nan(env, f, &a);
    }
    if (a.cls == FP_NUM_ZERO) {
        env->flags |= FP_DZ;
        return fp_signed(f, a.sign, f->inf);
    }
    if (a.sign) {
        return fp_invalid(env, f);
    }
    return a.cls == FP_NUM_INF ? 0 : rsqrt_finite(f, &a);
}

static uint64_t recip_exponent(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    FpNum a = fp_num_unpack(env, f, bits);

    if (fp_num_is_nan(&a)) {
        return fp_num_nan(env, f, &a);
    }
    if ((bits & f->inf) == 0) {
        return fp_signed(f, a.sign, f->inf & (f->inf << 1));
    }
    return fp_signed(f, a.sign, ~bits & f->inf);
}

uint32_t fp_u32_recpe(uint32_t a)
{
    return a >> 31 ? (uint32_t)estimate_recip(a >> 23) << 23 : UINT32_MAX;
}

uint32_t fp_u32_rsqrte(uint32_t a)
{
    return a >> 30 ? (uint32_t)estimate_rsqrt(a >> 23) << 23 : UINT32_MAX;
}

#define FP_ESTIMATE(X, T) \
    T fp_##X##_recpe(FpEnv *env, T a) { return recip_estimate(env, &format_##X, a); } \
    T fp_##X##_rsqrte(FpEnv *env, T a) { return rsqrt_estimate(env, &format_##X, a); } \
    T fp_##X##_recpx(FpEnv *env, T a) { return recip_exponent(env, &format_##X, a); }

FP_ESTIMATE(f16, uint16_t)
FP_ESTIMATE(f32, uint32_t)
FP_ESTIMATE(f64, uint64_t)
