/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 scalar floating point [ArmARM C4.1 Data Processing -- Scalar Floating-Point, C7.2]. */
#include "guest/aarch64/insn-simd.h"

/* The type that ptype tells; false, and the exception, where half precision is not there. */
static bool get_type(TcgBuild *b, int ptype, TcgType *t)
{
    *t = ptype == 0 ? TCG_F32 : ptype == 1 ? TCG_F64 : TCG_F16;
    if (*t == TCG_F16 && !a64_has(b, A64_EXT_fp16)) {
        a64_undefined(b);
        return false;
    }
    return true;
}

static void put_f(TcgBuild *b, const A64Args *a, TcgRef x)
{
    a64_put_v(b, a->rd, x);
}

/* A constant of type t. */
static TcgRef fp_const(TcgBuild *b, TcgType t, uint64_t bits)
{
    return tcg_op1(b, TCG_OP_itof, t, tcg_const(b, bits));
}

static unsigned fraction_bits(TcgType t)
{
    return t == TCG_F16 ? 10 : t == TCG_F32 ? 23 : 52;
}

static int exponent_bias(TcgType t)
{
    return t == TCG_F16 ? 15 : t == TCG_F32 ? 127 : 1023;
}

/* imm8 is a:bcd:efgh: sign, exponent bcd - 3 with b inverted, fraction. */
uint64_t a64_fp_expand(unsigned imm8, TcgType t)
{
    const unsigned f = fraction_bits(t);
    const int exponent = (int)(imm8 >> 4 & 3) + (imm8 & 0x40 ? -3 : 1);
    const unsigned sign_at = t == TCG_F16 ? 15 : t == TCG_F32 ? 31 : 63;

    return (uint64_t)(imm8 >> 7) << sign_at | (uint64_t)(exponent + exponent_bias(t)) << f
        | (uint64_t)(imm8 & 15) << (f - 4);
}

uint64_t a64_fp_power(int n, TcgType t)
{
    return (uint64_t)(n + exponent_bias(t)) << fraction_bits(t);
}

/* One source */

#define ONE(name, r) \
    void a64_tr_##name(TcgBuild *b, const A64Args *a) \
    { \
        TcgType t; \
        if (get_type(b, a->ptype, &t)) { \
            const TcgRef n = a64_f(b, t, a->rn); \
            put_f(b, a, r); \
        } \
    }
ONE(fmov, n)
ONE(fabs, tcg_op1(b, TCG_OP_fabs, t, n))
ONE(fneg, tcg_op1(b, TCG_OP_fneg, t, n))
ONE(fsqrt, tcg_op(b, TCG_OP_fsqrt, t, a64_fp_aux(b), n, 0, 0))
ONE(frint, tcg_op(b, TCG_OP_frint, t, a64_rounding(a64_fp_aux(b), (unsigned)a->round)
                  | (a->exact ? TCG_FP_EXACT : 0), n, 0, 0))

/* To and from half precision needs no FEAT_FP16. */
void a64_tr_fcvt(TcgBuild *b, const A64Args *a)
{
    static const TcgType types[] = { TCG_F32, TCG_F64, TCG_NONE, TCG_F16 };
    const TcgType from = types[a->ptype];
    const TcgRef n = a64_f(b, from, a->rn);

    put_f(b, a, tcg_op(b, TCG_OP_fcvt, types[a->opc], a64_fp_aux(b) | (unsigned)from << TCG_FP_TYPE_SHIFT, n, 0, 0));
}

void a64_tr_bfcvt(TcgBuild *b, const A64Args *a)
{
    const TcgRef n = tcg_op(b, TCG_OP_vzext, TCG_V128, TCG_F32, a64_f(b, TCG_F32, a->rn), 0, 0);

    a64_put_v(b, a->rd, tcg_op(b, TCG_OP_vfcvtbf, TCG_V128, a64_vfp_aux(b, 2), n, 0, 0));
}

