/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float conversions, rounding to integral values, comparison, minimum and maximum, against the
 * host's SSE unit and against integer references. */
#include "fp-host.h"

#include <smmintrin.h>

__extension__ typedef __int128 Int128;

static void complain(const char *what, const FpEnv *env, uint64_t a, uint64_t got, uint64_t want,
                     unsigned flags)
{
    printf("# %s round %u mode %#x: %#llx -> %#llx/%#x, want %#llx/%#x\n", what, env->round,
           env->mode, (unsigned long long)a, (unsigned long long)got, env->flags,
           (unsigned long long)want, flags);
}

static void check(Tally *t, const FpEnv *env, uint64_t a, uint64_t got, uint64_t want,
                  unsigned flags)
{
    if (!tally(t, got == want && env->flags == flags)) {
        complain(t->name, env, a, got, want, flags);
    }
}

static void check_f32_f64(Tally *t, uint64_t bits, unsigned round)
{
    FpEnv env = { .round = round };
    volatile float f;
    volatile double d;
    unsigned flags;

    d = f64_value(bits);
    host_begin(round);
    f = (float)d;
    flags = host_end();
    check(t, &env, bits, fp_f64_to_f32(&env, bits), f32_bits(f), flags);
    env.flags = 0;
    f = f32_value((uint32_t)bits);
    host_begin(round);
    d = (double)f;
    flags = host_end();
    check(t, &env, (uint32_t)bits, fp_f32_to_f64(&env, bits), f64_bits(d), flags);
}

/* x86 keeps payloads as Arm does, so NaNs are compared whole. */
static void test_f32_f64(void)
{
    Tally t = { "f32 <-> f64 equals the host's", 0, 0 };
    uint64_t corners[MAX_CORNERS];

    for (unsigned round = 0; round < 4; round++) {
        unsigned n = layout_corners(&layout_f64, corners);

        for (unsigned i = 0; i < n; i++) {
            check_f32_f64(&t, corners[i], round);
        }
        n = layout_corners(&layout_f32, corners);
        for (unsigned i = 0; i < n; i++) {
            check_f32_f64(&t, corners[i], round);
        }
        for (unsigned i = 0; i < 400000; i++) {
            uint64_t near = (uint64_t)(1023 - 150 + random_u64() % 300) << 52;

            check_f32_f64(&t, layout_random(&layout_f64, i & 1 ? near : random_u64()), round);
            check_f32_f64(&t, layout_random(&layout_f32, random_u64()), round);
        }
    }
    tap_done(&t);
}

/* Narrowing to f16, and from f64 to f32, by the reference rounder. */
static uint64_t ref_narrow(const Layout *from, const Layout *to, uint64_t a, unsigned round,
                           unsigned mode, unsigned *flags)
{
    bool alt = to->width == 16 && mode & FP_AHP;
    bool flush = mode & FP_FLUSH;
    uint64_t sign = a & layout_sign(from) ? layout_sign(to) : 0;
    uint64_t magnitude = a & (layout_sign(from) - 1);
    uint64_t d;

    if (magnitude > layout_inf(from)) {
        bool quiet = a >> (from->frac - 1) & 1;

        *flags |= !quiet || alt ? FP_NV : 0;
        if (alt) {
            return sign;
        }
        return mode & FP_DEFAULT_NAN
            ? layout_nan(to)
            : sign | layout_nan(to) |
              (magnitude & (layout_inf(from) ^ (layout_sign(from) - 1))) >> (from->frac - to->frac);
    }
    if (magnitude == layout_inf(from)) {
        *flags |= alt ? FP_NV : 0;
        return sign | (alt ? layout_sign(to) - 1 : layout_inf(to));
    }
    if (flush && magnitude != 0 && magnitude < UINT64_C(1) << from->frac) {
        *flags |= FP_ID;
        return sign;
    }
    d = layout_to_f64(from, a, false, false);
    if (from->width == 64) {
        d = a;
        if (magnitude < UINT64_C(1) << 52 && magnitude != 0) {
            d = (a & layout_sign(from)) | 1 | UINT64_C(1) << 52;    /* any tiny number will do */
        }
    }
    return ref_round(to, f64_value(d), round, mode, flush && to->width != 16, alt, flags);
}

