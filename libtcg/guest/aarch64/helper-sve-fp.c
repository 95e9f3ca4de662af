/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE kernels: floating point, in soft-float with FPCR's mode as it stands in env. Inactive elements raise nothing.
 * [ArmARM C8.2, J1.3] */
#include "guest/aarch64/sve-kernels.h"
#include "run/bfloat.h"

#include "base/fp.h"

#define ENV FpEnv *const e __attribute__((unused)) = &v->cpu->env.fp
#define EACH(name, bits, expr) \
    A64_SVE_BODY(name, bits, \
        ENV; \
        for (unsigned i = 0; i < count; i++) { \
            const U x __attribute__((unused)) = n[i], y __attribute__((unused)) = m[i]; \
            const U z __attribute__((unused)) = a[i]; \
            d[i] = 0; \
            if (a64_sve_active(v, i, sizeof(U))) { \
                d[i] = (U)(expr); \
            } \
        })
#define F(bits, op) fp_f##bits##_##op
#define SIGN(bits) ((uint64_t)1 << (bits - 1))
#define ABS(bits, x) ((x) & (SIGN(bits) - 1))
#define FLOATS(M) M(16) M(32) M(64)

static bool less_or_equal(int r)
{
    return r == FP_LT || r == FP_EQ;
}

#define ARITHMETIC(b) \
    EACH(fadd, b, F(b, add)(e, x, y)) \
    EACH(fsub, b, F(b, sub)(e, x, y)) \
    EACH(fmul, b, F(b, mul)(e, x, y)) \
    EACH(fdiv, b, F(b, div)(e, x, y)) \
    EACH(fmax, b, F(b, max)(e, x, y)) \
    EACH(fmin, b, F(b, min)(e, x, y)) \
    EACH(fmaxnm, b, F(b, maxnum)(e, x, y)) \
    EACH(fminnm, b, F(b, minnum)(e, x, y)) \
    EACH(fabd, b, ABS(b, F(b, sub)(e, x, y))) \
    EACH(fmulx, b, F(b, mulx)(e, x, y)) \
    EACH(frecps, b, F(b, recps)(e, x, y)) \
    EACH(frsqrts, b, F(b, rsqrts)(e, x, y)) \
    EACH(frecpe, b, F(b, recpe)(e, x)) \
    EACH(frsqrte, b, F(b, rsqrte)(e, x)) \
    EACH(frecpx, b, F(b, recpx)(e, x)) \
    EACH(fsqrt, b, F(b, sqrt)(e, x)) \
    EACH(fmla, b, F(b, fma)(e, x, y, z, 0)) \
    EACH(fmls, b, F(b, fma)(e, x, y, z, FP_NEG_PRODUCT)) \
    EACH(fnmla, b, F(b, fma)(e, x, y, z, FP_NEG_PRODUCT | FP_NEG_ADDEND)) \
    EACH(fnmls, b, F(b, fma)(e, x, y, z, FP_NEG_ADDEND)) \
    EACH(frintn, b, F(b, rint)(e, x, FP_RNE, false)) \
    EACH(frintp, b, F(b, rint)(e, x, FP_RUP, false)) \
    EACH(frintm, b, F(b, rint)(e, x, FP_RDN, false)) \
    EACH(frintz, b, F(b, rint)(e, x, FP_RTZ, false)) \
    EACH(frinta, b, F(b, rint)(e, x, FP_RMM, false)) \
    EACH(frintx, b, F(b, rint)(e, x, e->round, true)) \
    EACH(frinti, b, F(b, rint)(e, x, e->round, false))
FLOATS(ARITHMETIC)

/* Comparison: all but equality raise invalid for any NaN. */
#define COMPARISON(b) \
    EACH(fcmge, b, less_or_equal(F(b, compare)(e, y, x, true))) \
    EACH(fcmgt, b, F(b, compare)(e, y, x, true) == FP_LT) \
    EACH(fcmle, b, less_or_equal(F(b, compare)(e, x, y, true))) \
    EACH(fcmlt, b, F(b, compare)(e, x, y, true) == FP_LT) \
    EACH(fcmeq, b, F(b, compare)(e, x, y, false) == FP_EQ) \
    EACH(fcmne, b, F(b, compare)(e, x, y, false) != FP_EQ) \
    EACH(fcmuo, b, F(b, compare)(e, x, y, false) == FP_UN) \
    EACH(facge, b, less_or_equal(F(b, compare)(e, ABS(b, y), ABS(b, x), true))) \
    EACH(facgt, b, F(b, compare)(e, ABS(b, y), ABS(b, x), true) == FP_LT)
