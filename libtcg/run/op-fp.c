/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-line scalar floating point, in soft-float, and the moves between the register classes. */
#include "run/op-fn.h"

#include "ir/eval.h"
#include "tcg/exec.h"

#define FN(name) \
    void tcg_fn_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

static uint64_t low_bits(TcgType t, uint64_t v)
{
    switch (t) {
    case TCG_F16: return (uint16_t)v;
    case TCG_F32: return (uint32_t)v;
    default:      return v;
    }
}

static uint64_t sign_bit(TcgType t)
{
    return (uint64_t)1 << (t == TCG_F16 ? 15 : t == TCG_F32 ? 31 : 63);
}

static TcgType source_type(uint32_t imm)
{
    return (TcgType)(imm >> TCG_FP_TYPE_SHIFT & 7);
}

/* Moves */

FN(ftoi)
{
    d->u64[0] = low_bits((TcgType)tcg_fn_aux(imm), a->u64[0]);
}

FN(itof)
{
    d->u64[0] = low_bits(tcg_fn_type(imm), a->u64[0]);
}

FN(vlow)
{
    d->u64[0] = low_bits(tcg_fn_type(imm), a->u64[0]);
}

FN(vzext)
{
    d->u64[0] = low_bits((TcgType)tcg_fn_aux(imm), a->u64[0]);
    d->u64[1] = 0;
}

FN(nanbox)
{
    switch (tcg_fn_aux(imm)) {
    case TCG_F16: d->u64[0] = a->u64[0] | 0xffffffffffff0000; break;
    case TCG_F32: d->u64[0] = a->u64[0] | 0xffffffff00000000; break;
    default:      d->u64[0] = a->u64[0]; break;
    }
}

FN(unbox)
{
    switch (tcg_fn_type(imm)) {
    case TCG_F16: d->u64[0] = a->u64[0] >> 16 == 0xffffffffffff ? a->u16[0] : 0x7e00; break;
    case TCG_F32: d->u64[0] = a->u64[0] >> 32 == 0xffffffff ? a->u32[0] : 0x7fc00000; break;
    default:      d->u64[0] = a->u64[0]; break;
    }
}

/* Arithmetic */

#define BY_TYPE(name, a16, a32, a64) \
    FN(name) \
    { \
        FpEnv e = tcg_fn_fp_begin(env, imm); \
        switch (tcg_fn_type(imm)) { \
        case TCG_F16: d->u64[0] = a16; break; \
        case TCG_F32: d->u64[0] = a32; break; \
        default:      d->u64[0] = a64; break; \
        } \
        tcg_fn_fp_end(env, &e); \
    }