static void check_narrow(Tally *t, uint64_t a64, uint64_t a32, unsigned round, unsigned mode)
{
    FpEnv env = { .round = round, .mode = mode };
    unsigned flags = 0;
    uint64_t want = ref_narrow(&layout_f64, &layout_f16, a64, round, mode, &flags);

    check(t, &env, a64, fp_f64_to_f16(&env, a64), want, flags);
    env.flags = flags = 0;
    want = ref_narrow(&layout_f32, &layout_f16, a32, round, mode, &flags);
    check(t, &env, a32, fp_f32_to_f16(&env, a32), want, flags);
    env.flags = flags = 0;
    want = ref_narrow(&layout_f64, &layout_f32, a64, round, mode, &flags);
    check(t, &env, a64, fp_f64_to_f32(&env, a64), want, flags);
}

static void test_narrow(void)
{
    static const unsigned modes[] = {
        0, FP_DEFAULT_NAN, FP_TINY_BEFORE, FP_TINY_BEFORE | FP_AHP,
        FP_TINY_BEFORE | FP_FLUSH | FP_FLUSH16,
    };
    Tally t = { "narrowing conversions in every direction and mode", 0, 0 };
    uint64_t corners64[MAX_CORNERS], corners32[MAX_CORNERS];
    unsigned n = layout_corners(&layout_f64, corners64);

    layout_corners(&layout_f32, corners32);
    for (unsigned config = 0; config < 30; config++) {
        unsigned round = config % 6, mode = modes[config / 6];

        for (unsigned i = 0; i < n; i++) {
            check_narrow(&t, corners64[i], corners32[i], round, mode);
        }
        for (unsigned i = 0; i < 20000; i++) {
            unsigned range = i & 1 ? 60 : 320;
            unsigned e = random_u64() % range;
            uint64_t a = layout_random(&layout_f64, (uint64_t)(1023 - range / 2 + e) << 52);

            check_narrow(&t, a, layout_random(&layout_f32, (uint64_t)(127 - 30 + e % 60) << 23),
                         round, mode);
        }
    }
    tap_done(&t);
}

/* Every f16 to f32 and f64 and back. */
static void test_f16_widen(void)
{
    static const unsigned modes[] = { 0, FP_DEFAULT_NAN, FP_AHP, FP_FLUSH | FP_FLUSH16 };
    Tally t = { "f16 to f32 and f64, and back, exhaustive", 0, 0 };

    for (unsigned m = 0; m < 4; m++) {
        for (uint64_t a = 0; a < 0x10000; a++) {
            FpEnv env = { .mode = modes[m] };
            bool alt = modes[m] & FP_AHP;
            uint64_t want = layout_to_f64(&layout_f16, a, false, alt);
            uint64_t back = a;
            unsigned flags = 0;
            uint32_t want32 = f32_bits((float)f64_value(want));

            if (layout_is_nan(&layout_f16, a) && !alt) {
                flags = a & 0x200 ? 0 : FP_NV;
                back = modes[m] & FP_DEFAULT_NAN ? 0x7e00 : a | 0x200;
                want = layout_to_f64(&layout_f16, back, false, false);
                want32 = (uint32_t)(back & 0x8000) << 16 | 0x7f800000 | (back & 0x3ff) << 13;
            }
            check(&t, &env, a, fp_f16_to_f64(&env, a), want, flags);
            env.flags = 0;
            check(&t, &env, a, fp_f16_to_f32(&env, a), want32, flags);
            env.flags = 0;
            check(&t, &env, a, fp_f64_to_f16(&env, want), back, 0);
            check(&t, &env, a, fp_f32_to_f16(&env, want32), back, 0);
        }
    }
    tap_done(&t);
}

typedef struct IntKind {
    const char *name;
    unsigned width;
    bool is_signed;
} IntKind;