void a64_tr_fmov_imm(TcgBuild *b, const A64Args *a)
{
    TcgType t;

    if (get_type(b, a->ptype, &t)) {
        a64_put_v(b, a->rd, tcg_vconst(b, a64_fp_expand((unsigned)a->imm8, t), 0));
    }
}

/* Two and three sources */

#define TWO(name, r) \
    void a64_tr_##name(TcgBuild *b, const A64Args *a) \
    { \
        TcgType t; \
        if (get_type(b, a->ptype, &t)) { \
            const TcgRef n = a64_f(b, t, a->rn), m = a64_f(b, t, a->rm); \
            const unsigned aux = a64_fp_aux(b); \
            (void)aux; \
            put_f(b, a, r); \
        } \
    }
#define NUM (TCG_MM_NUM << TCG_FP_MINMAX_SHIFT)
TWO(fadd, tcg_op(b, TCG_OP_fadd, t, aux, n, m, 0))
TWO(fsub, tcg_op(b, TCG_OP_fsub, t, aux, n, m, 0))
TWO(fmul, tcg_op(b, TCG_OP_fmul, t, aux, n, m, 0))
TWO(fdiv, tcg_op(b, TCG_OP_fdiv, t, aux, n, m, 0))
TWO(fnmul, tcg_op1(b, TCG_OP_fneg, t, tcg_op(b, TCG_OP_fmul, t, aux, n, m, 0)))
TWO(fmax, tcg_op(b, TCG_OP_fmax, t, aux, n, m, 0))
TWO(fmin, tcg_op(b, TCG_OP_fmin, t, aux, n, m, 0))
TWO(fmaxnm, tcg_op(b, TCG_OP_fmax, t, aux | NUM, n, m, 0))
TWO(fminnm, tcg_op(b, TCG_OP_fmin, t, aux | NUM, n, m, 0))
TWO(fmadd, tcg_op(b, TCG_OP_fma, t, aux, n, m, a64_f(b, t, a->ra)))
TWO(fmsub, tcg_op(b, TCG_OP_fma, t, aux | TCG_FP_NEG_PRODUCT, n, m, a64_f(b, t, a->ra)))
TWO(fnmadd, tcg_op(b, TCG_OP_fma, t, aux | TCG_FP_NEG_PRODUCT | TCG_FP_NEG_ADDEND, n, m, a64_f(b, t, a->ra)))
TWO(fnmsub, tcg_op(b, TCG_OP_fma, t, aux | TCG_FP_NEG_ADDEND, n, m, a64_f(b, t, a->ra)))
TWO(fcsel, a64_select(b, t, a->cond, n, m))

/* Comparison */

static TcgRef compare(TcgBuild *b, const A64Args *a, TcgType t, TcgRef x, TcgRef y)
{
    return tcg_op(b, TCG_OP_fcmp, t, a64_fp_aux(b) | (a->signaling ? TCG_FP_SIGNALING : 0), x, y, 0);
}

void a64_tr_fcmp(TcgBuild *b, const A64Args *a)
{
    TcgType t;

    if (get_type(b, a->ptype, &t)) {
        a64_put_flags(b, compare(b, a, t, a64_f(b, t, a->rn), a64_f(b, t, a->rm)));
    }
}

void a64_tr_fcmp_zero(TcgBuild *b, const A64Args *a)
{
    TcgType t;

    if (get_type(b, a->ptype, &t)) {
        a64_put_flags(b, compare(b, a, t, a64_f(b, t, a->rn), fp_const(b, t, 0)));
    }
}

