/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the soft-float sources share: formats up to 64 bits, unpacked numbers, rounding.
 *
 * An unpacked finite non-zero number is sig * 2^(exp-62) with sig in [2^62, 2^63): the leading bit
 * one below the top, so a sum of two cannot overflow, and ten or more spare bits below binary64's
 * last place.  Results keep what does not fit as a sticky bit 0 ("jam"); two spare bits would
 * already be enough to round correctly.
 */
#ifndef FP_IMPL_H
#define FP_IMPL_H

#include "base/fp.h"

/* Generic over the format, yet compiled once per format so that shifts and masks are constants and
 * unpacked numbers live in registers. */
#define FP_SPECIALISED static inline __attribute__((always_inline))

typedef struct FpFormat {
    uint8_t width;
    uint8_t frac_bits;
    uint8_t alt;            /* Arm alternative half: no infinities, no NaNs */
    uint8_t flush_id;       /* flag raised when an input is flushed */
    uint16_t flush;         /* mode bit that flushes subnormals */
    uint16_t bias;
    uint16_t exp_ones;
    uint64_t frac_mask;
    uint64_t quiet;
    uint64_t inf;
    uint64_t sign;
} FpFormat;

#define FP_FORMAT(W, E, ALT, FLUSH, ID) { \
    .width = (W), .frac_bits = (W) - 1 - (E), .alt = (ALT), .flush = (FLUSH), .flush_id = (ID), \
    .bias = (1u << ((E) - 1)) - 1, .exp_ones = (1u << (E)) - 1, \
    .frac_mask = (UINT64_C(1) << ((W) - 1 - (E))) - 1, \
    .quiet = UINT64_C(1) << ((W) - 2 - (E)), \
    .inf = (uint64_t)((1u << (E)) - 1) << ((W) - 1 - (E)), \
    .sign = UINT64_C(1) << ((W) - 1) }

static const FpFormat format_f16 = FP_FORMAT(16, 5, 0, FP_FLUSH16, 0);
static const FpFormat format_f32 = FP_FORMAT(32, 8, 0, FP_FLUSH, FP_ID);
static const FpFormat format_f64 = FP_FORMAT(64, 11, 0, FP_FLUSH, FP_ID);
/* binary16 as conversions see it: never flushed [ArmARM FPUnpackCV, FPRoundCV] */
static const FpFormat format_f16_cv = FP_FORMAT(16, 5, 0, 0, 0);
static const FpFormat format_f16_alt = FP_FORMAT(16, 5, 1, 0, 0);

/* The order lets >= FP_NUM_QNAN mean any NaN. */
typedef enum FpClass { FP_NUM_ZERO, FP_NUM_FINITE, FP_NUM_INF, FP_NUM_QNAN, FP_NUM_SNAN } FpClass;

typedef struct FpNum {
    uint64_t sig;
    uint64_t bits;          /* the encoding, a flushed input's being that of zero */
    int32_t exp;
    uint8_t cls;
    bool sign;
} FpNum;

static inline bool fp_num_is_nan(const FpNum *n)
{
    return n->cls >= FP_NUM_QNAN;
}

/* Shift right, or-ing everything shifted out into bit 0; n may be any size. */
static inline uint64_t fp_shr_jam(uint64_t x, unsigned n)
{
    if (n == 0) {
        return x;
    }
    return n < 64 ? x >> n | (x << (64 - n) != 0) : x != 0;
}

static inline FpU128 fp_shr_jam128(FpU128 x, unsigned n)
{
    if (n == 0) {
        return x;
    }
    return n < 128 ? x >> n | (x << (128 - n) != 0) : x != 0;
}

static inline uint64_t fp_default_nan(const FpFormat *f)
{
    return f->inf | f->quiet;
}

static inline uint64_t fp_signed(const FpFormat *f, bool sign, uint64_t magnitude)
{
    return sign ? magnitude | f->sign : magnitude;
}