static const IntKind int_kinds[] = {
    { "i64", 64, true }, { "u64", 64, false }, { "i32", 32, true },
    { "u32", 32, false }, { "i16", 16, true }, { "u16", 16, false },
};

/* The integer part and the fraction as a double, of a double's magnitude times 2^fbits; parts too
 * large for the 128 bits are cut to 2^100. */
static Int128 split(uint64_t bits, unsigned fbits, double *rest)
{
    uint64_t frac = bits & ((UINT64_C(1) << 52) - 1);
    int e = bits >> 52 & 0x7ff;
    uint64_t m = e ? frac | UINT64_C(1) << 52 : frac;
    int shift = (e ? e : 1) - 1075 + (int)fbits;

    *rest = 0;
    if (m == 0) {
        return 0;
    }
    if (shift >= 0) {
        return shift > 70 ? (Int128)1 << 100 : (Int128)m << shift;
    }
    if (shift < -60) {
        *rest = 0x1p-20;
        return 0;
    }
    *rest = (double)(m & ((UINT64_C(1) << -shift) - 1)) * f64_value((uint64_t)(1023 + shift) << 52);
    return m >> -shift;
}

static uint64_t ref_to_int(uint64_t bits, const IntKind *k, unsigned round, unsigned fbits,
                           unsigned mode, unsigned *flags)
{
    bool sign = bits >> 63;
    Int128 max = ((Int128)1 << (k->width - k->is_signed)) - 1;
    Int128 min = k->is_signed ? -max - 1 : 0;
    double rest;
    Int128 i = split(bits, fbits, &rest);

    if (layout_is_nan(&layout_f64, bits)) {
        *flags = FP_NV;
        return mode & FP_NAN_TO_MAX ? (uint64_t)max : 0;
    }
    i += ref_up(round, sign, (uint64_t)i & 1, rest);
    i = sign ? -i : i;
    if (i > max || i < min) {
        *flags = FP_NV;
        i = i > max ? max : min;
    } else {
        *flags = rest > 0 ? FP_NX : 0;
    }
    return (uint64_t)i;
}

#define RUN_TO(X) \
    static uint64_t run_##X##_to(FpEnv *env, uint64_t a, unsigned kind, unsigned round, \
                                 unsigned fbits) \
    { \
        switch (kind) { \
        case 0: \
            return fp_##X##_to_i64(env, a, round, fbits); \
        case 1: \
            return fp_##X##_to_u64(env, a, round, fbits); \
        case 2: \
            return (int64_t)fp_##X##_to_i32(env, a, round, fbits); \
        case 3: \
            return fp_##X##_to_u32(env, a, round, fbits); \
        case 4: \
            return (int64_t)fp_##X##_to_i16(env, a, round, fbits); \
        default: \
            return fp_##X##_to_u16(env, a, round, fbits); \
        } \
    }

RUN_TO(f16)
RUN_TO(f32)
RUN_TO(f64)

typedef uint64_t RunTo(FpEnv *env, uint64_t a, unsigned kind, unsigned round, unsigned fbits);

static void check_to_int(Tally *t, const Layout *l, RunTo *run, uint64_t a, unsigned fbits)
{
    uint64_t d = l->width == 64 ? a : layout_to_f64(l, a, false, false);

    for (unsigned kind = 0; kind < 6; kind++) {
        unsigned round = random_u64() % 6, flags;
        FpEnv env = { .mode = random_u64() & 1 ? FP_NAN_TO_MAX : 0, .round = round };
        uint64_t want = ref_to_int(d, &int_kinds[kind], round, fbits, env.mode, &flags);

        check(t, &env, a, run(&env, a, kind, round, fbits), want, flags);
    }
}

