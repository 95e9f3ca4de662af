/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float binary128: comparison, minimum and maximum, conversions.
 * [IEEE754-2019 5.4.1, 5.7.2, 5.9, 5.11, 9.6] */
#include "fp-impl.h"

static int compare_numbers(const FpQuad *a, const FpQuad *b, bool zeros_differ)
{
    if (!zeros_differ && a->cls == FP_NUM_ZERO && b->cls == FP_NUM_ZERO) {
        return FP_EQ;
    }
    if (a->sign != b->sign) {
        return a->sign ? FP_LT : FP_GT;
    }
    if (a->bits == b->bits) {
        return FP_EQ;
    }
    return (a->bits < b->bits) != a->sign ? FP_LT : FP_GT;
}

int fp_f128_compare(FpEnv *env, FpU128 abits, FpU128 bbits, bool signaling)
{
    FpQuad a = fp_quad_unpack(abits);
    FpQuad b = fp_quad_unpack(bbits);

    if (fp_quad_is_nan(&a) || fp_quad_is_nan(&b)) {
        if (signaling || a.cls == FP_NUM_SNAN || b.cls == FP_NUM_SNAN) {
            env->flags |= FP_NV;
        }
        return FP_UN;
    }
    return compare_numbers(&a, &b, false);
}

/* Which NaNs lose to a number; the others win. */
typedef enum NanRule { NAN_WINS, QUIET_LOSES, NAN_LOSES } NanRule;

static FpU128 minmax(FpEnv *env, FpU128 abits, FpU128 bbits, bool want_max, NanRule rule)
{
    FpQuad a = fp_quad_unpack(abits);
    FpQuad b = fp_quad_unpack(bbits);
    bool a_nan = fp_quad_is_nan(&a);
    bool b_nan = fp_quad_is_nan(&b);
    bool signaling = a.cls == FP_NUM_SNAN || b.cls == FP_NUM_SNAN;

    if (!a_nan && !b_nan) {
        return compare_numbers(&a, &b, true) == (want_max ? FP_LT : FP_GT) ? b.bits : a.bits;
    }
    if (signaling) {
        env->flags |= FP_NV;
    }
    if (a_nan != b_nan && (rule == NAN_LOSES || (rule == QUIET_LOSES && !signaling))) {
        return a_nan ? b.bits : a.bits;
    }
    return rule == NAN_LOSES ? FP_QUAD_DEFAULT_NAN : fp_quad_nan2(env, &a, &b);
}

FpU128 fp_f128_min(FpEnv *env, FpU128 a, FpU128 b)
{
    return minmax(env, a, b, false, NAN_WINS);
}

FpU128 fp_f128_max(FpEnv *env, FpU128 a, FpU128 b)
{
    return minmax(env, a, b, true, NAN_WINS);
}

FpU128 fp_f128_minnum(FpEnv *env, FpU128 a, FpU128 b)
{
    return minmax(env, a, b, false, QUIET_LOSES);
}

FpU128 fp_f128_maxnum(FpEnv *env, FpU128 a, FpU128 b)
{
    return minmax(env, a, b, true, QUIET_LOSES);
}

FpU128 fp_f128_minimum_number(FpEnv *env, FpU128 a, FpU128 b)
{
    return minmax(env, a, b, false, NAN_LOSES);
}

FpU128 fp_f128_maximum_number(FpEnv *env, FpU128 a, FpU128 b)
{
    return minmax(env, a, b, true, NAN_LOSES);
}

unsigned fp_f128_class(FpU128 bits)
{
    FpQuad a = fp_quad_unpack(bits);

    switch (a.cls) {
    case FP_NUM_SNAN:
        return FP_CLASS_SNAN;
    case FP_NUM_QNAN:
        return FP_CLASS_QNAN;
    case FP_NUM_INF:
        return a.sign ? FP_CLASS_NEG_INF : FP_CLASS_POS_INF;
    case FP_NUM_ZERO:
        return a.sign ? FP_CLASS_NEG_ZERO : FP_CLASS_POS_ZERO;
    default:
        if (bits & FP_QUAD_INF) {
            return a.sign ? FP_CLASS_NEG_NORMAL : FP_CLASS_POS_NORMAL;
        }
        return a.sign ? FP_CLASS_NEG_SUBNORMAL : FP_CLASS_POS_SUBNORMAL;
    }
}

FpU128 fp_f128_rint(FpEnv *env, FpU128 bits, unsigned round, bool exact)
{
    FpQuad a = fp_quad_unpack(bits);
    FpU128 magnitude, rest;
    uint64_t frac;

    if (fp_quad_is_nan(&a)) {
        return fp_quad_nan(env, &a);
    }
    if (a.cls != FP_NUM_FINITE || a.exp >= FP_QUAD_FRAC_BITS) {
        return a.bits;
    }
    if (a.exp < 0) {
        magnitude = 0;
        rest = fp_shr_jam128(a.sig << 1, -1 - a.exp);
    } else {
        magnitude = a.sig >> (126 - a.exp);
        rest = a.sig << (a.exp + 2);
    }
    frac = (uint64_t)(rest >> 64) | ((uint64_t)rest != 0);
    if (frac && exact) {
        env->flags |= FP_NX;
    }
    magnitude += fp_rounds_up(round, a.sign, magnitude & 1, frac);
    return fp_quad_pack_any(env, round, a.sign, 126, magnitude);
}