FLOATS(COMPARISON)

/* Conversions; elements are as wide as the wider format. FPCR.AHP does not count [ArmARM J1.3 FPConvertSVE]. */
#define IEEE_HALF(call) \
    ({ \
        FpEnv h = { .round = e->round, .mode = e->mode & ~FP_AHP }; \
        const uint64_t r_ = (call); \
        e->flags |= h.flags; \
        r_; \
    })
EACH(fcvt_sh, 32, IEEE_HALF(fp_f32_to_f16(&h, x)))
EACH(fcvt_hs, 32, IEEE_HALF(fp_f16_to_f32(&h, (uint16_t)x)))
EACH(fcvt_dh, 64, IEEE_HALF(fp_f64_to_f16(&h, x)))
EACH(fcvt_hd, 64, IEEE_HALF(fp_f16_to_f64(&h, (uint16_t)x)))
EACH(fcvt_ds, 64, fp_f64_to_f32(e, x))
EACH(fcvt_sd, 64, fp_f32_to_f64(e, (uint32_t)x))
EACH(fcvtlt_hs, 32, IEEE_HALF(fp_f16_to_f32(&h, (uint16_t)(x >> 16))))
EACH(fcvtlt_sd, 64, fp_f32_to_f64(e, (uint32_t)(x >> 32)))
EACH(bfcvt, 32, tcg_bf_from_f32(e, x))

static uint32_t round_to_odd(FpEnv *e, uint64_t x)
{
    FpEnv odd = { .round = FP_RODD, .mode = e->mode };
    const uint32_t r = fp_f64_to_f32(&odd, x);

    e->flags |= odd.flags;
    return r;
}
EACH(fcvtx, 64, round_to_odd(e, x))