static void test_to_int(void)
{
    static const Layout *const layouts[] = { &layout_f16, &layout_f32, &layout_f64 };
    static RunTo *const runs[] = { run_f16_to, run_f32_to, run_f64_to };
    Tally t = { "f16, f32, f64 to integers and fixed point", 0, 0 };

    for (unsigned f = 0; f < 3; f++) {
        const Layout *l = layouts[f];
        uint64_t corners[MAX_CORNERS];
        unsigned n = layout_corners(l, corners);

        for (unsigned i = 0; i < 40 * n; i++) {
            check_to_int(&t, l, runs[f], corners[i % n], i < 20 * n ? 0 : random_u64() % 65);
        }
        for (unsigned i = 0; i < 100000; i++) {
            uint64_t near = (uint64_t)(layout_bias(l) + (int)(random_u64() % 70) - 4) << l->frac;
            uint64_t a = layout_random(l, i & 1 ? random_u64() : near);

            check_to_int(&t, l, runs[f], a, i & 2 ? 0 : random_u64() % 65);
        }
    }
    for (uint64_t a = 0; a < 0x10000; a++) {
        check_to_int(&t, &layout_f16, run_f16_to, a, 0);
    }
    tap_done(&t);
}

/* cvtsd2si and cvtss2si where they do not overflow; the flags agree even where they do. */
static void test_to_int_host(void)
{
    Tally t = { "f32, f64 to i32, i64 equal the host's", 0, 0 };

    for (unsigned i = 0; i < 400000; i++) {
        unsigned round = i % 4, flags;
        FpEnv env = { .round = round };
        uint64_t near = (uint64_t)(1023 + (int)(random_u64() % 70) - 4) << 52;
        uint64_t bits = layout_random(&layout_f64, near), got;
        volatile double d = f64_value(bits);
        volatile float f = f32_value(bits >> 32);
        volatile int64_t want;

        host_begin(round);
        want = _mm_cvtsd_si64(_mm_set_sd(d));
        flags = host_end();
        got = fp_f64_to_i64(&env, bits, round, 0);
        check(&t, &env, bits, flags & FP_NV ? 0 : got, flags & FP_NV ? 0 : want, flags);
        env.flags = 0;
        host_begin(round);
        want = _mm_cvtss_si32(_mm_set_ss(f));
        flags = host_end();
        got = fp_f32_to_i32(&env, bits >> 32, round, 0);
        check(&t, &env, bits, flags & FP_NV ? 0 : got, flags & FP_NV ? 0 : want, flags);
    }
    tap_done(&t);
}

static uint64_t random_int(void)
{
    uint64_t v = random_u64() >> (random_u64() & 63);

    switch (random_u64() & 7) {
    case 0:
        return -v;
    case 1:
        return (UINT64_C(1) << (v & 63)) + (random_u64() & 3) - 2;
    case 2:
        return (UINT64_C(3) << (v & 63)) + (random_u64() & 1);
    default:
        return v;
    }
}

static void check_from_host(Tally *t, uint64_t v, unsigned round)
{
    FpEnv env = { .round = round };
    volatile int64_t i = (int64_t)v;
    volatile int32_t i32 = (int32_t)v;
    volatile uint64_t u = v;
    volatile double d;
    volatile float f;
    unsigned flags;

    host_begin(round);
    d = (double)i;
    flags = host_end();
    check(t, &env, v, fp_f64_from_i64(&env, v, 0), f64_bits(d), flags);
    env.flags = 0;
    host_begin(round);
    f = (float)i;
    flags = host_end();
    check(t, &env, v, fp_f32_from_i64(&env, v, 0), f32_bits(f), flags);
    env.flags = 0;
    host_begin(round);
    f = (float)i32;
    flags = host_end();
    check(t, &env, v, fp_f32_from_i32(&env, v, 0), f32_bits(f), flags);
    env.flags = 0;
    host_begin(round);
    d = (double)i32;
    flags = host_end();
    check(t, &env, v, fp_f64_from_i32(&env, v, 0), f64_bits(d), flags);
    env.flags = 0;
    if (v != 0 || round != FP_RDN) {
        host_begin(round);
        d = (double)u;
        flags = host_end();
        check(t, &env, v, fp_f64_from_u64(&env, v, 0), f64_bits(d), flags);
        env.flags = 0;
    }
    check(t, &env, v, fp_f64_from_u32(&env, v, 0), f64_bits((double)(uint32_t)v), 0);
}

