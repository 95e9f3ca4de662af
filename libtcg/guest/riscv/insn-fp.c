/* SPDX-License-Identifier: BSD-2-Clause */
/* F, D, Zfh, Zfhmin, Zfa. [RVU 20, 21, 23, 24]
 *
 * Registers are 64 bits; a narrower value is NaN-boxed when it is put and checked when it is read [RVU 21.2]. */
#include "guest/riscv/insn.h"

#include "base/fp.h"

static TcgType format(int fmt)
{
    return fmt == 0 ? TCG_F32 : fmt == 1 ? TCG_F64 : TCG_F16;
}

static TcgRef get(TcgBuild *b, TcgType t, int n)
{
    TcgRef v = tcg_get(b, (unsigned)(RV_F0 + n));

    return t == TCG_F64 ? v : tcg_op(b, TCG_OP_unbox, t, 0, v, 0, 0);
}

static void put(TcgBuild *b, TcgType t, int n, TcgRef v)
{
    if (t != TCG_F64) {
        v = tcg_op(b, TCG_OP_nanbox, TCG_F64, t, v, 0, 0);
    }
    tcg_put(b, (unsigned)(RV_F0 + n), v);
}

/* aux for an operation that rounds. False, with the exit emitted: the rounding mode is reserved [RVU 20.2]. */
static bool rounding(TcgBuild *b, int rm, unsigned *aux)
{
    uint32_t mode = tcg_build_mode(b);

    if (rm == 5 || rm == 6 || (rm == 7 && (mode & RV_MODE_BAD_FRM))) {
        tcg_build_undef(b, NULL);
        return false;
    }
    if (rm == 7) {
        rm = mode & RV_MODE_RMM ? FP_RMM : TCG_FP_DYN;
    }
    *aux = (unsigned)rm | tcg_fp_mode(FP_DEFAULT_NAN | FP_NAN_TO_MAX);
    return true;
}

static unsigned plain(void)
{
    return TCG_FP_DYN | tcg_fp_mode(FP_DEFAULT_NAN | FP_NAN_TO_MAX);
}

static void arith(TcgBuild *b, const RvArgs *a, TcgOp op)
{
    TcgType t = format(a->fmt);
    unsigned aux;

    if (rounding(b, a->rm, &aux)) {
        put(b, t, a->rd, tcg_op(b, op, t, aux, get(b, t, a->rs1), get(b, t, a->rs2), 0));
    }
}

void rv_tr_fadd(TcgBuild *b, const RvArgs *a)
{
    arith(b, a, TCG_OP_fadd);
}

void rv_tr_fsub(TcgBuild *b, const RvArgs *a)
{
    arith(b, a, TCG_OP_fsub);
}

void rv_tr_fmul(TcgBuild *b, const RvArgs *a)
{
    arith(b, a, TCG_OP_fmul);
}

void rv_tr_fdiv(TcgBuild *b, const RvArgs *a)
{
    arith(b, a, TCG_OP_fdiv);
}

void rv_tr_fsqrt(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    unsigned aux;

    if (rounding(b, a->rm, &aux)) {
        put(b, t, a->rd, tcg_op(b, TCG_OP_fsqrt, t, aux, get(b, t, a->rs1), 0, 0));
    }
}

static void fused(TcgBuild *b, const RvArgs *a, unsigned neg)
{
    TcgType t = format(a->fmt);
    unsigned aux;

    if (rounding(b, a->rm, &aux)) {
        put(b, t, a->rd, tcg_op(b, TCG_OP_fma, t, aux | neg, get(b, t, a->rs1), get(b, t, a->rs2),
                                get(b, t, a->rs3)));
    }
}

void rv_tr_fmadd(TcgBuild *b, const RvArgs *a)
{
    fused(b, a, 0);
}

void rv_tr_fmsub(TcgBuild *b, const RvArgs *a)
{
    fused(b, a, TCG_FP_NEG_ADDEND);
}

void rv_tr_fnmsub(TcgBuild *b, const RvArgs *a)
{
    fused(b, a, TCG_FP_NEG_PRODUCT);
}

void rv_tr_fnmadd(TcgBuild *b, const RvArgs *a)
{
    fused(b, a, TCG_FP_NEG_PRODUCT | TCG_FP_NEG_ADDEND);
}

/* Sign injection; the forms of fmv, fneg and fabs come out as such. */
void rv_tr_fsgnj(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    TcgRef x = get(b, t, a->rs1);

    put(b, t, a->rd, a->rs1 == a->rs2 ? x : tcg_op2(b, TCG_OP_fsgnj, t, x, get(b, t, a->rs2)));
}

