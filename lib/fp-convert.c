/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float conversions: between formats, to and from integers, to integral values.
 * [IEEE754-2019 5.4.1, 5.9] [ArmARM FPToFixed, FPRoundInt, FPRoundIntN, FPConvert] [RVU 21.7] */
#include "fp-impl.h"

#include <stddef.h>

/* A finite number with exp < 64 as fixed point, 64 bits on either side, the last one sticky. */
FP_SPECIALISED FpU128 get_fixed(const FpNum *n, int exp)
{
    if (n->cls == FP_NUM_ZERO) {
        return 0;
    }
    return exp >= 62 ? (FpU128)n->sig << (exp + 2)
                     : fp_shr_jam128((FpU128)n->sig << 64, 62 - exp);
}

static uint64_t round_fixed(unsigned round, bool sign, FpU128 v)
{
    uint64_t magnitude = v >> 64;

    return magnitude + fp_rounds_up(round, sign, magnitude & 1, (uint64_t)v);
}

/* The largest magnitude of a sign that fits. */
static uint64_t get_limit(unsigned width, bool is_signed, bool sign)
{
    if (is_signed) {
        return (UINT64_C(1) << (width - 1)) - !sign;
    }
    return sign ? 0 : UINT64_MAX >> (64 - width);
}

uint64_t fp_integer_saturate(FpEnv *env, bool is_nan, bool sign, unsigned width, bool is_signed)
{
    uint64_t limit = get_limit(width, is_signed, sign && !is_nan);

    env->flags |= FP_NV;
    if (is_nan) {
        return env->mode & FP_NAN_TO_MAX ? limit : 0;
    }
    return sign ? -limit : limit;
}

uint64_t fp_integer_round(FpEnv *env, unsigned round, bool sign, FpU128 v, unsigned width,
                          bool is_signed)
{
    uint64_t magnitude = round_fixed(round, sign, v);

    if (magnitude > get_limit(width, is_signed, sign)) {
        return fp_integer_saturate(env, false, sign, width, is_signed);
    }
    if ((uint64_t)v) {
        env->flags |= FP_NX;
    }
    return sign ? -magnitude : magnitude;
}

FP_SPECIALISED uint64_t to_integer(FpEnv *env, const FpFormat *f, uint64_t bits, unsigned round,
                                   unsigned fbits, unsigned width, bool is_signed)
{
    FpNum a = fp_num_unpack(env, f, bits);
    int exp = a.exp + (int)fbits;

    if (a.cls >= FP_NUM_INF || (a.cls == FP_NUM_FINITE && exp >= 64)) {
        return fp_integer_saturate(env, fp_num_is_nan(&a), a.sign, width, is_signed);
    }
    return fp_integer_round(env, round, a.sign, get_fixed(&a, exp), width, is_signed);
}

FP_SPECIALISED uint64_t from_integer(FpEnv *env, const FpFormat *f, bool sign, uint64_t magnitude,
                                     unsigned fbits)
{
    return fp_num_pack_any(env, f, env->round, sign, 124 - (int)fbits, magnitude);
}

static uint64_t from_signed(FpEnv *env, const FpFormat *f, int64_t v, unsigned fbits)
{
    return from_integer(env, f, v < 0, v < 0 ? -(uint64_t)v : (uint64_t)v, fbits);
}

static uint64_t from_unsigned(FpEnv *env, const FpFormat *f, uint64_t v, unsigned fbits)
{
    return from_integer(env, f, false, v, fbits);
}

FP_SPECIALISED uint64_t round_to_integral(FpEnv *env, const FpFormat *f, uint64_t bits,
                                          unsigned round, bool exact)
{
    FpNum a = fp_num_unpack(env, f, bits);
    FpU128 v;

    if (fp_num_is_nan(&a)) {
        return fp_num_nan(env, f, &a);
    }
    if (a.cls != FP_NUM_FINITE || a.exp >= f->frac_bits) {
        return a.bits;
    }
    v = get_fixed(&a, a.exp);
    if ((uint64_t)v && exact) {
        env->flags |= FP_NX;
    }
    return from_integer(env, f, a.sign, round_fixed(round, a.sign, v), 0);
}

int32_t fp_f64_to_i32_js(FpEnv *env, uint64_t bits, bool *z)
{
    FpNum a = fp_num_unpack(env, &format_f64, bits);
    uint64_t magnitude = 0;
    bool is_exact = false;

    if (a.cls >= FP_NUM_INF) {
        env->flags |= FP_NV;
    } else if (a.cls == FP_NUM_FINITE && a.exp >= 62) {
        /* once the last place is worth 2^32, nothing of it is left */
        magnitude = a.exp < 62 + 32 ? a.sig << (a.exp - 62) : 0;
        env->flags |= FP_NV;
    } else {
        FpU128 v = get_fixed(&a, a.exp);

        magnitude = v >> 64;
        if (magnitude > get_limit(32, true, a.sign)) {
            env->flags |= FP_NV;
        } else if ((uint64_t)v) {
            env->flags |= FP_NX;
        } else {
            is_exact = magnitude != 0 || bits == 0;     /* neither -0 nor a flushed subnormal */
        }
    }
    if (z != NULL) {
        *z = is_exact;
    }
    return (int32_t)(uint32_t)(a.sign ? -magnitude : magnitude);
}