static void test_from_int_host(void)
{
    Tally t = { "integers to f32, f64 equal the host's", 0, 0 };

    for (unsigned i = 0; i < 200000; i++) {
        check_from_host(&t, i < 400 ? (uint64_t)i / 4 - 50 : random_int(), i % 4);
    }
    tap_done(&t);
}

/* 53-bit integers and fixed point, exact as doubles, rounded to f16 and f32 by the reference. */
static void test_from_fixed(void)
{
    Tally t = { "integers and fixed point to f16, f32, f64", 0, 0 };

    for (unsigned i = 0; i < 300000; i++) {
        int64_t v = (int64_t)(random_int() & ((UINT64_C(1) << 53) - 1)) * (i & 1 ? -1 : 1);
        unsigned fbits = i % 5 ? random_u64() % 65 : 0, round = i / 2 % 6, flags = 0;
        double d = ref_scale((double)v, -(int)fbits);
        FpEnv env = { .round = round, .mode = i & 64 ? FP_TINY_BEFORE : 0 };
        uint64_t want = ref_round(&layout_f16, d, round, env.mode, false, false, &flags);

        check(&t, &env, v, fp_f16_from_i64(&env, v, fbits), want, flags);
        env.flags = flags = 0;
        want = ref_round(&layout_f32, d, round, env.mode, false, false, &flags);
        check(&t, &env, v, fp_f32_from_i64(&env, v, fbits), want, flags);
        env.flags = 0;
        check(&t, &env, v, fp_f64_from_i64(&env, v, fbits), f64_bits(d), 0);
        if (v >= 0) {
            check(&t, &env, v, fp_f64_from_u64(&env, v, fbits), f64_bits(d), 0);
            check(&t, &env, v, fp_f32_from_u64(&env, v, fbits), want, flags);
        }
    }
    tap_done(&t);
}

static uint64_t ref_rint(uint64_t bits, unsigned round, bool exact, unsigned *flags)
{
    double rest;
    Int128 i;

    if (layout_is_nan(&layout_f64, bits)) {
        *flags |= bits >> 51 & 1 ? 0 : FP_NV;
        return bits | UINT64_C(1) << 51;
    }
    if ((bits >> 52 & 0x7ff) >= 1023 + 52) {
        return bits;
    }
    i = split(bits, 0, &rest);
    i += ref_up(round, bits >> 63, (uint64_t)i & 1, rest);
    *flags |= exact && rest > 0 ? FP_NX : 0;
    return f64_bits((double)(int64_t)i) | (bits & UINT64_C(1) << 63);
}

static void test_rint(void)
{
    Tally t = { "rounding to integral values", 0, 0 };

    for (unsigned i = 0; i < 600000; i++) {
        unsigned round = i % 6, flags = 0;
        bool exact = i / 6 & 1;
        FpEnv env = { .round = FP_RUP };
        uint64_t near = (uint64_t)(1023 + (int)(random_u64() % 60) - 4) << 52;
        uint64_t a = layout_random(&layout_f64, near), want = ref_rint(a, round, exact, &flags);
        uint32_t a32;

        check(&t, &env, a, fp_f64_rint(&env, a, round, exact), want, flags);
        a32 = layout_random(&layout_f32, (uint64_t)(127 + (int)(random_u64() % 30) - 4) << 23);
        env.flags = flags = 0;
        want = ref_rint(fp_f32_to_f64(&(FpEnv) { 0 }, a32), round, exact, &flags);
        flags |= fp_f32_class(a32) == FP_CLASS_SNAN ? FP_NV : 0;
        check(&t, &env, a32, fp_f32_rint(&env, a32, round, exact),
              fp_f64_to_f32(&(FpEnv) { 0 }, want), flags);
    }
    for (uint32_t a = 0; a < 0x10000 * 6; a++) {
        unsigned round = a >> 16, flags = 0;
        FpEnv env = { 0 };
        uint64_t want = ref_rint(layout_to_f64(&layout_f16, a & 0xffff, false, false), round, true,
                                 &flags);

        check(&t, &env, a, fp_f16_rint(&env, a, round, true),
              fp_f64_to_f16(&(FpEnv) { 0 }, want), flags);
    }
    tap_done(&t);
}