/* The comparison, and what it raises, is to happen only if the condition holds. */
void a64_tr_fccmp(TcgBuild *b, const A64Args *a)
{
    TcgType t;

    if (!get_type(b, a->ptype, &t)) {
        return;
    }
    const TcgRef n = a64_f(b, t, a->rn), m = a64_f(b, t, a->rm);
    if (a->cond >= TCG_AL) {
        a64_put_flags(b, compare(b, a, t, n, m));
        return;
    }
    if (t != TCG_F16 && !(a64_fp_mode(b) & FP_FLUSH)) {
        const unsigned nzcv = (unsigned)a->nzcv;
        const unsigned aux = (a64_fp_aux(b) & ~0x3ffu) | (a->signaling ? TCG_FP_SIGNALING : 0)
            | (unsigned)a->cond << TCG_FP_COND_SHIFT | (nzcv & 7) | (nzcv >> 3) << 8;
        a64_put_flags(b, tcg_op(b, TCG_OP_fccmp, t, aux, n, m, a64_flags(b)));
        return;
    }
    /* Zeroes compare without raising anything. */
    const TcgRef flags = a64_flags(b), zero = fp_const(b, t, 0);
    const TcgRef r = compare(b, a, t, a64_select(b, t, a->cond, n, zero), a64_select(b, t, a->cond, m, zero));
    const TcgRef chosen = tcg_sel(b, TCG_I64, (TcgCond)a->cond, flags, tcg_op1(b, TCG_OP_flget, TCG_I64, r),
                                  tcg_const(b, (uint64_t)a->nzcv << 28));
    a64_put_flags(b, tcg_op1(b, TCG_OP_flset, TCG_I64, chosen));
}

/* Integers */

static unsigned from_type(TcgType t)
{
    return (unsigned)t << TCG_FP_TYPE_SHIFT;
}

void a64_tr_fcvt_int(TcgBuild *b, const A64Args *a)
{
    TcgType t;

    if (get_type(b, a->ptype, &t)) {
        const unsigned aux = a64_rounding(a64_fp_aux(b), (unsigned)a->round) | from_type(t);
        a64_put_x(b, a->rd, tcg_op(b, a->u ? TCG_OP_fcvtiu : TCG_OP_fcvtis, a64_type(a->sf), aux,
                                   a64_f(b, t, a->rn), 0, 0));
    }
}

static TcgRef from_integer(TcgBuild *b, const A64Args *a, TcgOp op, TcgType t)
{
    return tcg_op(b, op, t, a64_fp_aux(b) | (a->sf ? TCG_FP_SRC64 : 0), a64_x(b, a->rn), 0, 0);
}

void a64_tr_scvtf(TcgBuild *b, const A64Args *a)
{
    TcgType t;

    if (get_type(b, a->ptype, &t)) {
        put_f(b, a, from_integer(b, a, TCG_OP_fcvtsi, t));
    }
}

void a64_tr_ucvtf(TcgBuild *b, const A64Args *a)
{
    TcgType t;

    if (get_type(b, a->ptype, &t)) {
        put_f(b, a, from_integer(b, a, TCG_OP_fcvtui, t));
    }
}

/* Fixed point. Scaling a converted integer is exact but in half precision, where the integer may be out of range. */

static void from_fixed(TcgBuild *b, const A64Args *a, TcgOp op)
{
    const int fbits = 64 - a->scale;
    TcgType t;

    if (!get_type(b, a->ptype, &t)) {
        return;
    }
    /* An integer of 32 bits is exact, also when it is scaled; the rest is FCVT's rounding, unless that is to another
     * format or halves are flushed, which FCVT does not do. */
    if (t == TCG_F16 && !a->sf && !(a64_fp_mode(b) & (FP_AHP | FP_FLUSH16))) {
        const unsigned aux = a64_fp_aux(b) & ~tcg_fp_mode(FP_FLUSH);
        const TcgRef x = tcg_op(b, TCG_OP_fmul, TCG_F64, aux, tcg_op(b, op, TCG_F64, aux, a64_x(b, a->rn), 0, 0),
                                fp_const(b, TCG_F64, a64_fp_power(-fbits, TCG_F64)), 0);
        put_f(b, a, tcg_op(b, TCG_OP_fcvt, TCG_F16, aux | from_type(TCG_F64), x, 0, 0));
        return;
    }
    if (t == TCG_F16) {
        const A64FpFn fn = op == TCG_OP_fcvtsi ? A64_FP_FROM_S : A64_FP_FROM_U;
        TcgRef x = a64_x(b, a->rn);
        if (!a->sf) {
            x = tcg_op1(b, op == TCG_OP_fcvtsi ? TCG_OP_ext32s : TCG_OP_ext32u, TCG_I64, x);
        }
        put_f(b, a, tcg_vcall(b, A64_H_f_fixed_to_half, t, x, 0, a64_fp_imm(fn, 1, 1, (unsigned)fbits)));
        return;
    }
    put_f(b, a, tcg_op(b, TCG_OP_fmul, t, a64_fp_aux(b), from_integer(b, a, op, t),
                       fp_const(b, t, a64_fp_power(-fbits, t)), 0));
}