void rv_tr_fsgnjn(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    TcgRef x = get(b, t, a->rs1);

    if (a->rs1 == a->rs2) {
        put(b, t, a->rd, tcg_op1(b, TCG_OP_fneg, t, x));
    } else {
        put(b, t, a->rd, tcg_op2(b, TCG_OP_fsgnj, t, x, tcg_op1(b, TCG_OP_fneg, t, get(b, t, a->rs2))));
    }
}

void rv_tr_fsgnjx(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    TcgRef x = get(b, t, a->rs1);

    if (a->rs1 == a->rs2) {
        put(b, t, a->rd, tcg_op1(b, TCG_OP_fabs, t, x));
        return;
    }
    unsigned width = t == TCG_F16 ? 16 : t == TCG_F32 ? 32 : 64;
    TcgRef xi = tcg_op(b, TCG_OP_ftoi, TCG_I64, t, x, 0, 0);
    TcgRef yi = tcg_op(b, TCG_OP_ftoi, TCG_I64, t, get(b, t, a->rs2), 0, 0);
    TcgRef sign = tcg_and(b, TCG_I64, yi, tcg_const(b, (uint64_t)1 << (width - 1)));
    put(b, t, a->rd, tcg_op1(b, TCG_OP_itof, t, tcg_xor(b, TCG_I64, xi, sign)));
}

static void min_max(TcgBuild *b, const RvArgs *a, TcgOp op, TcgFpMinMax rule)
{
    TcgType t = format(a->fmt);

    put(b, t, a->rd, tcg_op(b, op, t, plain() | (unsigned)rule << TCG_FP_MINMAX_SHIFT, get(b, t, a->rs1),
                            get(b, t, a->rs2), 0));
}

void rv_tr_fmin(TcgBuild *b, const RvArgs *a)
{
    min_max(b, a, TCG_OP_fmin, TCG_MM_NUMBER);
}

void rv_tr_fmax(TcgBuild *b, const RvArgs *a)
{
    min_max(b, a, TCG_OP_fmax, TCG_MM_NUMBER);
}

void rv_tr_fminm(TcgBuild *b, const RvArgs *a)
{
    min_max(b, a, TCG_OP_fmin, TCG_MM_ARM);
}

void rv_tr_fmaxm(TcgBuild *b, const RvArgs *a)
{
    min_max(b, a, TCG_OP_fmax, TCG_MM_ARM);
}

/* Less is N, less or equal is not "C and not Z", in the flags of an A64 comparison. */
static void compare(TcgBuild *b, const RvArgs *a, TcgCond cc, unsigned signaling)
{
    TcgType t = format(a->fmt);
    TcgRef f = tcg_op(b, TCG_OP_fcmp, t, plain() | signaling, get(b, t, a->rs1), get(b, t, a->rs2), 0);

    rv_put_x(b, a->rd, tcg_setcc(b, cc, f));
}

void rv_tr_feq(TcgBuild *b, const RvArgs *a)
{
    compare(b, a, TCG_EQ, 0);
}

void rv_tr_flt(TcgBuild *b, const RvArgs *a)
{
    compare(b, a, TCG_MI, TCG_FP_SIGNALING);
}

void rv_tr_fle(TcgBuild *b, const RvArgs *a)
{
    compare(b, a, TCG_LS, TCG_FP_SIGNALING);
}

void rv_tr_fltq(TcgBuild *b, const RvArgs *a)
{
    compare(b, a, TCG_MI, 0);
}

void rv_tr_fleq(TcgBuild *b, const RvArgs *a)
{
    compare(b, a, TCG_LS, 0);
}

void rv_tr_fclass(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    TcgRef x = tcg_op(b, TCG_OP_ftoi, TCG_I64, t, get(b, t, a->rs1), 0, 0);

    rv_put_x(b, a->rd, tcg_hcall(b, RV_H_FCLASS, TCG_I64, x, tcg_const(b, (uint64_t)a->fmt), 0));
}

/* to: 0 w, 1 wu, 2 l, 3 lu. Results of 32 bits are sign-extended, unsigned ones too [RVU 20.7]. */
void rv_tr_fcvt_int(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    unsigned aux;

    if (!rounding(b, a->rm, &aux)) {
        return;
    }
    TcgRef v = tcg_op(b, a->to & 1 ? TCG_OP_fcvtiu : TCG_OP_fcvtis, a->to & 2 ? TCG_I64 : TCG_I32,
                      aux | (unsigned)t << TCG_FP_TYPE_SHIFT, get(b, t, a->rs1), 0, 0);
    rv_put_x(b, a->rd, a->to & 2 ? v : tcg_op1(b, TCG_OP_ext32s, TCG_I64, v));
}