__attribute__((target("sse4.1")))
static double host_rint(volatile double *d)
{
    __m128d v = _mm_set_sd(*d);

    return _mm_cvtsd_f64(_mm_round_sd(v, v, _MM_FROUND_RINT));
}

static void test_rint_host(void)
{
    Tally t = { "f64 rounding to integral equals the host's", 0, 0 };

    for (unsigned i = 0; i < 200000; i++) {
        FpEnv env = { .round = i % 4 };
        uint64_t near = (uint64_t)(1023 + (int)(random_u64() % 60) - 4) << 52;
        uint64_t a = layout_random(&layout_f64, near);
        volatile double d = f64_value(a), r;
        unsigned flags;

        host_begin(env.round);
        r = host_rint(&d);
        flags = host_end();
        check(&t, &env, a, fp_f64_rint(&env, a, env.round, true), f64_bits(r), flags);
    }
    tap_done(&t);
}

static void test_js(void)
{
    Tally t = { "conversion modulo 2^32", 0, 0 };

    for (unsigned i = 0; i < 300000; i++) {
        FpEnv env = { 0 };
        uint64_t near = (uint64_t)(1023 + (int)(random_u64() % 100) - 4) << 52;
        uint64_t a = i == 0 ? UINT64_C(1) << 63 : i == 1 ? 0 : layout_random(&layout_f64, near);
        unsigned flags;
        double rest;
        Int128 v = split(a, 0, &rest);
        int64_t saturated = ref_to_int(a, &int_kinds[2], FP_RTZ, 0, 0, &flags);
        bool z, want_z = flags == 0 && a != UINT64_C(1) << 63;
        uint32_t want = (a & layout_inf(&layout_f64)) == layout_inf(&layout_f64) ? 0 :
                        (uint32_t)(a >> 63 ? -v : v);
        uint32_t got = fp_f64_to_i32_js(&env, a, &z);

        check(&t, &env, a, got, want, flags);
        tally(&t, z == want_z && ((flags & FP_NV) || (int32_t)got == saturated));
    }
    tap_done(&t);
}

static int host_compare(uint64_t abits, uint64_t bbits, bool signaling, unsigned *flags)
{
    volatile double a = f64_value(abits), b = f64_value(bbits);
    int less, equal;

    host_begin(FP_RNE);
    if (signaling) {
        less = _mm_comilt_sd(_mm_set_sd(a), _mm_set_sd(b));
        equal = _mm_comieq_sd(_mm_set_sd(a), _mm_set_sd(b));
    } else {
        less = _mm_ucomilt_sd(_mm_set_sd(a), _mm_set_sd(b));
        equal = _mm_ucomieq_sd(_mm_set_sd(a), _mm_set_sd(b));
    }
    *flags = host_end();
    if (layout_is_nan(&layout_f64, abits) || layout_is_nan(&layout_f64, bbits)) {
        return FP_UN;
    }
    return equal ? FP_EQ : less ? FP_LT : FP_GT;
}

/* What min and its two relations give, by the rules in words. */
static uint64_t ref_minmax(uint64_t a, uint64_t b, bool max, unsigned rule, unsigned *flags)
{
    const uint64_t quiet = UINT64_C(1) << 51;
    bool an = layout_is_nan(&layout_f64, a), bn = layout_is_nan(&layout_f64, b);
    bool as = an && !(a & quiet), bs = bn && !(b & quiet);
    double x = f64_value(a), y = f64_value(b);

    *flags = as || bs ? FP_NV : 0;
    if (rule == 2 && an && bn) {
        return layout_nan(&layout_f64);
    }
    if ((rule == 2 && an) || (rule == 1 && an && !as && !bn)) {
        return b;
    }
    if ((rule == 2 && bn) || (rule == 1 && bn && !bs && !an)) {
        return a;
    }
    if (an || bn) {
        return (as ? a : bs ? b : an ? a : b) | quiet;
    }
    if (x == y) {
        return max ? a & b : a | b;
    }
    return (x < y) != max ? a : b;
}