void a64_tr_scvtf_fix(TcgBuild *b, const A64Args *a)
{
    from_fixed(b, a, TCG_OP_fcvtsi);
}

void a64_tr_ucvtf_fix(TcgBuild *b, const A64Args *a)
{
    from_fixed(b, a, TCG_OP_fcvtui);
}

/* In double precision a scaled single cannot overflow; of a double, what is too large for any integer is not scaled. */
static TcgRef to_scaled(TcgBuild *b, TcgType t, TcgRef n, int fbits)
{
    const unsigned aux = a64_fp_aux(b);
    TcgRef by = fp_const(b, TCG_F64, a64_fp_power(fbits, TCG_F64));

    if (t == TCG_F32) {
        n = tcg_op(b, TCG_OP_fcvt, TCG_F64, aux | from_type(TCG_F32), n, 0, 0);
    } else {
        const TcgRef bits = tcg_op(b, TCG_OP_ftoi, TCG_I64, TCG_F64, n, 0, 0);
        const TcgRef twice = tcg_shl(b, TCG_I64, bits, tcg_const(b, 1));
        const TcgRef small = tcg_cmp(b, TCG_I64, twice, tcg_const(b, a64_fp_power(64, TCG_F64) << 1));
        by = tcg_op(b, TCG_OP_sel, TCG_F64, TCG_LTU, by, fp_const(b, TCG_F64, a64_fp_power(0, TCG_F64)), small);
    }
    return tcg_op(b, TCG_OP_fmul, TCG_F64, aux, n, by, 0);
}

static void to_fixed(TcgBuild *b, const A64Args *a, bool is_signed)
{
    const int fbits = 64 - a->scale;
    TcgType t;

    if (!get_type(b, a->ptype, &t)) {
        return;
    }
    TcgRef n = a64_f(b, t, a->rn);
    if (t == TCG_F16) {
        n = tcg_op(b, TCG_OP_vzext, TCG_V128, TCG_F16, n, 0, 0);
        n = v1(b, TCG_OP_vfhalf, a64_vfp_aux(b, 1), n);
        n = tcg_op(b, TCG_OP_vlow, TCG_F32, 0, n, 0, 0);
        t = TCG_F32;
    }
    const unsigned aux = a64_rounding(a64_fp_aux(b), FP_RTZ) | from_type(TCG_F64);
    a64_put_x(b, a->rd, tcg_op(b, is_signed ? TCG_OP_fcvtis : TCG_OP_fcvtiu, a64_type(a->sf), aux,
                               to_scaled(b, t, n, fbits), 0, 0));
}

void a64_tr_fcvtzs_fix(TcgBuild *b, const A64Args *a)
{
    to_fixed(b, a, true);
}

void a64_tr_fcvtzu_fix(TcgBuild *b, const A64Args *a)
{
    to_fixed(b, a, false);
}

/* The integer part modulo 2^32, by the bits: the significand shifted, which leaves nothing of it from an exponent of 84
 * up, or below 0. */