void rv_tr_fcvt_from(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    unsigned aux;

    if (rounding(b, a->rm, &aux)) {
        put(b, t, a->rd, tcg_op(b, a->to & 1 ? TCG_OP_fcvtui : TCG_OP_fcvtsi, t,
                                aux | (a->to & 2 ? TCG_FP_SRC64 : 0), rv_x(b, a->rs1), 0, 0));
    }
}

void rv_tr_fcvt_fmt(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt), from = format(a->to);
    unsigned aux;

    if (rounding(b, a->rm, &aux)) {
        put(b, t, a->rd, tcg_op(b, TCG_OP_fcvt, t, aux | (unsigned)from << TCG_FP_TYPE_SHIFT,
                                get(b, from, a->rs1), 0, 0));
    }
}

/* Moves of bits: no unboxing [RVU 20.7]. */
void rv_tr_fmv_x(TcgBuild *b, const RvArgs *a)
{
    TcgRef v = tcg_op(b, TCG_OP_ftoi, TCG_I64, TCG_F64, tcg_get(b, (unsigned)(RV_F0 + a->rs1)), 0, 0);

    if (a->fmt == 0) {
        v = tcg_op1(b, TCG_OP_ext32s, TCG_I64, v);
    } else if (a->fmt == 2) {
        v = tcg_op1(b, TCG_OP_ext16s, TCG_I64, v);
    }
    rv_put_x(b, a->rd, v);
}

void rv_tr_fmv_f(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);

    put(b, t, a->rd, tcg_op1(b, TCG_OP_itof, t, rv_x(b, a->rs1)));
}

/* Zfa: the 32 constants [RVU 24.1], as binary64; 1 is the smallest normal number of the format. */
static uint64_t fli_value(TcgType t, int n)
{
    static const uint64_t value[32] = {
        0xbff0000000000000, 0,                  0x3ef0000000000000, 0x3f00000000000000,
        0x3f70000000000000, 0x3f80000000000000, 0x3fb0000000000000, 0x3fc0000000000000,
        0x3fd0000000000000, 0x3fd4000000000000, 0x3fd8000000000000, 0x3fdc000000000000,
        0x3fe0000000000000, 0x3fe4000000000000, 0x3fe8000000000000, 0x3fec000000000000,
        0x3ff0000000000000, 0x3ff4000000000000, 0x3ff8000000000000, 0x3ffc000000000000,
        0x4000000000000000, 0x4004000000000000, 0x4008000000000000, 0x4010000000000000,
        0x4020000000000000, 0x4030000000000000, 0x4060000000000000, 0x4070000000000000,
        0x40e0000000000000, 0x40f0000000000000, 0x7ff0000000000000, 0x7ff8000000000000,
    };
    FpEnv env = { .round = FP_RNE, .mode = FP_DEFAULT_NAN };

    if (n == 1) {
        return t == TCG_F16 ? 0x0400 : t == TCG_F32 ? 0x00800000 : 0x0010000000000000;
    }
    return t == TCG_F16 ? fp_f64_to_f16(&env, value[n]) : t == TCG_F32 ? fp_f64_to_f32(&env, value[n]) : value[n];
}

void rv_tr_fli(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);

    put(b, t, a->rd, tcg_op1(b, TCG_OP_itof, t, tcg_const(b, fli_value(t, a->rs1))));
}

void rv_tr_fround(TcgBuild *b, const RvArgs *a)
{
    TcgType t = format(a->fmt);
    unsigned aux;

    if (rounding(b, a->rm, &aux)) {
        put(b, t, a->rd, tcg_op(b, TCG_OP_frint, t, aux | (a->to ? TCG_FP_EXACT : 0), get(b, t, a->rs1), 0, 0));
    }
}

void rv_tr_fcvtmod(TcgBuild *b, const RvArgs *a)
{
    TcgRef x = tcg_op(b, TCG_OP_ftoi, TCG_I64, TCG_F64, tcg_get(b, (unsigned)(RV_F0 + a->rs1)), 0, 0);

    rv_put_x(b, a->rd, tcg_hcall(b, RV_H_FCVTMOD, TCG_I64, x, 0, 0));
}
