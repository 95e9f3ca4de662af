/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 instructions that select, compare on condition, or work on the flags themselves. */
#include "guest/aarch64/insn.h"

TcgRef a64_select(TcgBuild *b, TcgType t, int cond, TcgRef x, TcgRef y)
{
    if (cond >= 14) {
        return t == TCG_I32 ? tcg_op1(b, TCG_OP_ext32u, TCG_I64, x) : x;
    }
    return tcg_sel(b, t, cond, a64_flags(b), x, y);
}

/* Conditional select: where rn and rm are the zero register, CSET and CSETM. */

void a64_tr_csel(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);

    a64_put_x(b, a->rd, a64_select(b, t, a->cond, a64_x(b, a->rn), a64_x(b, a->rm)));
}

void a64_tr_csinc(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);
    TcgRef v;

    if (a->rn == 31 && a->rm == 31 && a->cond < 14) {
        v = tcg_setcc(b, a->cond ^ 1, a64_flags(b));
    } else {
        TcgRef m = tcg_add(b, t, a64_x(b, a->rm), tcg_const(b, 1));

        v = a64_select(b, t, a->cond, a64_x(b, a->rn), m);
    }
    a64_put_x(b, a->rd, v);
}

void a64_tr_csinv(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);
    TcgRef v;

    if (a->rn == 31 && a->rm == 31 && a->cond < 14) {
        v = tcg_op1(b, TCG_OP_neg, t, tcg_setcc(b, a->cond ^ 1, a64_flags(b)));
    } else {
        TcgRef m = tcg_op1(b, TCG_OP_not, t, a64_x(b, a->rm));

        v = a64_select(b, t, a->cond, a64_x(b, a->rn), m);
    }
    a64_put_x(b, a->rd, v);
}

void a64_tr_csneg(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);
    TcgRef m = tcg_op1(b, TCG_OP_neg, t, a64_x(b, a->rm));

    a64_put_x(b, a->rd, a64_select(b, t, a->cond, a64_x(b, a->rn), m));
}

/* Conditional compare */

static void ccmp(TcgBuild *b, const A64Args *a, bool add, TcgRef m)
{
    const TcgType t = a64_type(a->sf);
    TcgRef n = a64_x(b, a->rn);

    if (a->cond >= 14) {
        a64_put_flags(b, add ? tcg_cmn(b, t, n, m) : tcg_cmp(b, t, n, m));
        return;
    }
    a64_put_flags(b, tcg_op(b, TCG_OP_ccmp, t, a->cond | a->nzcv << 4 | add << 8, n, m, a64_flags(b)));
}

void a64_tr_ccmp_reg(TcgBuild *b, const A64Args *a)
{
    ccmp(b, a, false, a64_x(b, a->rm));
}

void a64_tr_ccmn_reg(TcgBuild *b, const A64Args *a)
{
    ccmp(b, a, true, a64_x(b, a->rm));
}

void a64_tr_ccmp_imm(TcgBuild *b, const A64Args *a)
{
    ccmp(b, a, false, tcg_const(b, a->imm));
}

void a64_tr_ccmn_imm(TcgBuild *b, const A64Args *a)
{
    ccmp(b, a, true, tcg_const(b, a->imm));
}

/* With carry */

static void carry(TcgBuild *b, const A64Args *a, TcgOp op, TcgOp flags_op)
{
    const TcgType t = a64_type(a->sf);
    TcgRef n = a64_x(b, a->rn), m = a64_x(b, a->rm), c = a64_flags(b);
    TcgRef v = tcg_op(b, op, t, 0, n, m, c);

    if (flags_op == TCG_OP_none) {
        a64_put_x(b, a->rd, v);
    } else {
        TcgRef f = tcg_op(b, flags_op, t, 0, n, m, c);

        a64_put_x(b, a->rd, v);
        a64_put_flags(b, f);
    }
}

void a64_tr_adc(TcgBuild *b, const A64Args *a)
{
    carry(b, a, TCG_OP_adc, TCG_OP_none);
}

void a64_tr_adcs(TcgBuild *b, const A64Args *a)
{
    carry(b, a, TCG_OP_adc, TCG_OP_adcf);
}

void a64_tr_sbc(TcgBuild *b, const A64Args *a)
{
    carry(b, a, TCG_OP_sbc, TCG_OP_none);
}

void a64_tr_sbcs(TcgBuild *b, const A64Args *a)
{
    carry(b, a, TCG_OP_sbc, TCG_OP_sbcf);
}

/* Flag manipulation: N Z C V are bits 31..28 of a plain value [ArmARM FEAT_FlagM, FEAT_FlagM2]. */

enum { BIT_N = 31, BIT_Z = 30, BIT_C = 29, BIT_V = 28 };

static TcgRef flag_bits(TcgBuild *b)
{
    return tcg_op1(b, TCG_OP_flget, TCG_I64, a64_flags(b));
}

