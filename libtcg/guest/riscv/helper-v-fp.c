/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector floating point, in soft-float: what is masked, has a tail, or has no host code. [RVU 31.13, 31.14.3] */
#include "guest/riscv/helper-v.h"

#include "base/fp.h"

/* Active elements only: the others raise no flags. */
#define FP_LOOP(name, bits, db, ab, bb, expr) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        typedef RV_PASTE(RvU_, db) D; \
        typedef RV_PASTE(RvU_, ab) A; \
        typedef RV_PASTE(RvU_, bb) B; \
        FpEnv *const e __attribute__((unused)) = &v->cpu->env.fp; \
        D *d = v->d; \
        const A *a = v->a; \
        const B *b = v->b; \
        const D *c __attribute__((unused)) = v->c; \
        for (unsigned i = 0; i < v->n; i++) { \
            if (rv_v_active(v, i)) { \
                const A x = a[i]; \
                const B y __attribute__((unused)) = b[i]; \
                d[i] = (D)(expr); \
            } \
        } \
    }
#define FLOATS(M) M(16) M(32) M(64)
#define FWIDES(M) M(16, 32) M(32, 64)
#define SAME(name, bits, expr) FP_LOOP(name, bits, bits, bits, bits, expr)
#define FN(bits, op) fp_f##bits##_##op
#define SIGN(bits) ((uint64_t)1 << (bits - 1))

#define ARITH(bits) \
    SAME(fadd, bits, FN(bits, add)(e, x, y)) \
    SAME(fsub, bits, FN(bits, sub)(e, x, y)) \
    SAME(frsub, bits, FN(bits, sub)(e, y, x)) \
    SAME(fmul, bits, FN(bits, mul)(e, x, y)) \
    SAME(fdiv, bits, FN(bits, div)(e, x, y)) \
    SAME(frdiv, bits, FN(bits, div)(e, y, x)) \
    SAME(fmin, bits, FN(bits, minimum_number)(e, x, y)) \
    SAME(fmax, bits, FN(bits, maximum_number)(e, x, y)) \
    SAME(fsqrt, bits, FN(bits, sqrt)(e, x)) \
    SAME(fclass, bits, FN(bits, class)(x)) \
    SAME(fmacc, bits, FN(bits, fma)(e, y, x, c[i], 0)) \
    SAME(fnmacc, bits, FN(bits, fma)(e, y, x, c[i], FP_NEG_PRODUCT | FP_NEG_ADDEND)) \
    SAME(fmsac, bits, FN(bits, fma)(e, y, x, c[i], FP_NEG_ADDEND)) \
    SAME(fnmsac, bits, FN(bits, fma)(e, y, x, c[i], FP_NEG_PRODUCT)) \
    SAME(fmadd, bits, FN(bits, fma)(e, y, c[i], x, 0)) \
    SAME(fnmadd, bits, FN(bits, fma)(e, y, c[i], x, FP_NEG_PRODUCT | FP_NEG_ADDEND)) \
    SAME(fmsub, bits, FN(bits, fma)(e, y, c[i], x, FP_NEG_ADDEND)) \
    SAME(fnmsub, bits, FN(bits, fma)(e, y, c[i], x, FP_NEG_PRODUCT)) \
    SAME(fsgnj, bits, (x & ~SIGN(bits)) | (y & SIGN(bits))) \
    SAME(fsgnjn, bits, (x & ~SIGN(bits)) | (~y & SIGN(bits))) \
    SAME(fsgnjx, bits, x ^ (y & SIGN(bits)))
FLOATS(ARITH)

/* Results that are masks. */
#define LESS(bits, signaling, x, y) FN(bits, compare)(e, x, y, signaling)
#define COMPARE(name, bits, expr) FP_LOOP(name, bits, 8, bits, bits, expr)
static bool less_or_equal(int r)
{
    return r == FP_LT || r == FP_EQ;
}
#define COMPARES(bits) \
    COMPARE(mfeq, bits, LESS(bits, false, x, y) == FP_EQ) \
    COMPARE(mfne, bits, LESS(bits, false, x, y) != FP_EQ) \
    COMPARE(mflt, bits, LESS(bits, true, x, y) == FP_LT) \
    COMPARE(mfle, bits, less_or_equal(LESS(bits, true, x, y))) \
    COMPARE(mfgt, bits, LESS(bits, true, y, x) == FP_LT) \
    COMPARE(mfge, bits, less_or_equal(LESS(bits, true, y, x)))
FLOATS(COMPARES)