static TcgRef integer_modulo(TcgBuild *b, TcgRef bits)
{
    enum { BIAS = 1023, FRACTION = 52 };
    const TcgType t = TCG_I64;
    const TcgRef exponent = tcg_extu(b, t, bits, FRACTION, 11), zero = tcg_const(b, 0);
    const TcgRef m = tcg_or(b, t, tcg_extu(b, t, bits, 0, FRACTION), tcg_const(b, (uint64_t)1 << FRACTION));
    const TcgRef up = tcg_sub(b, t, exponent, tcg_const(b, BIAS + FRACTION));
    const TcgRef shifted = tcg_sel(b, t, TCG_LT, tcg_cmp(b, t, up, zero), tcg_shr(b, t, m, tcg_sub(b, t, zero, up)),
                                   tcg_shl(b, t, m, up));
    const TcgRef some = tcg_cmp(b, t, tcg_sub(b, t, exponent, tcg_const(b, BIAS)), tcg_const(b, 32 + FRACTION));
    const TcgRef u = tcg_sel(b, t, TCG_LTU, some, shifted, zero), sign = tcg_sar(b, t, bits, tcg_const(b, 63));

    return tcg_sub(b, t, tcg_xor(b, t, u, sign), sign);
}

/* Flags are those of the saturating conversion; Z where that and back again is the same, which it is not for a
 * subnormal that was flushed. [ArmARM J1.3 FPToFixedJS] */
void a64_tr_fjcvtzs(TcgBuild *b, const A64Args *a)
{
    const unsigned aux = a64_fp_aux(b), plain = aux & ~tcg_fp_mode(FP_FLUSH);
    TcgRef x = a64_f(b, TCG_F64, a->rn);

    const TcgRef bits = tcg_op(b, TCG_OP_ftoi, TCG_I64, TCG_F64, x, 0, 0);

    if (a64_fp_mode(b) & FP_FLUSH) {
        x = tcg_op(b, TCG_OP_fdaz, TCG_F64, 0, x, 0, 0);
    }
    const TcgRef fits = tcg_op(b, TCG_OP_fcvtis, TCG_I32, a64_rounding(plain, FP_RTZ) | TCG_F64 << TCG_FP_TYPE_SHIFT,
                               x, 0, 0);
    const TcgRef back = tcg_op(b, TCG_OP_fcvtsi, TCG_F64, plain, fits, 0, 0);
    const TcgRef same = tcg_cmp(b, TCG_I64, tcg_op(b, TCG_OP_ftoi, TCG_I64, TCG_F64, back, 0, 0), bits);
    const TcgRef differs = tcg_setcc(b, TCG_NE, same), r = integer_modulo(b, bits);

    a64_put_flags(b, tcg_tst(b, TCG_I64, differs, differs));
    a64_put_x(b, a->rd, tcg_op1(b, TCG_OP_ext32u, TCG_I64, r));
}

/* Moves */

static TcgType move_type(const A64Args *a)
{
    return a->ptype == 0 ? TCG_F32 : a->ptype == 1 ? TCG_F64 : TCG_F16;
}

void a64_tr_fmov_to_x(TcgBuild *b, const A64Args *a)
{
    const TcgType t = move_type(a);

    a64_put_x(b, a->rd, tcg_op(b, TCG_OP_ftoi, TCG_I64, t, a64_f(b, t, a->rn), 0, 0));
}

void a64_tr_fmov_from_x(TcgBuild *b, const A64Args *a)
{
    put_f(b, a, tcg_op1(b, TCG_OP_itof, move_type(a), a64_x(b, a->rn)));
}

void a64_tr_fmov_to_top(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_op(b, TCG_OP_vext, TCG_I64, 3, a64_v(b, a->rn), 1, 0));
}

void a64_tr_fmov_from_top(TcgBuild *b, const A64Args *a)
{
    a64_put_v(b, a->rd, v3(b, TCG_OP_vins, 3, a64_v(b, a->rd), a64_x(b, a->rn), 1));
}