#define ARITH_2(name) \
    BY_TYPE(f##name, fp_f16_##name(&e, a->u16[0], b->u16[0]), fp_f32_##name(&e, a->u32[0], b->u32[0]), \
            fp_f64_##name(&e, a->u64[0], b->u64[0]))
ARITH_2(add) ARITH_2(sub) ARITH_2(mul) ARITH_2(div)

BY_TYPE(fsqrt, fp_f16_sqrt(&e, a->u16[0]), fp_f32_sqrt(&e, a->u32[0]), fp_f64_sqrt(&e, a->u64[0]))

static unsigned negations(uint32_t imm)
{
    return (imm & TCG_FP_NEG_PRODUCT ? FP_NEG_PRODUCT : 0) | (imm & TCG_FP_NEG_ADDEND ? FP_NEG_ADDEND : 0);
}

BY_TYPE(fma, fp_f16_fma(&e, a->u16[0], b->u16[0], c->u16[0], negations(imm)),
        fp_f32_fma(&e, a->u32[0], b->u32[0], c->u32[0], negations(imm)),
        fp_f64_fma(&e, a->u64[0], b->u64[0], c->u64[0], negations(imm)))

#define MINMAX(X, n, e, x, y, imm) \
    ((imm >> TCG_FP_MINMAX_SHIFT & 3) == TCG_MM_ARM ? fp_##X##_##n(e, x, y) \
     : (imm >> TCG_FP_MINMAX_SHIFT & 3) == TCG_MM_NUM ? fp_##X##_##n##num(e, x, y) \
     : fp_##X##_##n##imum_number(e, x, y))

BY_TYPE(fmin, MINMAX(f16, min, &e, a->u16[0], b->u16[0], imm), MINMAX(f32, min, &e, a->u32[0], b->u32[0], imm),
        MINMAX(f64, min, &e, a->u64[0], b->u64[0], imm))
BY_TYPE(fmax, MINMAX(f16, max, &e, a->u16[0], b->u16[0], imm), MINMAX(f32, max, &e, a->u32[0], b->u32[0], imm),
        MINMAX(f64, max, &e, a->u64[0], b->u64[0], imm))

BY_TYPE(frint, fp_f16_rint(&e, a->u16[0], e.round, imm & TCG_FP_EXACT),
        fp_f32_rint(&e, a->u32[0], e.round, imm & TCG_FP_EXACT),
        fp_f64_rint(&e, a->u64[0], e.round, imm & TCG_FP_EXACT))

/* Sign bit */

FN(fabs)
{
    TcgType t = tcg_fn_type(imm);

    d->u64[0] = low_bits(t, a->u64[0]) & ~sign_bit(t);
}

FN(fneg)
{
    TcgType t = tcg_fn_type(imm);

    d->u64[0] = low_bits(t, a->u64[0]) ^ sign_bit(t);
}

FN(fsgnj)
{
    TcgType t = tcg_fn_type(imm);

    d->u64[0] = (low_bits(t, a->u64[0]) & ~sign_bit(t)) | (b->u64[0] & sign_bit(t));
}

/* Comparison: NZCV as FPCompare gives it [ArmARM J1.3 FPCompare]. */
FN(fcmp)
{
    FpEnv e = tcg_fn_fp_begin(env, imm);
    bool signaling = imm & TCG_FP_SIGNALING;
    int r;

    switch (tcg_fn_type(imm)) {
    case TCG_F16: r = fp_f16_compare(&e, a->u16[0], b->u16[0], signaling); break;
    case TCG_F32: r = fp_f32_compare(&e, a->u32[0], b->u32[0], signaling); break;
    default:      r = fp_f64_compare(&e, a->u64[0], b->u64[0], signaling); break;
    }
    tcg_fn_fp_end(env, &e);
    d->u64[0] = r == FP_EQ ? 0x60000000 : r == FP_LT ? 0x80000000 : r == FP_GT ? 0x20000000 : 0x30000000;
}

/* c is flags: NZCV in bits 31..28. */
FN(fccmp)
{
    if (tcg_eval_cond(TCG_FP_COND(imm), (uint32_t)c->u64[0])) {
        tcg_fn_fcmp(env, d, a, b, NULL, imm);
    } else {
        d->u64[0] = (uint64_t)TCG_FP_NZCV(imm) << 28;
    }
}

/* Subnormal numbers as zeroes */

static uint64_t flushed(FpEnv *e, uint64_t x, unsigned fraction, uint64_t sign, uint32_t imm)
{
    if ((x & (sign - 1)) - 1 < ((uint64_t)1 << fraction) - 1) {
        e->flags |= imm & TCG_FP_RESULT ? FP_UF : FP_ID;
        return x & sign;
    }
    return x;
}

FN(fdaz)
{
    d->u64[0] = tcg_fn_type(imm) == TCG_F32 ? flushed(&env->fp, a->u32[0], 23, (uint64_t)1 << 31, imm)
        : flushed(&env->fp, a->u64[0], 52, (uint64_t)1 << 63, imm);
}

FN(vfdaz)
{
    if ((imm >> TCG_FP_LANE_SHIFT & 3) == 2) {
        for (unsigned i = 0; i < 4; i++) {
            d->u32[i] = (uint32_t)flushed(&env->fp, a->u32[i], 23, (uint64_t)1 << 31, imm);
        }
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        d->u64[i] = flushed(&env->fp, a->u64[i], 52, (uint64_t)1 << 63, imm);
    }
}

/* Sticky flags */

FN(fflags)
{
    d->u64[0] = tcg_fp_flags_get(env);
}

FN(fflags_set)
{
    tcg_fp_flags_set(env, a->u64[0] & 63);
}

/* Conversions */

static uint64_t to_half(FpEnv *e, TcgType from, const TcgVal *a)
{
    return from == TCG_F32 ? fp_f32_to_f16(e, a->u32[0]) : from == TCG_F64 ? fp_f64_to_f16(e, a->u64[0])
        : a->u16[0];
}

static uint64_t to_single(FpEnv *e, TcgType from, const TcgVal *a)
{
    return from == TCG_F16 ? fp_f16_to_f32(e, a->u16[0]) : from == TCG_F64 ? fp_f64_to_f32(e, a->u64[0])
        : a->u32[0];
}

static uint64_t to_double(FpEnv *e, TcgType from, const TcgVal *a)
{
    return from == TCG_F16 ? fp_f16_to_f64(e, a->u16[0]) : from == TCG_F32 ? fp_f32_to_f64(e, a->u32[0])
        : a->u64[0];
}

BY_TYPE(fcvt, to_half(&e, source_type(imm), a), to_single(&e, source_type(imm), a),
        to_double(&e, source_type(imm), a))

#define TO_INT(name, S, W) \
    FN(name) \
    { \
        FpEnv e = tcg_fn_fp_begin(env, imm); \
        bool wide = tcg_fn_type(imm) == TCG_I64; \
        switch (source_type(imm)) { \
        case TCG_F16: \
            d->u64[0] = wide ? (uint64_t)fp_f16_to_##W(&e, a->u16[0], e.round, 0) \
                : (uint32_t)fp_f16_to_##S(&e, a->u16[0], e.round, 0); \
            break; \
        case TCG_F32: \
            d->u64[0] = wide ? (uint64_t)fp_f32_to_##W(&e, a->u32[0], e.round, 0) \
                : (uint32_t)fp_f32_to_##S(&e, a->u32[0], e.round, 0); \
            break; \
        default: \
            d->u64[0] = wide ? (uint64_t)fp_f64_to_##W(&e, a->u64[0], e.round, 0) \
                : (uint32_t)fp_f64_to_##S(&e, a->u64[0], e.round, 0); \
            break; \
        } \
        tcg_fn_fp_end(env, &e); \
    }
TO_INT(fcvtis, i32, i64)
TO_INT(fcvtiu, u32, u64)

static int64_t signed_source(uint32_t imm, const TcgVal *a)
{
    return imm & TCG_FP_SRC64 ? a->s64[0] : a->s32[0];
}

static uint64_t unsigned_source(uint32_t imm, const TcgVal *a)
{
    return imm & TCG_FP_SRC64 ? a->u64[0] : a->u32[0];
}

BY_TYPE(fcvtsi, fp_f16_from_i64(&e, signed_source(imm, a), 0), fp_f32_from_i64(&e, signed_source(imm, a), 0),
        fp_f64_from_i64(&e, signed_source(imm, a), 0))
BY_TYPE(fcvtui, fp_f16_from_u64(&e, unsigned_source(imm, a), 0), fp_f32_from_u64(&e, unsigned_source(imm, a), 0),
        fp_f64_from_u64(&e, unsigned_source(imm, a), 0))