/* Twice the width: operands are converted, which is exact, but a signalling NaN is noticed there. */
#define UP(bits, wide, x) fp_f##bits##_to_f##wide(e, x)
#define WIDE(name, bits, wide, expr) FP_LOOP(name, bits, wide, bits, bits, expr)
#define WIDES(bits, wide) \
    WIDE(fwadd, bits, wide, FN(wide, add)(e, UP(bits, wide, x), UP(bits, wide, y))) \
    WIDE(fwsub, bits, wide, FN(wide, sub)(e, UP(bits, wide, x), UP(bits, wide, y))) \
    WIDE(fwmul, bits, wide, FN(wide, mul)(e, UP(bits, wide, x), UP(bits, wide, y))) \
    WIDE(fwmacc, bits, wide, FN(wide, fma)(e, UP(bits, wide, y), UP(bits, wide, x), c[i], 0)) \
    WIDE(fwnmacc, bits, wide, \
         FN(wide, fma)(e, UP(bits, wide, y), UP(bits, wide, x), c[i], FP_NEG_PRODUCT | FP_NEG_ADDEND)) \
    WIDE(fwmsac, bits, wide, FN(wide, fma)(e, UP(bits, wide, y), UP(bits, wide, x), c[i], FP_NEG_ADDEND)) \
    WIDE(fwnmsac, bits, wide, FN(wide, fma)(e, UP(bits, wide, y), UP(bits, wide, x), c[i], FP_NEG_PRODUCT)) \
    FP_LOOP(fwadd_w, bits, wide, wide, bits, FN(wide, add)(e, x, UP(bits, wide, y))) \
    FP_LOOP(fwsub_w, bits, wide, wide, bits, FN(wide, sub)(e, x, UP(bits, wide, y)))
FWIDES(WIDES)