/* Between formats the payload keeps its top bits, aligned below the quiet bit. */
static uint64_t convert_nan(FpEnv *env, const FpFormat *from, const FpFormat *to, const FpNum *a)
{
    uint64_t payload = a->sig << (63 - from->frac_bits) >> (63 - to->frac_bits);

    if (a->cls == FP_NUM_SNAN || to->alt) {
        env->flags |= FP_NV;
    }
    if (to->alt) {
        return fp_signed(to, a->sign, 0);
    }
    if (env->mode & FP_DEFAULT_NAN) {
        return fp_default_nan(to);
    }
    return fp_signed(to, a->sign, to->inf | to->quiet | payload);
}

FP_SPECIALISED uint64_t convert(FpEnv *env, const FpFormat *from, const FpFormat *to, uint64_t bits)
{
    FpNum a = fp_num_unpack(env, from, bits);

    switch (a.cls) {
    case FP_NUM_ZERO:
        return fp_signed(to, a.sign, 0);
    case FP_NUM_FINITE:
        return fp_num_pack(env, to, env->round, a.sign, a.exp, a.sig);
    case FP_NUM_INF:
        if (to->alt) {
            env->flags |= FP_NV;
            return fp_signed(to, a.sign, to->sign - 1);
        }
        return fp_signed(to, a.sign, to->inf);
    default:
        return convert_nan(env, from, to, &a);
    }
}

static const FpFormat *get_f16(const FpEnv *env)
{
    return env->mode & FP_AHP ? &format_f16_alt : &format_f16_cv;
}

uint16_t fp_f32_to_f16(FpEnv *env, uint32_t a)
{
    return convert(env, &format_f32, get_f16(env), a);
}

uint16_t fp_f64_to_f16(FpEnv *env, uint64_t a)
{
    return convert(env, &format_f64, get_f16(env), a);
}

uint32_t fp_f16_to_f32(FpEnv *env, uint16_t a)
{
    return convert(env, get_f16(env), &format_f32, a);
}

uint32_t fp_f16_as_f32(unsigned mode, uint16_t a)
{
    const uint32_t sign = (uint32_t)(a & 0x8000) << 16;
    FpEnv e = { .round = FP_RNE };

    if ((a & 0x7c00) == 0x7c00) {
        return sign | 0x7f800000 | (uint32_t)(a & 0x3ff) << 13;
    }
    return (a & 0x7c00) == 0 && mode & FP_FLUSH16 ? sign : fp_f16_to_f32(&e, a);
}

uint64_t fp_f16_to_f64(FpEnv *env, uint16_t a)
{
    return convert(env, get_f16(env), &format_f64, a);
}

uint32_t fp_f64_to_f32(FpEnv *env, uint64_t a)
{
    return convert(env, &format_f64, &format_f32, a);
}

uint64_t fp_f32_to_f64(FpEnv *env, uint32_t a)
{
    return convert(env, &format_f32, &format_f64, a);
}

#define FP_TO(X, T, NAME, INT, WIDTH, SIGNED) \
    INT fp_##X##_to_##NAME(FpEnv *env, T a, unsigned round, unsigned fbits) \
    { \
        return (INT)to_integer(env, &format_##X, a, round, fbits, WIDTH, SIGNED); \
    }

#define FP_FROM(X, T, NAME, INT, HOW) \
    T fp_##X##_from_##NAME(FpEnv *env, INT v, unsigned fbits) \
    { \
        return HOW(env, &format_##X, v, fbits); \
    }

#define FP_CONVERT(X, T) \
    FP_TO(X, T, i64, int64_t, 64, true) \
    FP_TO(X, T, u64, uint64_t, 64, false) \
    FP_TO(X, T, i32, int32_t, 32, true) \
    FP_TO(X, T, u32, uint32_t, 32, false) \
    FP_TO(X, T, i16, int16_t, 16, true) \
    FP_TO(X, T, u16, uint16_t, 16, false) \
    FP_FROM(X, T, i64, int64_t, from_signed) \
    FP_FROM(X, T, u64, uint64_t, from_unsigned) \
    FP_FROM(X, T, i32, int32_t, from_signed) \
    FP_FROM(X, T, u32, uint32_t, from_unsigned) \
    T fp_##X##_rint(FpEnv *env, T a, unsigned round, bool exact) \
    { \
        return round_to_integral(env, &format_##X, a, round, exact); \
    }

FP_CONVERT(f16, uint16_t)
FP_CONVERT(f32, uint32_t)
FP_CONVERT(f64, uint64_t)