static uint64_t to_integer(FpEnv *env, FpU128 bits, unsigned round, unsigned fbits, unsigned width,
                           bool is_signed)
{
    FpQuad a = fp_quad_unpack(bits);
    int exp = a.exp + (int)fbits;
    FpU128 v;

    if (a.cls >= FP_NUM_INF || (a.cls == FP_NUM_FINITE && exp >= 64)) {
        return fp_integer_saturate(env, fp_quad_is_nan(&a), a.sign, width, is_signed);
    }
    if (a.cls == FP_NUM_ZERO) {
        return 0;
    }
    v = exp == 63 ? a.sig << 1 : fp_shr_jam128(a.sig, 62 - exp);
    return fp_integer_round(env, round, a.sign, v, width, is_signed);
}

int64_t fp_f128_to_i64(FpEnv *env, FpU128 a, unsigned round, unsigned fbits)
{
    return to_integer(env, a, round, fbits, 64, true);
}

uint64_t fp_f128_to_u64(FpEnv *env, FpU128 a, unsigned round, unsigned fbits)
{
    return to_integer(env, a, round, fbits, 64, false);
}

int32_t fp_f128_to_i32(FpEnv *env, FpU128 a, unsigned round, unsigned fbits)
{
    return to_integer(env, a, round, fbits, 32, true);
}

uint32_t fp_f128_to_u32(FpEnv *env, FpU128 a, unsigned round, unsigned fbits)
{
    return to_integer(env, a, round, fbits, 32, false);
}

int16_t fp_f128_to_i16(FpEnv *env, FpU128 a, unsigned round, unsigned fbits)
{
    return to_integer(env, a, round, fbits, 16, true);
}

uint16_t fp_f128_to_u16(FpEnv *env, FpU128 a, unsigned round, unsigned fbits)
{
    return to_integer(env, a, round, fbits, 16, false);
}

FpU128 fp_f128_from_i64(FpEnv *env, int64_t v, unsigned fbits)
{
    return fp_quad_pack_any(env, env->round, v < 0, 126 - (int)fbits,
                            v < 0 ? -(uint64_t)v : (uint64_t)v);
}

FpU128 fp_f128_from_u64(FpEnv *env, uint64_t v, unsigned fbits)
{
    return fp_quad_pack_any(env, env->round, false, 126 - (int)fbits, v);
}

FpU128 fp_f128_from_i32(FpEnv *env, int32_t v, unsigned fbits)
{
    return fp_f128_from_i64(env, v, fbits);
}

FpU128 fp_f128_from_u32(FpEnv *env, uint32_t v, unsigned fbits)
{
    return fp_f128_from_u64(env, v, fbits);
}

static FpU128 widen(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    FpNum a = fp_num_unpack(env, f, bits);
    FpU128 payload;

    switch (a.cls) {
    case FP_NUM_ZERO:
        return fp_quad_signed(a.sign, 0);
    case FP_NUM_FINITE:
        return fp_quad_pack(env, env->round, a.sign, a.exp, (FpU128)a.sig << 64);
    case FP_NUM_INF:
        return fp_quad_signed(a.sign, FP_QUAD_INF);
    default:
        payload = (FpU128)a.sig << (FP_QUAD_FRAC_BITS - f->frac_bits);
        if (a.cls == FP_NUM_SNAN) {
            env->flags |= FP_NV;
        }
        return env->mode & FP_DEFAULT_NAN ? FP_QUAD_DEFAULT_NAN
                                          : fp_quad_signed(a.sign, FP_QUAD_DEFAULT_NAN | payload);
    }
}

static uint64_t narrow(FpEnv *env, const FpFormat *f, FpU128 bits)
{
    FpQuad a = fp_quad_unpack(bits);
    FpNum n = { .cls = a.cls, .sign = a.sign };

    switch (a.cls) {
    case FP_NUM_ZERO:
        return fp_signed(f, a.sign, 0);
    case FP_NUM_FINITE:
        return fp_num_pack(env, f, env->round, a.sign, a.exp, fp_shr_jam128(a.sig, 64));
    case FP_NUM_INF:
        return fp_signed(f, a.sign, f->inf);
    default:
        n.bits = fp_signed(f, a.sign,
                           f->inf | (uint64_t)(a.sig >> (FP_QUAD_FRAC_BITS - f->frac_bits)));
        return fp_num_nan(env, f, &n);
    }
}

FpU128 fp_f16_to_f128(FpEnv *env, uint16_t a)
{
    return widen(env, &format_f16_cv, a);
}

FpU128 fp_f32_to_f128(FpEnv *env, uint32_t a)
{
    return widen(env, &format_f32, a);
}

FpU128 fp_f64_to_f128(FpEnv *env, uint64_t a)
{
    return widen(env, &format_f64, a);
}

uint16_t fp_f128_to_f16(FpEnv *env, FpU128 a)
{
    return narrow(env, &format_f16_cv, a);
}

uint32_t fp_f128_to_f32(FpEnv *env, FpU128 a)
{
    return narrow(env, &format_f32, a);
}

uint64_t fp_f128_to_f64(FpEnv *env, FpU128 a)
{
    return narrow(env, &format_f64, a);
}