#define FROM_INT(from, to, c, bits) \
    EACH(scvtf_##from##_##c, bits, fp_f##to##_from_i64(e, (int##from##_t)x, 0)) \
    EACH(ucvtf_##from##_##c, bits, fp_f##to##_from_u64(e, (uint##from##_t)x, 0))
FROM_INT(16, 16, h, 16) FROM_INT(32, 16, h, 32) FROM_INT(64, 16, h, 64)
FROM_INT(32, 32, s, 32) FROM_INT(64, 32, s, 64) FROM_INT(32, 64, d, 64) FROM_INT(64, 64, d, 64)
/* An integer narrower than the element is extended to it. */
#define TO_INT(from, c, to, bits) \
    EACH(fcvtzs_##c##_##to, bits, (S)fp_f##from##_to_i##to(e, (uint##from##_t)x, FP_RTZ, 0)) \
    EACH(fcvtzu_##c##_##to, bits, fp_f##from##_to_u##to(e, (uint##from##_t)x, FP_RTZ, 0))
TO_INT(16, h, 16, 16) TO_INT(16, h, 32, 32) TO_INT(16, h, 64, 64)
TO_INT(32, s, 32, 32) TO_INT(64, d, 32, 64) TO_INT(32, s, 64, 64) TO_INT(64, d, 64, 64)

/* The exponent as an integer; zeroes and NaNs are invalid and give the smallest one [ArmARM J1.3 FPLogB]. */
#define LOGB(b, fraction, flush) \
    static uint##b##_t logb_##b(FpEnv *e, uint##b##_t x) \
    { \
        const uint##b##_t m = (uint##b##_t)ABS(b, x); \
        const unsigned exponent = (unsigned)(m >> fraction), ones = (1u << (b - 1 - fraction)) - 1; \
        if (exponent == ones && m == (uint##b##_t)((uint64_t)ones << fraction)) { \
            return (uint##b##_t)(SIGN(b) - 1); \
        } \
        if (!exponent && m && e->mode & flush) { \
            e->flags |= b == 16 ? FP_NV : FP_NV | FP_ID; \
            return (uint##b##_t)SIGN(b); \
        } \
        if (!m || exponent == ones) { \
            e->flags |= FP_NV; \
            return (uint##b##_t)SIGN(b); \
        } \
        if (!exponent) { \
            return (uint##b##_t)(64 - __builtin_clzll(m) - fraction - (int)(ones >> 1)); \
        } \
        return (uint##b##_t)((int)exponent - (int)(ones >> 1)); \
    } \
    EACH(flogb, b, logb_##b(e, x))
LOGB(16, 10, FP_FLUSH16) LOGB(32, 23, FP_FLUSH) LOGB(64, 52, FP_FLUSH)

/* x times 2 to the power s, rounded once [ArmARM J1.3 FPScale]. Multiplications are by powers of two and so exact up
 * to the one that rounds; the exponent of a normal number is set as far as it goes. */
#define SCALE(b, fraction) \
    static uint##b##_t scale_##b(FpEnv *e, uint##b##_t x, int64_t s) \
    { \
        const int ones = (1 << (b - 1 - fraction)) - 1, bias = ones >> 1; \
        const uint##b##_t sign = (uint##b##_t)(x & SIGN(b)); \
        uint##b##_t m = (uint##b##_t)ABS(b, x); \
        int exponent = (int)(m >> fraction); \
        if (exponent == ones || !m) { \
            return F(b, mul)(e, x, (uint##b##_t)((uint64_t)bias << fraction)); \
        } \
        while (!exponent) {             /* subnormal: up to a normal number, or down at once */ \
            const int step = s > bias ? bias : s < 1 - bias ? 1 - bias : (int)s; \
            x = F(b, mul)(e, x, (uint##b##_t)((uint64_t)(bias + step) << fraction)); \
            m = (uint##b##_t)ABS(b, x); \
            s -= step; \
            exponent = (int)(m >> fraction); \
            if (step <= 0 || !s || !m) { \
                return x; \
            } \
        } \
        const int64_t want = exponent + (s > 4 * ones ? 4 * ones : s < -4 * ones ? -4 * ones : s); \
        const int set = want >= ones ? ones - 1 : want < 1 ? 1 : (int)want; \
        const int64_t rest = want - set, step = rest > bias ? bias : rest < 1 - bias ? 1 - bias : rest; \
        m = (uint##b##_t)((m & (((uint64_t)1 << fraction) - 1)) | (uint64_t)set << fraction | sign); \
        return rest ? F(b, mul)(e, m, (uint##b##_t)((uint64_t)(bias + step) << fraction)) : m; \
    } \
    EACH(fscale, b, scale_##b(e, x, (S)y))
SCALE(16, 10) SCALE(32, 23) SCALE(64, 52)

/* Sine and cosine: squares with a sign, the coefficients of their series, and which of the two it is. Powers of two by
 * 2**(i / 32) or 2**(i / 64). [ArmARM J1.3 FPTrigSMul, FPTrigMAddCoefficient, FPExpCoefficient] */
static const uint16_t trig_16[] = {
    0x3c00, 0xb155, 0x2030, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x3c00, 0xb800, 0x293a, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
};
static const uint32_t trig_32[] = {
    0x3f800000, 0xbe2aaaab, 0x3c088886, 0xb95008b9, 0x36369d6d, 0x00000000, 0x00000000, 0x00000000,
    0x3f800000, 0xbf000000, 0x3d2aaaa6, 0xbab60705, 0x37cd37cc, 0x00000000, 0x00000000, 0x00000000,
};
static const uint64_t trig_64[] = {
    0x3ff0000000000000, 0xbfc5555555555543, 0x3f8111111110f30c, 0xbf2a01a019b92fc6,
    0x3ec71de351f3d22b, 0xbe5ae5e2b60f7b91, 0x3de5d8408868552f, 0x0000000000000000,
    0x3ff0000000000000, 0xbfe0000000000000, 0x3fa5555555555536, 0xbf56c16c16c13a0b,
    0x3efa01a019b1e8d8, 0xbe927e4f7282f468, 0x3e21ee96d2641b13, 0xbda8f76380fbb401,
};
static const uint16_t exp_16[] = {
    0x000, 0x016, 0x02d, 0x045, 0x05d, 0x075, 0x08e, 0x0a8, 0x0c2, 0x0dc, 0x0f8, 0x114, 0x130, 0x14d, 0x16b, 0x189,
    0x1a8, 0x1c8, 0x1e8, 0x209, 0x22b, 0x24e, 0x271, 0x295, 0x2ba, 0x2e0, 0x306, 0x32e, 0x356, 0x37f, 0x3a9, 0x3d4,
};
static const uint32_t exp_32[] = {
    0x000000, 0x0164d2, 0x02cd87, 0x043a29, 0x05aac3, 0x071f62, 0x08980f, 0x0a14d5,
    0x0b95c2, 0x0d1adf, 0x0ea43a, 0x1031dc, 0x11c3d3, 0x135a2b, 0x14f4f0, 0x16942d,
    0x1837f0, 0x19e046, 0x1b8d3a, 0x1d3eda, 0x1ef532, 0x20b051, 0x227043, 0x243516,
    0x25fed7, 0x27cd94, 0x29a15b, 0x2b7a3a, 0x2d583f, 0x2f3b79, 0x3123f6, 0x3311c4,
    0x3504f3, 0x36fd92, 0x38fbaf, 0x3aff5b, 0x3d08a4, 0x3f179a, 0x412c4d, 0x4346cd,
    0x45672a, 0x478d75, 0x49b9be, 0x4bec15, 0x4e248c, 0x506334, 0x52a81e, 0x54f35b,
    0x5744fd, 0x599d16, 0x5bfbb8, 0x5e60f5, 0x60ccdf, 0x633f89, 0x65b907, 0x68396a,
    0x6ac0c7, 0x6d4f30, 0x6fe4ba, 0x728177, 0x75257d, 0x77d0df, 0x7a83b3, 0x7d3e0c,
};
static const uint64_t exp_64[] = {
    0x0000000000000, 0x02c9a3e778061, 0x059b0d3158574, 0x0874518759bc8,
    0x0b5586cf9890f, 0x0e3ec32d3d1a2, 0x11301d0125b51, 0x1429aaea92de0,
    0x172b83c7d517b, 0x1a35beb6fcb75, 0x1d4873168b9aa, 0x2063b88628cd6,
    0x2387a6e756238, 0x26b4565e27cdd, 0x29e9df51fdee1, 0x2d285a6e4030b,
    0x306fe0a31b715, 0x33c08b26416ff, 0x371a7373aa9cb, 0x3a7db34e59ff7,
    0x3dea64c123422, 0x4160a21f72e2a, 0x44e086061892d, 0x486a2b5c13cd0,
    0x4bfdad5362a27, 0x4f9b2769d2ca7, 0x5342b569d4f82, 0x56f4736b527da,
    0x5ab07dd485429, 0x5e76f15ad2148, 0x6247eb03a5585, 0x6623882552225,
    0x6a09e667f3bcd, 0x6dfb23c651a2f, 0x71f75e8ec5f74, 0x75feb564267c9,
    0x7a11473eb0187, 0x7e2f336cf4e62, 0x82589994cce13, 0x868d99b4492ed,
    0x8ace5422aa0db, 0x8f1ae99157736, 0x93737b0cdc5e5, 0x97d829fde4e50,
    0x9c49182a3f090, 0xa0c667b5de565, 0xa5503b23e255d, 0xa9e6b5579fdbf,
    0xae89f995ad3ad, 0xb33a2b84f15fb, 0xb7f76f2fb5e47, 0xbcc1e904bc1d2,
    0xc199bdd85529c, 0xc67f12e57d14b, 0xcb720dcef9069, 0xd072d4a07897c,
    0xd5818dcfba487, 0xda9e603db3285, 0xdfc97337b9b5f, 0xe502ee78b3ff6,
    0xea4afa2a490da, 0xefa1bee615a27, 0xf50765b6e4540, 0xfa7c1819e90d8,
};

#define IS_NAN(b, fraction, x) (ABS(b, x) > (SIGN(b) - ((uint64_t)1 << fraction)))
#define WITH_SIGN(b, fraction, r, y) \
    ({ const U r_ = (r); IS_NAN(b, fraction, r_) ? r_ : (U)ABS(b, r_) | (U)((uint64_t)((y) & 1) << (b - 1)); })
#define TRIGONOMETRY(b, fraction) \
    EACH(ftsmul, b, WITH_SIGN(b, fraction, F(b, mul)(e, x, x), y)) \
    EACH(ftmad, b, F(b, fma)(e, x, (U)ABS(b, y), trig_##b[(v->imm & 7) + (y & SIGN(b) ? 8 : 0)], 0)) \
    EACH(ftssel, b, (y & 1 ? (((uint64_t)1 << (b - 2)) - ((uint64_t)1 << fraction)) : (uint64_t)x) \
                        ^ (uint64_t)(y >> 1 & 1) << (b - 1))
TRIGONOMETRY(16, 10) TRIGONOMETRY(32, 23) TRIGONOMETRY(64, 52)
EACH(fexpa, 16, (x >> 5 & 31) << 10 | exp_16[x & 31])
EACH(fexpa, 32, (x >> 6 & 255) << 23 | exp_32[x & 63])
EACH(fexpa, 64, (x >> 6 & 2047) << 52 | exp_64[x & 63])

/* Reductions: halves of the vector are reduced, then combined [ArmARM J1.3 Reduce]. */
#define TREE(name, b, identity, op) \
    A64_SVE_BODY(name, b, \
        ENV; \
        U r[A64_SVE_BYTES / sizeof(U)]; \
        for (unsigned i = 0; i < count; i++) { \
            r[i] = (U)(a64_sve_active(v, i, sizeof(U)) ? n[i] : (identity)); \
        } \
        for (unsigned k = 1; k < count; k *= 2) { \
            for (unsigned i = 0; i < count; i += 2 * k) { \
                r[i] = op(e, r[i], r[i + k]); \
            } \
        } \
        v->result = r[0];)
#define INFINITY_OF(b, fraction) (SIGN(b) - ((uint64_t)1 << fraction))
#define NAN_OF(b, fraction) (SIGN(b) - ((uint64_t)1 << (fraction - 1)))
#define REDUCTIONS(b, fraction) \
    TREE(faddv, b, 0, F(b, add)) \
    TREE(fmaxv, b, SIGN(b) | INFINITY_OF(b, fraction), F(b, max)) \
    TREE(fminv, b, INFINITY_OF(b, fraction), F(b, min)) \
    TREE(fmaxnmv, b, NAN_OF(b, fraction), F(b, maxnum)) \
    TREE(fminnmv, b, NAN_OF(b, fraction), F(b, minnum)) \
    A64_SVE_BODY(fadda, b, \
        ENV; \
        U r = n[0]; \
        for (unsigned i = 0; i < count; i++) { \
            r = a64_sve_active(v, i, sizeof(U)) ? F(b, add)(e, r, m[i]) : r; \
        } \
        v->result = r;)
REDUCTIONS(16, 10) REDUCTIONS(32, 23) REDUCTIONS(64, 52)

/* Complex numbers: even elements are real; each part has its own predicate. The immediate's low bits are quarter
 * turns; FCADD has one or three. */
#define TURNED(b, x, negative) ((U)((x) ^ ((negative) ? SIGN(b) : 0)))
#define COMPLEX(b) \
    A64_SVE_BODY(fcadd, b, \
        ENV; \
        for (unsigned i = 0; i < count; i++) { \
            const bool imaginary = i & 1, back = v->imm & 1; \
            d[i] = a64_sve_active(v, i, sizeof(U)) ? \
                F(b, add)(e, n[i], TURNED(b, m[i ^ 1], imaginary == back)) : 0; \
        }) \
    A64_SVE_BODY(fcmla, b, \
        ENV; \
        const unsigned turn = (unsigned)v->imm & 3; \
        for (unsigned i = 0; i < count; i++) { \
            const bool negative = i & 1 ? turn >= 2 : turn == 1 || turn == 2; \
            const U part = n[(i & ~1u) + (turn & 1)], other = TURNED(b, m[i ^ (turn & 1)], negative); \
            d[i] = a64_sve_active(v, i, sizeof(U)) ? F(b, fma)(e, part, other, a[i], 0) : 0; \
        })
FLOATS(COMPLEX)

/* Products into single precision; elements have been extended. */
#define HALF(x) fp_f16_as_f32(e->mode, (uint16_t)(x))
EACH(fmlal, 32, fp_f32_fma(e, HALF(x), HALF(y), z, 0))
EACH(fmlsl, 32, fp_f32_fma(e, HALF(x ^ 0x8000), HALF(y), z, 0))
EACH(bfmlal, 32, fp_f32_fma(e, x << 16, y << 16, z, 0))

A64_SVE_BODY(bfdot, 32,
    for (unsigned i = 0; i < count; i++) {
        d[i] = tcg_bf_dot(a[i], (const A64U16 *)v->n + 2 * i, (const A64U16 *)v->m + 2 * i);
    })

/* Matrices of 2 by 4 and 4 by 2 in each 128 bits, of 2 by 2 in each four elements. */
A64_SVE_BODY(bfmmla, 32,
    const A64U16 *p = v->n;
    const A64U16 *q = v->m;
    for (unsigned i = 0; i < count; i++) {
        const unsigned row = i / 4 * 8 + i / 2 % 2 * 4, column = i / 4 * 8 + i % 2 * 4;
        d[i] = tcg_bf_dot(tcg_bf_dot(a[i], p + row, q + column), p + row + 2, q + column + 2);
    })
#define MATRIX(name, b, unused) \
    A64_SVE_BODY(name, b, \
        ENV; \
        for (unsigned i = 0; i < count; i++) { \
            const unsigned row = i / 4 * 4 + i / 2 % 2 * 2, column = i / 4 * 4 + i % 2 * 2; \
            const U first = F(b, mul)(e, n[row], m[column]), second = F(b, mul)(e, n[row + 1], m[column + 1]); \
            d[i] = F(b, add)(e, a[i], F(b, add)(e, first, second)); \
        })
MATRIX(fmmla, 32, 0) MATRIX(fmmla, 64, 0)
