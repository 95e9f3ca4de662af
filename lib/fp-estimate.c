/* SPDX-License-Identifier: BSD-2-Clause */
/* Arm's reciprocal estimates. [ArmARM FPRecipEstimate, FPRSqrtEstimate, RecipEstimate,
 * RecipSqrtEstimate, FPRecpX, UnsignedRecipEstimate, UnsignedRSqrtEstimate] */
#include "fp-impl.h"

/* Estimates less 256, made by the manual's integer functions; tests/lib/t-fp-arm.c makes them again. */

/* Of 1/x for x = a/512, a from 256 to 511. */
static const uint8_t recip[256] = {
    255, 253, 251, 249, 247, 245, 243, 241, 240, 238, 236, 234, 232, 230, 229, 227,
    225, 223, 221, 220, 218, 216, 215, 213, 211, 210, 208, 206, 205, 203, 201, 200,
    198, 197, 195, 194, 192, 191, 189, 188, 186, 185, 183, 182, 180, 179, 177, 176,
    174, 173, 172, 170, 169, 167, 166, 165, 163, 162, 161, 159, 158, 157, 156, 154,
    153, 152, 150, 149, 148, 147, 145, 144, 143, 142, 141, 139, 138, 137, 136, 135,
    134, 132, 131, 130, 129, 128, 127, 126, 124, 123, 122, 121, 120, 119, 118, 117,
    116, 115, 114, 113, 112, 111, 110, 109, 108, 107, 106, 105, 104, 103, 102, 101,
    100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 88, 88, 87, 86,
    85, 84, 83, 82, 81, 81, 80, 79, 78, 77, 76, 75, 75, 74, 73, 72,
    71, 70, 70, 69, 68, 67, 66, 66, 65, 64, 63, 63, 62, 61, 60, 59,
    59, 58, 57, 56, 56, 55, 54, 53, 53, 52, 51, 51, 50, 49, 48, 48,
    47, 46, 46, 45, 44, 44, 43, 42, 42, 41, 40, 40, 39, 38, 38, 37,
    36, 36, 35, 34, 34, 33, 32, 32, 31, 30, 30, 29, 29, 28, 27, 27,
    26, 26, 25, 24, 24, 23, 23, 22, 21, 21, 20, 20, 19, 18, 18, 17,
    17, 16, 16, 15, 15, 14, 13, 13, 12, 12, 11, 11, 10, 10, 9, 9,
    8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0,
};

/* Of 1/sqrt(x) for a from 256 to 511, of which the lowest bit does not count; then from 128 to 255. */
static const uint8_t rsqrt[256] = {
    105, 104, 103, 101, 100, 99, 97, 96, 95, 93, 92, 91, 90, 88, 87, 86,
    85, 84, 82, 81, 80, 79, 78, 77, 76, 75, 74, 72, 71, 70, 69, 68,
    67, 66, 65, 64, 63, 62, 61, 60, 60, 59, 58, 57, 56, 55, 54, 53,
    52, 51, 51, 50, 49, 48, 47, 46, 46, 45, 44, 43, 42, 42, 41, 40,
    39, 38, 38, 37, 36, 35, 35, 34, 33, 33, 32, 31, 30, 30, 29, 28,
    28, 27, 26, 26, 25, 24, 24, 23, 22, 22, 21, 20, 20, 19, 19, 18,
    17, 17, 16, 16, 15, 14, 14, 13, 13, 12, 11, 11, 10, 10, 9, 9,
    8, 8, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0,
    255, 253, 251, 249, 247, 245, 243, 242, 240, 238, 236, 234, 233, 231, 229, 228,
    226, 224, 223, 221, 219, 218, 216, 215, 213, 212, 210, 209, 207, 206, 204, 203,
    201, 200, 198, 197, 196, 194, 193, 192, 190, 189, 188, 186, 185, 184, 183, 181,
    180, 179, 178, 176, 175, 174, 173, 172, 170, 169, 168, 167, 166, 165, 164, 163,
    162, 160, 159, 158, 157, 156, 155, 154, 153, 152, 151, 150, 149, 148, 147, 146,
    145, 144, 143, 142, 141, 140, 140, 139, 138, 137, 136, 135, 134, 133, 132, 131,
    131, 130, 129, 128, 127, 126, 126, 125, 124, 123, 122, 121, 121, 120, 119, 118,
    118, 117, 116, 115, 114, 114, 113, 112, 111, 111, 110, 109, 109, 108, 107, 106,
};

/* 1/x for x = a/512 in [0.5, 1); the result is in 1/256, from 256 to 511. */
static unsigned estimate_recip(unsigned a)
{
    return 256u + recip[a & 255];
}

/* 1/sqrt(x) for x = a/512 in [0.25, 1), likewise. */
static unsigned estimate_rsqrt(unsigned a)
{
    return 256u + rsqrt[a < 256 ? a : a >> 1 & 127];
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

/* Normal numbers with normal results do without unpacking: they raise nothing in any mode. */
static inline uint64_t recip_estimate(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    const unsigned exp = (unsigned)((bits & f->inf) >> f->frac_bits), fraction = bits >> (f->frac_bits - 8) & 255;

    if (exp - 1 < 2u * f->bias - 2) {
        const uint64_t magnitude = (uint64_t)(2u * f->bias - 1 - exp) << 8 | recip[fraction];
        return fp_signed(f, bits & f->sign, magnitude << (f->frac_bits - 8));
    }
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

static inline uint64_t rsqrt_estimate(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    const uint64_t exp = bits >> f->frac_bits;      /* with the sign above it */

    if (exp - 1 < 2u * f->bias) {
        const uint64_t biased = (3u * f->bias - 1 - exp) >> 1, half = exp & 1 ? 128 : 0;
        return (biased << 8 | rsqrt[half | (bits >> (f->frac_bits - 7) & 127)]) << (f->frac_bits - 8);
    }
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