static TcgRef flag(TcgBuild *b, TcgRef nzcv, unsigned bit)
{
    return tcg_extu(b, TCG_I64, nzcv, bit, 1);
}

static TcgRef at_bit(TcgBuild *b, TcgRef v, unsigned bit)
{
    return tcg_shl(b, TCG_I64, v, tcg_const(b, bit));
}

static void put_flag_bits(TcgBuild *b, TcgRef nzcv)
{
    a64_put_flags(b, tcg_op1(b, TCG_OP_flset, TCG_I64, nzcv));
}

void a64_tr_cfinv(TcgBuild *b, const A64Args *a)
{
    put_flag_bits(b, tcg_xor(b, TCG_I64, flag_bits(b), tcg_const(b, 1u << BIT_C)));
}

void a64_tr_rmif(TcgBuild *b, const A64Args *a)
{
    const uint64_t mask = (uint64_t)a->mask << 28;
    TcgRef v = tcg_rotr(b, TCG_I64, a64_x(b, a->rn), tcg_const(b, (a->imm6 + 64 - 28) & 63));

    v = tcg_and(b, TCG_I64, v, tcg_const(b, mask));
    if (a->mask != 15) {
        v = tcg_or(b, TCG_I64, v, tcg_and(b, TCG_I64, flag_bits(b), tcg_const(b, 0xf0000000 & ~mask)));
    }
    put_flag_bits(b, v);
}

void a64_tr_setf(TcgBuild *b, const A64Args *a)
{
    TcgRef n = a64_x(b, a->rn);
    TcgRef top = tcg_extu(b, TCG_I64, n, a->size - 1, 1), above = tcg_extu(b, TCG_I64, n, a->size, 1);
    TcgRef zero = tcg_setcc(b, TCG_EQ, tcg_tst(b, TCG_I32, n, tcg_const(b, (1u << a->size) - 1)));
    TcgRef f = tcg_and(b, TCG_I64, flag_bits(b), tcg_const(b, 1u << BIT_C));

    f = tcg_or(b, TCG_I64, f, at_bit(b, top, BIT_N));
    f = tcg_or(b, TCG_I64, f, at_bit(b, zero, BIT_Z));
    f = tcg_or(b, TCG_I64, f, at_bit(b, tcg_xor(b, TCG_I64, top, above), BIT_V));
    put_flag_bits(b, f);
}

void a64_tr_axflag(TcgBuild *b, const A64Args *a)
{
    TcgRef f = flag_bits(b), z = flag(b, f, BIT_Z), c = flag(b, f, BIT_C), v = flag(b, f, BIT_V);

    z = at_bit(b, tcg_or(b, TCG_I64, z, v), BIT_Z);
    c = at_bit(b, tcg_andn(b, TCG_I64, c, v), BIT_C);
    put_flag_bits(b, tcg_or(b, TCG_I64, z, c));
}

void a64_tr_xaflag(TcgBuild *b, const A64Args *a)
{
    TcgRef f = flag_bits(b), z = flag(b, f, BIT_Z), c = flag(b, f, BIT_C);
    TcgRef one = tcg_const(b, 1);
    TcgRef either = tcg_or(b, TCG_I64, c, z);
    TcgRef r = at_bit(b, tcg_xor(b, TCG_I64, either, one), BIT_N);

    r = tcg_or(b, TCG_I64, r, at_bit(b, tcg_and(b, TCG_I64, z, c), BIT_Z));
    r = tcg_or(b, TCG_I64, r, at_bit(b, either, BIT_C));
    r = tcg_or(b, TCG_I64, r, at_bit(b, tcg_andn(b, TCG_I64, z, c), BIT_V));
    put_flag_bits(b, r);
}

/* Minimum, maximum and absolute value [ArmARM FEAT_CSSC]: comparisons that leave NZCV alone. */

static void choose(TcgBuild *b, const A64Args *a, TcgCond cc, TcgRef m)
{
    const TcgType t = a64_type(a->sf);
    TcgRef n = a64_x(b, a->rn);

    a64_put_x(b, a->rd, tcg_sel(b, t, cc, tcg_cmp(b, t, n, m), n, m));
}

#define CHOOSE(name, cc) \
    void a64_tr_##name##_reg(TcgBuild *b, const A64Args *a) \
    { \
        choose(b, a, cc, a64_x(b, a->rm)); \
    } \
    void a64_tr_##name##_imm(TcgBuild *b, const A64Args *a) \
    { \
        choose(b, a, cc, tcg_const(b, (int64_t)a->imm)); \
    }
CHOOSE(smax, TCG_GT)
CHOOSE(smin, TCG_LT)
CHOOSE(umax, TCG_HI)
CHOOSE(umin, TCG_CC)

void a64_tr_abs(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);
    TcgRef n = a64_x(b, a->rn), zero = tcg_const(b, 0);
    TcgRef v = tcg_sel(b, t, TCG_LT, tcg_cmp(b, t, n, zero), tcg_op1(b, TCG_OP_neg, t, n), n);

    a64_put_x(b, a->rd, v);
}
