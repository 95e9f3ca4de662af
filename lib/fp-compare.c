/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float comparison, minimum and maximum, classification. [IEEE754-2019 5.7.2, 5.11, 9.6] */
#include "fp-impl.h"

/* Neither is a NaN; the encodings order as signed magnitudes.  -0 < +0 only if zeros_differ. */
static int compare_numbers(const FpNum *a, const FpNum *b, bool zeros_differ)
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

FP_SPECIALISED int compare(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                           bool signaling)
{
    FpNum a = fp_num_unpack(env, f, abits);
    FpNum b = fp_num_unpack(env, f, bbits);

    if (fp_num_is_nan(&a) || fp_num_is_nan(&b)) {
        if (signaling || a.cls == FP_NUM_SNAN || b.cls == FP_NUM_SNAN) {
            env->flags |= FP_NV;
        }
        return FP_UN;
    }
    return compare_numbers(&a, &b, false);
}

FP_SPECIALISED uint64_t pick_number(const FpNum *a, const FpNum *b, bool want_max)
{
    return compare_numbers(a, b, true) == (want_max ? FP_LT : FP_GT) ? b->bits : a->bits;
}

FP_SPECIALISED uint64_t minmax(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                               bool want_max)
{
    FpNum a = fp_num_unpack(env, f, abits);
    FpNum b = fp_num_unpack(env, f, bbits);

    if (fp_num_is_nan(&a) || fp_num_is_nan(&b)) {
        return fp_num_nan2(env, f, &a, &b);
    }
    return pick_number(&a, &b, want_max);
}

/* A lone quiet NaN counts as the infinity that loses. [ArmARM FPMaxNum] */
FP_SPECIALISED uint64_t minmax_num(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                                   bool want_max)
{
    FpNum a = fp_num_unpack(env, f, abits);
    FpNum b = fp_num_unpack(env, f, bbits);
    bool a_quiet = a.cls == FP_NUM_QNAN;

    if (a_quiet != (b.cls == FP_NUM_QNAN)) {
        FpNum *loser = a_quiet ? &a : &b;

        loser->cls = FP_NUM_INF;
        loser->sign = want_max;
        loser->bits = fp_signed(f, want_max, f->inf);
    }
    if (fp_num_is_nan(&a) || fp_num_is_nan(&b)) {
        return fp_num_nan2(env, f, &a, &b);
    }
    return pick_number(&a, &b, want_max);
}

FP_SPECIALISED uint64_t minmax_number(FpEnv *env, const FpFormat *f, uint64_t abits, uint64_t bbits,
                                      bool want_max)
{
    FpNum a = fp_num_unpack(env, f, abits);
    FpNum b = fp_num_unpack(env, f, bbits);

    if (a.cls == FP_NUM_SNAN || b.cls == FP_NUM_SNAN) {
        env->flags |= FP_NV;
    }
    if (fp_num_is_nan(&a)) {
        return fp_num_is_nan(&b) ? fp_default_nan(f) : b.bits;
    }
    if (fp_num_is_nan(&b)) {
        return a.bits;
    }
    return pick_number(&a, &b, want_max);
}

static unsigned classify(const FpFormat *f, uint64_t bits)
{
    FpEnv env = { 0 };
    FpNum a = fp_num_unpack(&env, f, bits);

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
        if (bits & f->inf) {
            return a.sign ? FP_CLASS_NEG_NORMAL : FP_CLASS_POS_NORMAL;
        }
        return a.sign ? FP_CLASS_NEG_SUBNORMAL : FP_CLASS_POS_SUBNORMAL;
    }
}

#define FP_COMPARE(X, T) \
    int fp_##X##_compare(FpEnv *env, T a, T b, bool signaling) \
    { \
        return compare(env, &format_##X, a, b, signaling); \
    } \
    T fp_##X##_min(FpEnv *env, T a, T b) { return minmax(env, &format_##X, a, b, false); } \
    T fp_##X##_max(FpEnv *env, T a, T b) { return minmax(env, &format_##X, a, b, true); } \
    T fp_##X##_minnum(FpEnv *env, T a, T b) { return minmax_num(env, &format_##X, a, b, false); } \
    T fp_##X##_maxnum(FpEnv *env, T a, T b) { return minmax_num(env, &format_##X, a, b, true); } \
    T fp_##X##_minimum_number(FpEnv *env, T a, T b) \
    { \
        return minmax_number(env, &format_##X, a, b, false); \
    } \
    T fp_##X##_maximum_number(FpEnv *env, T a, T b) \
    { \
        return minmax_number(env, &format_##X, a, b, true); \
    } \
    unsigned fp_##X##_class(T a) { return classify(&format_##X, a); }

FP_COMPARE(f16, uint16_t)
FP_COMPARE(f32, uint32_t)
FP_COMPARE(f64, uint64_t)
