/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-line vector floating point: soft-float lane by lane. */
#include "run/bfloat.h"
#include "run/op-fn.h"

#define FN(name) \
    void tcg_fn_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

/* x, y, z stand for the operands' lanes, X for the format, E for the environment, I for the signed lane. */
#define LANES(n, T, S, u, X, expr) \
    for (unsigned i = 0; i < (n); i++) { \
        T x = a->u[i], y = b ? b->u[i] : 0, z = c ? c->u[i] : 0; \
        (void)y; \
        (void)z; \
        d->u[i] = (T)(expr(X, x, y, z, S)); \
    }

#define BY_LANE(name, expr) \
    FN(name) \
    { \
        FpEnv e = tcg_fn_fp_begin(env, imm); \
        switch (imm >> TCG_FP_LANE_SHIFT & 3) { \
        case 1:  LANES(8, uint16_t, int16_t, u16, f16, expr) break; \
        case 2:  LANES(4, uint32_t, int32_t, u32, f32, expr) break; \
        default: LANES(2, uint64_t, int64_t, u64, f64, expr) break; \
        } \
        tcg_fn_fp_end(env, &e); \
    }

#define ADD(X, x, y, z, S) fp_##X##_add(&e, x, y)
#define SUB(X, x, y, z, S) fp_##X##_sub(&e, x, y)
#define MUL(X, x, y, z, S) fp_##X##_mul(&e, x, y)
#define DIV(X, x, y, z, S) fp_##X##_div(&e, x, y)
#define SQRT(X, x, y, z, S) fp_##X##_sqrt(&e, x)
#define FMA(X, x, y, z, S) fp_##X##_fma(&e, x, y, z, imm & TCG_FP_NEG_PRODUCT ? FP_NEG_PRODUCT : 0)
BY_LANE(vfadd, ADD)
BY_LANE(vfsub, SUB)
BY_LANE(vfmul, MUL)
BY_LANE(vfdiv, DIV)
BY_LANE(vfsqrt, SQRT)
BY_LANE(vfma, FMA)

#define MULX(X, x, y, z, S) fp_##X##_mulx(&e, x, y)
#define RECPS(X, x, y, z, S) fp_##X##_recps(&e, x, y)
#define RSQRTS(X, x, y, z, S) fp_##X##_rsqrts(&e, x, y)
BY_LANE(vfmulx, MULX)
BY_LANE(vfrecps, RECPS)
BY_LANE(vfrsqrts, RSQRTS)

#define RECPE(X, x, y, z, S) fp_##X##_recpe(&e, x)
#define RSQRTE(X, x, y, z, S) fp_##X##_rsqrte(&e, x)
BY_LANE(vfrecpe, RECPE)
BY_LANE(vfrsqrte, RSQRTE)

#define RULE(imm) (imm >> TCG_FP_MINMAX_SHIFT & 3)
#define MIN(X, x, y, z, S) (RULE(imm) == TCG_MM_ARM ? fp_##X##_min(&e, x, y) : RULE(imm) == TCG_MM_NUM \
    ? fp_##X##_minnum(&e, x, y) : fp_##X##_minimum_number(&e, x, y))
#define MAX(X, x, y, z, S) (RULE(imm) == TCG_MM_ARM ? fp_##X##_max(&e, x, y) : RULE(imm) == TCG_MM_NUM \
    ? fp_##X##_maxnum(&e, x, y) : fp_##X##_maximum_number(&e, x, y))
BY_LANE(vfmin, MIN)
BY_LANE(vfmax, MAX)

static bool is_ge(int r)
{
    return r == FP_GT || r == FP_EQ;
}

#define MASK(cond) ((cond) ? ~(uint64_t)0 : 0)
#define EQ(X, x, y, z, S) MASK(fp_##X##_compare(&e, x, y, false) == FP_EQ)
#define GE(X, x, y, z, S) MASK(is_ge(fp_##X##_compare(&e, x, y, true)))
#define GT(X, x, y, z, S) MASK(fp_##X##_compare(&e, x, y, true) == FP_GT)
BY_LANE(vfcmpeq, EQ)
BY_LANE(vfcmpge, GE)
BY_LANE(vfcmpgt, GT)

#define RINT(X, x, y, z, S) fp_##X##_rint(&e, x, e.round, imm & TCG_FP_EXACT)
BY_LANE(vfrint, RINT)

#define FROM_S(X, x, y, z, S) fp_##X##_from_i64(&e, (S)x, 0)
#define FROM_U(X, x, y, z, S) fp_##X##_from_u64(&e, x, 0)
BY_LANE(vfcvtsi, FROM_S)
BY_LANE(vfcvtui, FROM_U)

#define TO_LANE(name, w16, w32, w64) \
    FN(name) \
    { \
        FpEnv e = tcg_fn_fp_begin(env, imm); \
        switch (imm >> TCG_FP_LANE_SHIFT & 3) { \
        case 1: \
            for (unsigned i = 0; i < 8; i++) { \
                d->u16[i] = (uint16_t)fp_f16_to_##w16(&e, a->u16[i], e.round, 0); \
            } \
            break; \
        case 2: \
            for (unsigned i = 0; i < 4; i++) { \
                d->u32[i] = (uint32_t)fp_f32_to_##w32(&e, a->u32[i], e.round, 0); \
            } \
            break; \
        default: \
            for (unsigned i = 0; i < 2; i++) { \
                d->u64[i] = (uint64_t)fp_f64_to_##w64(&e, a->u64[i], e.round, 0); \
            } \
            break; \
        } \
        tcg_fn_fp_end(env, &e); \
    }
TO_LANE(vfcvtis, i16, i32, i64)
TO_LANE(vfcvtiu, u16, u32, u64)

/* Lanes of two sizes: through a copy, as d may be a. */

FN(vfcvtl)
{
    FpEnv e = tcg_fn_fp_begin(env, imm);
    const TcgVal v = *a;

    if ((imm >> TCG_FP_LANE_SHIFT & 3) == 1) {
        for (unsigned i = 0; i < 4; i++) {
            d->u32[i] = fp_f16_to_f32(&e, v.u16[i]);
        }
    } else {
        d->u64[0] = fp_f32_to_f64(&e, v.u32[0]);
        d->u64[1] = fp_f32_to_f64(&e, v.u32[1]);
    }
    tcg_fn_fp_end(env, &e);
}

FN(vfhalf)
{
    FpEnv e = tcg_fn_fp_begin(env, imm);
    const TcgVal v = *a;

    for (unsigned i = 0; i < 4; i++) {
        d->u32[i] = fp_f16_as_f32(e.mode, v.u16[i]);
    }
    tcg_fn_fp_end(env, &e);
}

FN(vfcvtn)
{
    FpEnv e = tcg_fn_fp_begin(env, imm);
    const TcgVal v = *a;

    d->u64[1] = 0;
    if ((imm >> TCG_FP_LANE_SHIFT & 3) == 1) {
        for (unsigned i = 0; i < 4; i++) {
            d->u16[i] = fp_f32_to_f16(&e, v.u32[i]);
        }
    } else {
        d->u32[0] = fp_f64_to_f32(&e, v.u64[0]);
        d->u32[1] = fp_f64_to_f32(&e, v.u64[1]);
    }
    tcg_fn_fp_end(env, &e);
}

FN(vfcvtbf)
{
    FpEnv e = tcg_fn_fp_begin(env, imm);
    const TcgVal v = *a;

    d->u64[1] = 0;
    for (unsigned i = 0; i < 4; i++) {
        d->u16[i] = tcg_bf_from_f32(&e, v.u32[i]);
    }
    tcg_fn_fp_end(env, &e);
}