static void check_pair(Tally *t, uint64_t a, uint64_t b)
{
    static uint64_t (*const funcs[])(FpEnv *, uint64_t, uint64_t) = {
        fp_f64_min, fp_f64_minnum, fp_f64_minimum_number,
        fp_f64_max, fp_f64_maxnum, fp_f64_maximum_number,
    };
    FpEnv env = { 0 };
    unsigned flags;
    int want = host_compare(a, b, false, &flags);

    check(t, &env, a, fp_f64_compare(&env, a, b, false), want, flags);
    env.flags = 0;
    want = host_compare(a, b, true, &flags);
    check(t, &env, a, fp_f64_compare(&env, a, b, true), want, flags);
    for (unsigned i = 0; i < 6; i++) {
        uint64_t pick = ref_minmax(a, b, i >= 3, i % 3, &flags);

        env.flags = 0;
        check(t, &env, a, funcs[i](&env, a, b), pick, flags);
    }
}

static void test_compare(void)
{
    Tally t = { "f64 compare, min, max and their relations", 0, 0 };
    uint64_t corners[MAX_CORNERS];
    unsigned n = layout_corners(&layout_f64, corners);

    for (unsigned i = 0; i < n * n; i++) {
        check_pair(&t, corners[i % n], corners[i / n]);
    }
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t a = layout_random(&layout_f64, random_u64());

        check_pair(&t, a, i & 1 ? layout_random(&layout_f64, a) : a + random_u64() % 5 - 2);
    }
    tap_done(&t);
}

/* All pairs of a set of f16 against f64's answers. */
static void test_compare_f16(void)
{
    Tally t = { "f16, f32 compare, minnum equal f64's", 0, 0 };

    for (uint64_t a = 0; a < 0x10000; a += 61) {
        for (uint64_t b = 0; b < 0x10000; b += 131) {
            FpEnv e = { 0 }, e2 = { 0 }, quiet = { 0 };
            uint64_t a64 = layout_to_f64(&layout_f16, a, false, false);
            uint64_t b64 = layout_to_f64(&layout_f16, b, false, false);
            int want = fp_f64_compare(&e2, a64, b64, false);
            uint64_t pick;

            check(&t, &e, a, fp_f16_compare(&e, a, b, false), want, e2.flags);
            e.flags = e2.flags = 0;
            pick = fp_f64_minnum(&e2, a64, b64);
            check(&t, &e, a, fp_f16_minnum(&e, a, b), fp_f64_to_f16(&quiet, pick), e2.flags);
            tally(&t, fp_f16_class(a) == fp_f64_class(a64) ||
                      fp_f16_class(a) & (FP_CLASS_POS_SUBNORMAL | FP_CLASS_NEG_SUBNORMAL));
            if (!layout_is_nan(&layout_f16, a) && !layout_is_nan(&layout_f16, b)) {
                uint32_t a32 = f32_bits((float)f64_value(a64));
                uint32_t b32 = f32_bits((float)f64_value(b64));

                e.flags = 0;
                check(&t, &e, a, fp_f32_compare(&e, a32, b32, true), want, 0);
                check(&t, &e, a, fp_f32_minnum(&e, a32, b32), fp_f64_to_f32(&quiet, pick), 0);
            }
        }
    }
    tap_done(&t);
}

int main(void)
{
    test_f32_f64();
    test_narrow();
    test_f16_widen();
    test_to_int();
    test_to_int_host();
    test_from_int_host();
    test_from_fixed();
    test_rint();
    if (__builtin_cpu_supports("sse4.1")) {
        test_rint_host();
    }
    test_js();
    test_compare();
    test_compare_f16();
    return tap_end();
}
