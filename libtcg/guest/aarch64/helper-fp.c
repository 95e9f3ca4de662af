/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of floating point instructions, in soft-float with FPCR's mode as it stands in env. */
#include "guest/aarch64/insn-simd.h"

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