/* Reductions go through the elements in order; that is a way to do the unordered ones too. */
#define REDUCE(name, bits, wide, expr) \
    void rv_v_##name##_##bits(RvV *v); \
    void rv_v_##name##_##bits(RvV *v) \
    { \
        FpEnv *const e = &v->cpu->env.fp; \
        const RvU_##bits *a = v->a; \
        RvU_##wide y = *(const RvU_##wide *)v->b; \
        for (unsigned i = 0; i < v->n; i++) { \
            if (rv_v_active(v, i)) { \
                const RvU_##bits x = a[i]; \
                y = (expr); \
            } \
        } \
        *(RvU_##wide *)v->d = y; \
    }
#define REDUCTIONS(bits) \
    REDUCE(fredsum, bits, bits, FN(bits, add)(e, y, x)) \
    REDUCE(fredmin, bits, bits, FN(bits, minimum_number)(e, y, x)) \
    REDUCE(fredmax, bits, bits, FN(bits, maximum_number)(e, y, x))
FLOATS(REDUCTIONS)
#define WREDUCTIONS(bits, wide) REDUCE(fwredsum, bits, wide, FN(wide, add)(e, y, UP(bits, wide, x)))
FWIDES(WREDUCTIONS)

/* Conversions. */
#define CONVERT(name, bits, to, from, expr) FP_LOOP(name, bits, to, from, 8, expr)
#define CONVERTS(bits) \
    CONVERT(fcvt_xu_f, bits, bits, bits, FN(bits, to_u##bits)(e, x, e->round, 0)) \
    CONVERT(fcvt_x_f, bits, bits, bits, FN(bits, to_i##bits)(e, x, e->round, 0)) \
    CONVERT(fcvt_rtz_xu_f, bits, bits, bits, FN(bits, to_u##bits)(e, x, FP_RTZ, 0)) \
    CONVERT(fcvt_rtz_x_f, bits, bits, bits, FN(bits, to_i##bits)(e, x, FP_RTZ, 0)) \
    CONVERT(fcvt_f_xu, bits, bits, bits, FN(bits, from_u64)(e, x, 0)) \
    CONVERT(fcvt_f_x, bits, bits, bits, FN(bits, from_i64)(e, (RvS_##bits)x, 0))
FLOATS(CONVERTS)

#define WIDENS(bits, wide) \
    CONVERT(fwcvt_xu_f, bits, wide, bits, FN(bits, to_u##wide)(e, x, e->round, 0)) \
    CONVERT(fwcvt_x_f, bits, wide, bits, FN(bits, to_i##wide)(e, x, e->round, 0)) \
    CONVERT(fwcvt_rtz_xu_f, bits, wide, bits, FN(bits, to_u##wide)(e, x, FP_RTZ, 0)) \
    CONVERT(fwcvt_rtz_x_f, bits, wide, bits, FN(bits, to_i##wide)(e, x, FP_RTZ, 0)) \
    CONVERT(fwcvt_f_f, bits, wide, bits, UP(bits, wide, x)) \
    CONVERT(fncvt_f_f, bits, bits, wide, fp_f##wide##_to_f##bits(e, x)) \
    CONVERT(fncvt_rod_f_f, bits, bits, wide, to_odd_##bits(e, x)) \
    CONVERT(fncvt_f_xu, bits, bits, wide, FN(bits, from_u64)(e, x, 0)) \
    CONVERT(fncvt_f_x, bits, bits, wide, FN(bits, from_i64)(e, (RvS_##wide)x, 0))

#define TO_ODD(bits, wide) \
    static uint##bits##_t to_odd_##bits(FpEnv *e, uint##wide##_t x) \
    { \
        FpEnv odd = { .round = FP_RODD, .mode = e->mode }; \
        const uint##bits##_t r = fp_f##wide##_to_f##bits(&odd, x); \
        e->flags |= odd.flags; \
        return r; \
    }
FWIDES(TO_ODD)
FWIDES(WIDENS)

/* To 8 bits: what 16 hold is cut down. */
static int8_t to_i8(FpEnv *e, uint16_t x, unsigned round)
{
    FpEnv own = { .mode = e->mode };
    const int r = fp_f16_to_i16(&own, x, round, 0), s = r > 127 ? 127 : r < -128 ? -128 : r;

    e->flags |= r == s ? own.flags : FP_NV;
    return (int8_t)s;
}

static uint8_t to_u8(FpEnv *e, uint16_t x, unsigned round)
{
    FpEnv own = { .mode = e->mode };
    const unsigned r = fp_f16_to_u16(&own, x, round, 0), s = r > 255 ? 255 : r;

    e->flags |= r == s ? own.flags : FP_NV;
    return (uint8_t)s;
}

#define NARROWS(bits, wide, to_i, to_u) \
    CONVERT(fncvt_xu_f, bits, bits, wide, to_u(e, x, e->round)) \
    CONVERT(fncvt_x_f, bits, bits, wide, to_i(e, x, e->round)) \
    CONVERT(fncvt_rtz_xu_f, bits, bits, wide, to_u(e, x, FP_RTZ)) \
    CONVERT(fncvt_rtz_x_f, bits, bits, wide, to_i(e, x, FP_RTZ))
#define TO_I16(e, x, round) fp_f32_to_i16(e, x, round, 0)
#define TO_U16(e, x, round) fp_f32_to_u16(e, x, round, 0)
#define TO_I32(e, x, round) fp_f64_to_i32(e, x, round, 0)
#define TO_U32(e, x, round) fp_f64_to_u32(e, x, round, 0)
NARROWS(8, 16, to_i8, to_u8)
NARROWS(16, 32, TO_I16, TO_U16)
NARROWS(32, 64, TO_I32, TO_U32)

#define FROM_INTEGER(bits, wide) \
    CONVERT(fwcvt_f_xu, bits, wide, bits, FN(wide, from_u64)(e, x, 0)) \
    CONVERT(fwcvt_f_x, bits, wide, bits, FN(wide, from_i64)(e, (RvS_##bits)x, 0))
FROM_INTEGER(8, 16) FROM_INTEGER(16, 32) FROM_INTEGER(32, 64)

/* Estimates of 7 bits: of 1/x for x in [1 + i/128, 1 + (i+1)/128), and of 1/sqrt(x), i being the exponent's lowest bit
 * and 6 bits of the fraction; each the number with the smallest largest relative error. [RVU 31.13.9, 31.13.10] */
static const uint8_t reciprocal[128] = {
    127, 125, 123, 121, 119, 117, 116, 114, 112, 110, 109, 107, 105, 104, 102, 100, 99, 97, 96, 94,
    93, 91, 90, 88, 87, 85, 84, 83, 81, 80, 79, 77, 76, 75, 74, 72, 71, 70, 69, 68, 66, 65, 64, 63,
    62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 40,
    39, 38, 37, 36, 35, 35, 34, 33, 32, 31, 31, 30, 29, 28, 28, 27, 26, 25, 25, 24, 23, 23, 22, 21,
    21, 20, 19, 19, 18, 17, 17, 16, 15, 15, 14, 14, 13, 12, 12, 11, 11, 10, 9, 9, 8, 8, 7, 7, 6, 5,
    5, 4, 4, 3, 3, 2, 2, 1, 1, 0,
};
static const uint8_t root[128] = {
    52, 51, 50, 48, 47, 46, 44, 43, 42, 41, 40, 39, 38, 36, 35, 34, 33, 32, 31, 30, 30, 29, 28, 27,
    26, 25, 24, 23, 23, 22, 21, 20, 19, 19, 18, 17, 16, 16, 15, 14, 14, 13, 12, 12, 11, 10, 10, 9,
    9, 8, 7, 7, 6, 6, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 127, 125, 123, 121, 119, 118, 116, 114, 113,
    111, 109, 108, 106, 105, 103, 102, 100, 99, 97, 96, 95, 93, 92, 91, 90, 88, 87, 86, 85, 84, 83,
    82, 80, 79, 78, 77, 76, 75, 74, 73, 72, 71, 70, 70, 69, 68, 67, 66, 65, 64, 63, 63, 62, 61, 60,
    59, 59, 58, 57, 56, 56, 55, 54, 53,
};

/* A format: bits of exponent and fraction, and whether the number is a NaN, ... */
typedef struct Format {
    unsigned exp, frac;
} Format;
static const Format f16 = { 5, 10 }, f32 = { 8, 23 }, f64 = { 11, 52 };

static uint64_t low(unsigned n)
{
    return ((uint64_t)1 << n) - 1;
}

static uint64_t infinity(Format f)
{
    return low(f.exp) << f.frac;
}

static uint64_t quiet_nan(Format f)
{
    return infinity(f) | (uint64_t)1 << (f.frac - 1);
}

/* The exponent and, without the leading one, the fraction of x, not 0; a subnormal is normalised first. */
static int normal(Format f, uint64_t x, uint64_t *frac)
{
    int e = (int)(x >> f.frac & low(f.exp));

    *frac = x & low(f.frac);
    if (e == 0) {
        for (e = 1; !(*frac >> f.frac); e--) {
            *frac <<= 1;
        }
        *frac &= low(f.frac);
    }
    return e;
}

/* Zero, infinity and NaN alike for both; false: an ordinary number. */
static bool special(FpEnv *env, Format f, uint64_t x, uint64_t *r)
{
    const uint64_t sign = x & (uint64_t)1 << (f.exp + f.frac), mag = x & ~sign;

    if (mag > infinity(f)) {
        env->flags |= mag & (uint64_t)1 << (f.frac - 1) ? 0 : FP_NV;
        *r = quiet_nan(f);
    } else if (mag == 0) {
        env->flags |= FP_DZ;
        *r = sign | infinity(f);
    } else if (mag == infinity(f)) {
        *r = sign;
    } else {
        return false;
    }
    return true;
}

static uint64_t estimate_reciprocal(FpEnv *env, Format f, uint64_t x)
{
    const uint64_t sign = x & (uint64_t)1 << (f.exp + f.frac);
    uint64_t r, frac;

    if (special(env, f, x, &r)) {
        return r;
    }
    int e = normal(f, x, &frac);
    if (e < -1) {               /* too small: as an overflow is rounded */
        const bool away = env->round == FP_RNE || env->round == FP_RMM
            || env->round == (sign ? FP_RDN : FP_RUP);
        env->flags |= FP_NX | FP_OF;
        return sign | (infinity(f) - !away);
    }
    e = (int)(2 * low(f.exp - 1)) - 1 - e;
    frac = (uint64_t)reciprocal[frac >> (f.frac - 7)] << (f.frac - 7);
    if (e <= 0) {
        frac = (frac | (uint64_t)1 << f.frac) >> (1 - e);
        e = 0;
    }
    return sign | (uint64_t)e << f.frac | frac;
}

static uint64_t estimate_root(FpEnv *env, Format f, uint64_t x)
{
    const uint64_t sign = x & (uint64_t)1 << (f.exp + f.frac);
    uint64_t r, frac;

    if (sign && x != sign && (x & ~sign) <= infinity(f)) {
        env->flags |= FP_NV;
        return quiet_nan(f);
    }
    if (special(env, f, x, &r)) {
        return r;
    }
    const int e = normal(f, x, &frac);
    const unsigned index = (unsigned)(e & 1) << 6 | (unsigned)(frac >> (f.frac - 6));
    return (uint64_t)((3 * (int)low(f.exp - 1) - 1 - e) / 2) << f.frac | (uint64_t)root[index] << (f.frac - 7);
}

/* The usual ones at once: normal numbers of which the estimate is one too. */
static inline uint64_t quick_reciprocal(FpEnv *env, Format f, uint64_t x)
{
    const uint64_t e = x >> f.frac & low(f.exp), bias = low(f.exp - 1), sign = x & (uint64_t)1 << (f.exp + f.frac);

    if (e - 1 >= 2 * bias - 2) {
        return estimate_reciprocal(env, f, x);
    }
    return sign | (2 * bias - 1 - e) << f.frac | (uint64_t)reciprocal[x >> (f.frac - 7) & 127] << (f.frac - 7);
}

static inline uint64_t quick_root(FpEnv *env, Format f, uint64_t x)
{
    const uint64_t e = x >> f.frac, bias = low(f.exp - 1);

    if (e - 1 >= 2 * bias) {        /* what is negative too */
        return estimate_root(env, f, x);
    }
    return (3 * bias - 1 - e) / 2 << f.frac | (uint64_t)root[x >> (f.frac - 6) & 127] << (f.frac - 7);
}

#define ESTIMATES(bits) \
    SAME(frec7, bits, quick_reciprocal(e, f##bits, x)) \
    SAME(frsqrt7, bits, quick_root(e, f##bits, x))
FLOATS(ESTIMATES)
