/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of floating point instructions, in soft-float with FPCR's mode as it stands in env. */
#include "guest/aarch64/insn-simd.h"
#include "guest/aarch64/sve.h"

#define HELPER(name) \
    void a64_h_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

/* Fields of a64_fp_imm. */

static unsigned imm_lane(uint32_t imm)
{
    return imm & 15;
}

static unsigned imm_count(uint32_t imm)
{
    return imm >> 4 & 15;
}

static A64FpFn imm_fn(uint32_t imm)
{
    return (A64FpFn)(imm >> 8 & 0xff);
}

static unsigned imm_arg(uint32_t imm)
{
    return imm >> 16 & 0xff;
}

/* One operand of format X; T and S: unsigned and signed integers of its size. */
#define ONE(X, T, S) \
    static T one_##X(TcgEnv *env, T x, uint32_t imm) \
    { \
        FpEnv *e = &env->fp; \
        switch (imm_fn(imm)) { \
        case A64_FP_RECPE:  return fp_##X##_recpe(e, x); \
        case A64_FP_RSQRTE: return fp_##X##_rsqrte(e, x); \
        case A64_FP_RECPX:  return fp_##X##_recpx(e, x); \
        case A64_FP_FROM_S: return fp_##X##_from_i64(e, (S)x, imm_arg(imm)); \
        case A64_FP_FROM_U: return fp_##X##_from_u64(e, x, imm_arg(imm)); \
        default:            return 0; \
        } \
    }
ONE(f16, uint16_t, int16_t)
ONE(f32, uint32_t, int32_t)
ONE(f64, uint64_t, int64_t)

HELPER(f_one)
{
    for (unsigned i = 0; i < imm_count(imm); i++) {
        switch (imm_lane(imm)) {
        case 1:  d->u16[i] = one_f16(env, a->u16[i], imm); break;
        case 2:  d->u32[i] = one_f32(env, a->u32[i], imm); break;
        default: d->u64[i] = one_f64(env, a->u64[i], imm); break;
        }
    }
}

HELPER(f_fixed_to_half)
{
    d->u64[0] = imm_fn(imm) == A64_FP_FROM_S ? fp_f16_from_i64(&env->fp, a->s64[0], imm_arg(imm))
        : fp_f16_from_u64(&env->fp, a->u64[0], imm_arg(imm));
}

/* BFloat16: the upper half of a single. Its dot products round to odd, flush, give the default NaN and raise
 * nothing [ArmARM J1.3 BFDotAdd, BFRound]. */

static const FpEnv bf_env = { .round = FP_RODD, .mode = FP_DEFAULT_NAN | FP_FLUSH | FP_TINY_BEFORE };

/* What overflowed is infinite, not the largest number. */
static uint32_t bf_overflow(const FpEnv *e, uint32_t x)
{
    return e->flags & FP_OF ? (x & 0x80000000) | 0x7f800000 : x;
}

static uint32_t bf_multiply(uint16_t x, uint16_t y)
{
    FpEnv e = bf_env;
    const uint32_t r = fp_f32_mul(&e, (uint32_t)x << 16, (uint32_t)y << 16);

    return bf_overflow(&e, r);
}

static uint32_t bf_add(uint32_t x, uint32_t y)
{
    FpEnv e = bf_env;
    const uint32_t r = fp_f32_add(&e, x, y);

    return bf_overflow(&e, r);
}

uint32_t a64_bf_dot(uint32_t acc, const uint16_t *n, const uint16_t *m)
{
    return bf_add(acc, bf_add(bf_multiply(n[0], m[0]), bf_multiply(n[1], m[1])));
}

HELPER(f_bfdot)
{
    for (unsigned i = 0; i < 4; i++) {
        d->u32[i] = a64_bf_dot(a->u32[i], b->u16 + 2 * i, c->u16 + 2 * i);
    }
}

static bool round_up(unsigned round, bool negative, uint32_t kept, uint32_t rest)
{
    switch (round) {
    case FP_RNE: return rest > 0x8000 || (rest == 0x8000 && kept & 1);
    case FP_RUP: return rest && !negative;
    case FP_RDN: return rest && negative;
    default:     return false;
    }
}

/* A single to BFloat16 [ArmARM J1.3 FPConvertBF, FPRoundBF]. Both have the same exponents, so that rounding is an
 * addition to the encoding, for subnormals as well. */
uint16_t a64_bf_from_f32(FpEnv *e, uint32_t x)
{
    const uint32_t magnitude = x & 0x7fffffff, rest = x & 0xffff;
    const uint16_t sign = (uint16_t)(x >> 16 & 0x8000);
    uint32_t r = magnitude >> 16;

    if (magnitude > 0x7f800000) {
        e->flags |= magnitude & 0x400000 ? 0 : FP_NV;
        return e->mode & FP_DEFAULT_NAN ? 0x7fc0 : (uint16_t)(sign | r | 0x40);
    }
    if (magnitude && magnitude < 0x800000 && e->mode & FP_FLUSH) {
        e->flags |= FP_ID;
        return sign;
    }
    if (rest) {
        r += round_up(e->round, sign, r, rest);
        e->flags |= FP_NX | (magnitude < 0x800000 ? FP_UF : 0) | (r == 0x7f80 ? FP_OF : 0);
    }
    return (uint16_t)(sign | r);
}

/* The immediate is the number of lanes. */
HELPER(f_bfcvt)
{
    const TcgVal v = *a;

    d->u64[0] = d->u64[1] = 0;
    for (unsigned i = 0; i < imm; i++) {
        d->u16[i] = a64_bf_from_f32(&env->fp, v.u32[i]);
    }
}