static inline uint64_t fp_invalid(FpEnv *env, const FpFormat *f)
{
    env->flags |= FP_NV;
    return fp_default_nan(f);
}

/* Whether the direction takes magnitudes that are too large to infinity. */
static inline bool fp_overflows_to_inf(unsigned round, bool sign)
{
    return round == FP_RNE || round == FP_RMM || round == (sign ? FP_RDN : FP_RUP);
}

/* Whether a truncated magnitude goes up: odd is its last bit, frac what was cut off, scaled so that
 * 2^63 is one half.  FP_RODD goes up to the odd neighbour. */
static inline bool fp_rounds_up(unsigned round, bool sign, bool odd, uint64_t frac)
{
    const uint64_t half = UINT64_C(1) << 63;

    switch (round) {
    case FP_RNE:
        return frac > half || (frac == half && odd);
    case FP_RMM:
        return frac >= half;
    case FP_RDN:
        return sign && frac;
    case FP_RUP:
        return !sign && frac;
    case FP_RODD:
        return !odd && frac;
    default:
        return false;
    }
}

/* Takes an encoding apart; flushes a subnormal input if the mode says so. */
FP_SPECIALISED FpNum fp_num_unpack(FpEnv *env, const FpFormat *f, uint64_t bits)
{
    FpNum n = { .bits = bits, .sign = (bits & f->sign) != 0 };
    uint64_t frac = bits & f->frac_mask;
    unsigned e = bits >> f->frac_bits & f->exp_ones;
    unsigned shift = 62 - f->frac_bits;

    if (e == 0) {
        if (frac == 0) {
            n.cls = FP_NUM_ZERO;
        } else if (env->mode & f->flush) {
            env->flags |= f->flush_id;
            n.cls = FP_NUM_ZERO;
            n.bits = bits & f->sign;
        } else {
            unsigned up = __builtin_clzll(frac) - 1;

            n.cls = FP_NUM_FINITE;
            n.sig = frac << up;
            n.exp = 1 - f->bias - (int)(up - shift);
        }
    } else if (e == f->exp_ones && !f->alt) {
        n.sig = frac;
        n.cls = frac == 0 ? FP_NUM_INF : frac & f->quiet ? FP_NUM_QNAN : FP_NUM_SNAN;
    } else {
        n.cls = FP_NUM_FINITE;
        n.sig = (frac | (f->frac_mask + 1)) << shift;
        n.exp = (int)e - f->bias;
    }
    return n;
}

/* The NaN a NaN operand turns into; raises FP_NV for a signalling one. */
uint64_t fp_num_nan(FpEnv *env, const FpFormat *f, const FpNum *n);

/* The same for operands of which at least one is a NaN: first signalling, else first quiet. */
uint64_t fp_num_nan2(FpEnv *env, const FpFormat *f, const FpNum *a, const FpNum *b);
uint64_t fp_num_nan3(FpEnv *env, const FpFormat *f, const FpNum *a, const FpNum *b, const FpNum *c);

/* What to add above a mask of cut-off bits so that truncating afterwards rounds. */
static inline uint64_t fp_increment(unsigned round, bool sign, uint64_t sig, uint64_t mask)
{
    bool odd = (sig & (mask + 1)) != 0;

    switch (round) {
    case FP_RNE:
        return (mask >> 1) + odd;
    case FP_RMM:
        return (mask >> 1) + 1;
    case FP_RDN:
        return sign ? mask : 0;
    case FP_RUP:
        return sign ? 0 : mask;
    case FP_RODD:
        return odd ? 0 : mask;
    default:
        return 0;
    }
}

/* The result of too large an exponent; of one below the least normal's, which may yet round up. */
uint64_t fp_num_overflow(FpEnv *env, const FpFormat *f, unsigned round, bool sign);
uint64_t fp_num_pack_tiny(FpEnv *env, const FpFormat *f, unsigned round, bool sign, int exp,
                          uint64_t sig);

/* Rounds sig * 2^(exp-62), sig in [2^62, 2^63) with a sticky bit 0, and raises what that raises. */
FP_SPECIALISED uint64_t fp_num_pack(FpEnv *env, const FpFormat *f, unsigned round, bool sign,
                                    int exp, uint64_t sig)
{
    unsigned shift = 62 - f->frac_bits;
    uint64_t mask = (UINT64_C(1) << shift) - 1;
    int biased = exp + f->bias;
    bool inexact = (sig & mask) != 0;

    if (biased <= 0) {
        return fp_num_pack_tiny(env, f, round, sign, exp, sig);
    }
    if (inexact) {
        sig += fp_increment(round, sign, sig, mask);
        if (sig >> 63) {
            sig >>= 1;
            biased++;
        }
    }
    if (biased >= f->exp_ones + f->alt) {
        return fp_num_overflow(env, f, round, sign);
    }
    if (inexact) {
        env->flags |= FP_NX;
    }
    return fp_signed(f, sign, ((uint64_t)biased << f->frac_bits) + (sig >> shift & f->frac_mask));
}

/* The same for sig * 2^(exp-124) with any sig; 0 gives a signed zero. */
FP_SPECIALISED uint64_t fp_num_pack_any(FpEnv *env, const FpFormat *f, unsigned round, bool sign,
                                        int exp, FpU128 sig)
{
    uint64_t high = sig >> 64;
    unsigned up;

    if (sig == 0) {
        return fp_signed(f, sign, 0);
    }
    up = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sig);
    sig <<= up;
    return fp_num_pack(env, f, round, sign, exp + 3 - (int)up,
                       (uint64_t)(sig >> 65) | ((sig << 63) != 0));
}

/* A number out of an integer's range, or a NaN, as that integer: raises FP_NV. */
uint64_t fp_integer_saturate(FpEnv *env, bool is_nan, bool sign, unsigned width, bool is_signed);

/* A magnitude with 64 fraction bits, the last sticky, rounded and saturated to width bits. */
uint64_t fp_integer_round(FpEnv *env, unsigned round, bool sign, FpU128 v, unsigned width,
                          bool is_signed);

/*
 * binary128 has its own unpacked form: sig * 2^(exp-126), sig in [2^126, 2^127), fourteen bits
 * below the last place.  It is never flushed.
 */
enum { FP_QUAD_BIAS = 16383, FP_QUAD_EXP_ONES = 0x7fff, FP_QUAD_FRAC_BITS = 112 };

typedef struct FpQuad {
    FpU128 sig;             /* of a NaN: the fraction field */
    FpU128 bits;
    int32_t exp;
    uint8_t cls;
    bool sign;
} FpQuad;

#define FP_QUAD_SIGN ((FpU128)1 << 127)
#define FP_QUAD_QUIET ((FpU128)1 << 111)
#define FP_QUAD_INF ((FpU128)FP_QUAD_EXP_ONES << FP_QUAD_FRAC_BITS)
#define FP_QUAD_FRAC_MASK (((FpU128)1 << FP_QUAD_FRAC_BITS) - 1)
#define FP_QUAD_DEFAULT_NAN (FP_QUAD_INF | FP_QUAD_QUIET)

static inline FpU128 fp_quad_signed(bool sign, FpU128 magnitude)
{
    return sign ? magnitude | FP_QUAD_SIGN : magnitude;
}

static inline bool fp_quad_is_nan(const FpQuad *n)
{
    return n->cls >= FP_NUM_QNAN;
}

/* As their namesakes above. */
FpQuad fp_quad_unpack(FpU128 bits);
FpU128 fp_quad_nan(FpEnv *env, const FpQuad *n);
FpU128 fp_quad_nan2(FpEnv *env, const FpQuad *a, const FpQuad *b);
FpU128 fp_quad_pack(FpEnv *env, unsigned round, bool sign, int exp, FpU128 sig);

/* sig * 2^(exp-126) with any sig; 0 gives a signed zero. */
FpU128 fp_quad_pack_any(FpEnv *env, unsigned round, bool sign, int exp, FpU128 sig);

#endif
