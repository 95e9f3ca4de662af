/* SPDX-License-Identifier: BSD-2-Clause */
/* Fixed-point arithmetic as IR. [RVU 31.12]
 *
 * What saturated is where the result is not the one that was meant. Rounding is to nearest, up if it is in the middle,
 * or down, which is what programs use: with another vxrm it is a call. Half of t, rounded up, is t - (t >> 1). */
#include "guest/riscv/insn-v-full.h"

enum { VXRM_RNU = 0, VXRM_RDN = 2 };            /* [RVU 31.3.8] */

static unsigned vxrm(const RvVFull *f)
{
    return tcg_build_mode(f->b) >> RV_MODE_VXRM_SHIFT & 3;
}

static bool rounds_down(const RvVFull *f)
{
    return vxrm(f) == VXRM_RDN;
}

static bool rounding_is_here(const RvVFull *f)
{
    return vxrm(f) == VXRM_RNU || vxrm(f) == VXRM_RDN;
}

/* vxsat is set if a lane of diff is not zero. */
static void note_saturation(TcgBuild *b, TcgRef diff)
{
    const TcgRef same = tcg_op(b, TCG_OP_vcmpeq, TCG_V128, 0, diff, tcg_vconst(b, 0, 0), 0);
    const TcgRef bytes = tcg_op(b, TCG_OP_vmsk, TCG_I64, 0, same, 0, 0);
    const TcgRef any = tcg_setcc(b, TCG_NE, tcg_cmp(b, TCG_I64, bytes, tcg_const(b, 0xffff)));

    tcg_put(b, RV_VXSAT, tcg_or(b, TCG_I64, tcg_get(b, RV_VXSAT), any));
}

static TcgRef shift_right(const RvVFull *f, bool arithmetic, TcgRef x, unsigned n)
{
    return tcg_op(f->b, arithmetic ? TCG_OP_vsar : TCG_OP_vshr, TCG_V128, f->lane, x, n, 0);
}

/* x >> n, rounded, lanes of f; n a constant. */
static TcgRef rounded_shift(const RvVFull *f, bool arithmetic, TcgRef x, unsigned n)
{
    if (n == 0 || rounds_down(f)) {
        return n ? shift_right(f, arithmetic, x, n) : x;
    }
    const TcgRef t = n > 1 ? shift_right(f, arithmetic, x, n - 1) : x;
    return rv_vf_op2(f, TCG_OP_vsub, 0, t, shift_right(f, arithmetic, t, 1));
}

/* The same by lanes: the last bit that goes is added; with none, that is the one a shift to the left brings in. */
static TcgRef rounded_shift_by(const RvVFull *f, bool arithmetic, TcgRef x, TcgRef n)
{
    const unsigned flags = arithmetic ? TCG_V_SIGNED : 0;
    const TcgRef one = rv_vf_splat(f, 1), mask = rv_vf_splat(f, (8u << f->lane) - 1);

    n = tcg_op(f->b, TCG_OP_vneg, TCG_V128, f->lane, tcg_op2(f->b, TCG_OP_vand, TCG_V128, n, mask), 0, 0);
    if (rounds_down(f)) {
        return rv_vf_op2(f, TCG_OP_vshlv, flags, x, n);
    }
    const TcgRef last = rv_vf_op2(f, TCG_OP_vshlv, flags, x, rv_vf_op2(f, TCG_OP_vadd, 0, n, one));
    return rv_vf_op2(f, TCG_OP_vadd, 0, rv_vf_op2(f, TCG_OP_vshlv, flags, x, n),
                     tcg_op2(f->b, TCG_OP_vand, TCG_V128, last, one));
}

/* (x + y) / 2: the bits that both have, and half of those that differ; rounded up, the bits that either has, less that
 * half. (x - y) / 2: half of those that differ, less the bits that y has alone; rounded up, the bits that x has alone,
 * less that half. */
static TcgRef average(const RvVFull *f, TcgRef x, TcgRef y)
{
    const bool difference = f->i->op == RV_V_vasub || f->i->op == RV_V_vasubu;
    const bool is_signed = f->i->op == RV_V_vaadd || f->i->op == RV_V_vasub, down = rounds_down(f);
    TcgBuild *b = f->b;

    if (!difference && !is_signed && !down && f->lane < 3) {
        return rv_vf_op2(f, TCG_OP_vavg, 0, x, y);
    }
    const TcgRef half = shift_right(f, is_signed, tcg_op2(b, TCG_OP_vxor, TCG_V128, x, y), 1);
    if (down) {
        return difference ? rv_vf_op2(f, TCG_OP_vsub, 0, half, tcg_op2(b, TCG_OP_vandn, TCG_V128, y, x))
            : rv_vf_op2(f, TCG_OP_vadd, 0, half, tcg_op2(b, TCG_OP_vand, TCG_V128, x, y));
    }
    const TcgRef whole = tcg_op2(b, difference ? TCG_OP_vandn : TCG_OP_vor, TCG_V128, x, y);
    return rv_vf_op2(f, TCG_OP_vsub, 0, whole, half);
}

/* Lanes of ones where x and y are both the least integer: that product alone saturates. */
static TcgRef both_least(const RvVFull *f, TcgRef x, TcgRef y)
{
    const TcgRef least = rv_vf_splat(f, (uint64_t)1 << ((8u << f->lane) - 1));

    return tcg_op2(f->b, TCG_OP_vand, TCG_V128, rv_vf_op2(f, TCG_OP_vcmpeq, 0, x, least),
                   rv_vf_op2(f, TCG_OP_vcmpeq, 0, y, least));
}

/* Of 64 bits, lane by lane: the product without its low 63 bits, and the highest of these added unless rounding down. */
static TcgRef fraction_product_64(const RvVFull *f, TcgRef x, TcgRef y)
{
    TcgBuild *b = f->b;
    TcgRef r = x;

    for (unsigned n = 0; n < 2; n++) {
        const TcgRef p = tcg_op(b, TCG_OP_vext, TCG_I64, 3, x, n, 0), q = tcg_op(b, TCG_OP_vext, TCG_I64, 3, y, n, 0);
        const TcgRef low = tcg_mul(b, TCG_I64, p, q), high = tcg_op2(b, TCG_OP_mulhs, TCG_I64, p, q);
        TcgRef v = tcg_op(b, TCG_OP_extr, TCG_I64, 0, high, low, 63);
        v = rounds_down(f) ? v : tcg_add(b, TCG_I64, v, tcg_op(b, TCG_OP_extu, TCG_I64, 62 | 1 << 8, low, 0, 0));
        r = tcg_op(b, TCG_OP_vins, TCG_V128, 3, r, v, n);
    }
    return r;
}

static TcgRef fraction_product(const RvVFull *f, TcgRef x, TcgRef y)
{
    const RvVFull wide = { .b = f->b, .lane = 1 };
    TcgRef half[2];

    if (f->lane == 3) {
        return fraction_product_64(f, x, y);
    }
    if (f->lane) {
        return rv_vf_op2(f, TCG_OP_vmulhd, rounds_down(f) ? 0 : TCG_V_ROUND, x, y);
    }
    for (unsigned h = 0; h < 2; h++) {
        const TcgRef p = rv_vf_op2(f, TCG_OP_vmull, TCG_V_SIGNED | (h ? TCG_V_HIGH : 0), x, y);
        half[h] = tcg_op(f->b, TCG_OP_vxtn, TCG_V128, 0, rounded_shift(&wide, true, p, 7), 0, 0);
    }
    return tcg_op2(f->b, TCG_OP_vcat, TCG_V128, half[0], half[1]);
}

/* The result for a piece. *diff: not 0 where it saturated; left alone by what does not saturate. */
static TcgRef fixed(const RvVFull *f, TcgRef x, TcgRef y, TcgRef *diff)
{
    const RvVOp op = (RvVOp)f->i->op;
    const bool add = op == RV_V_vsaddu || op == RV_V_vsadd;
    const unsigned flags = op == RV_V_vsadd || op == RV_V_vssub ? TCG_V_SIGNED : 0;
    TcgRef r;

    switch (op) {
    case RV_V_vaaddu: case RV_V_vaadd: case RV_V_vasubu: case RV_V_vasub:
        return average(f, x, y);
    case RV_V_vssrl: case RV_V_vssra:
        return f->i->form == RV_V_VU
            ? rounded_shift(f, op == RV_V_vssra, x, (unsigned)f->i->vs1 & ((8u << f->lane) - 1))
            : rounded_shift_by(f, op == RV_V_vssra, x, y);
    case RV_V_vsmul:
        *diff = both_least(f, x, y);
        return tcg_op2(f->b, TCG_OP_vxor, TCG_V128, fraction_product(f, x, y), *diff);
    default:
        r = rv_vf_op2(f, add ? TCG_OP_vadds : TCG_OP_vsubs, flags, x, y);
        *diff = tcg_op2(f->b, TCG_OP_vxor, TCG_V128, r, rv_vf_op2(f, add ? TCG_OP_vadd : TCG_OP_vsub, 0, x, y));
        return r;
    }
}

/* Is it one of those, and does it round? */
static bool is_fixed(const RvVFull *f, bool *rounds)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vsaddu: case RV_V_vsadd: case RV_V_vssubu: case RV_V_vssub:
        *rounds = false;
        return true;
    case RV_V_vaaddu: case RV_V_vaadd: case RV_V_vasubu: case RV_V_vasub: case RV_V_vssrl: case RV_V_vssra: case RV_V_vsmul:
        *rounds = true;
        return true;
    default:
        return false;
    }
}

bool rv_vf_fixed(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    TcgBuild *b = f->b;
    TcgRef saturated = 0;
    bool rounds;

    if (!is_fixed(f, &rounds) || (rounds && !rounding_is_here(f))) {
        return false;
    }
    const TcgRef y0 = i->form != RV_V_VV ? rv_vf_scalar(f) : 0;
    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef x = rv_vf_get(f, i->vs2, k), y = y0 ? y0 : rv_vf_get(f, i->vs1, k), m = rv_vf_active(f, k);
        TcgRef diff = 0;
        const TcgRef r = fixed(f, x, y, &diff);
        diff = diff && m ? tcg_op2(b, TCG_OP_vand, TCG_V128, diff, m) : diff;
        saturated = saturated && diff ? tcg_op2(b, TCG_OP_vor, TCG_V128, saturated, diff) : diff;
        rv_vf_put(f, k, m ? rv_vf_choose(f, m, r, rv_vf_get(f, i->vd, k)) : r);
    }
    if (saturated) {
        note_saturation(b, saturated);
    }
    return true;
}

/* vnclip, vnclipu: from twice the width. */
bool rv_vf_clip(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const bool is_signed = i->op == RV_V_vnclip;
    const RvVFull wide = { .b = f->b, .lane = f->lane + 1 };
    const unsigned flags = f->lane | (is_signed ? TCG_V_SIGNED : 0);
    TcgRef r[RV_VF_MAX_PIECES], m[RV_VF_MAX_PIECES], saturated = 0;
    TcgBuild *b = f->b;

    if ((i->op != RV_V_vnclip && i->op != RV_V_vnclipu) || !rounding_is_here(f)) {
        return false;
    }
    const TcgRef y0 = i->form != RV_V_VV ? rv_vf_scalar(f) : 0;
    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef half[2] = { 0, tcg_vconst(b, 0, 0) };
        m[k] = rv_vf_active(f, k);
        for (unsigned h = 0; h < 2 && 2 * k + h < rv_vf_wide_pieces(f); h++) {
            const TcgRef x = rv_vf_get(f, i->vs2, 2 * k + h), y = y0 ? y0 : rv_vf_get(f, i->vs1, k);
            const TcgRef v = i->form == RV_V_VU
                ? rounded_shift(&wide, is_signed, x, (unsigned)i->vs1 & ((8u << wide.lane) - 1))
                : rounded_shift_by(&wide, is_signed, x, rv_vf_extend(f, f->lane, y, false, h));
            half[h] = tcg_op(b, TCG_OP_vxtns, TCG_V128, flags, v, 0, 0);
            TcgRef diff = tcg_op2(b, TCG_OP_vxor, TCG_V128, v, rv_vf_extend(f, f->lane, half[h], is_signed, 0));
            const TcgRef active = rv_vf_wide_active(f, m[k], h);
            diff = active ? tcg_op2(b, TCG_OP_vand, TCG_V128, diff, active) : diff;
            saturated = saturated ? tcg_op2(b, TCG_OP_vor, TCG_V128, saturated, diff) : diff;
        }
        r[k] = tcg_op2(b, TCG_OP_vcat, TCG_V128, half[0], half[1]);
    }
    rv_vf_put_all(f, f->pieces, r, m);
    note_saturation(b, saturated);
    return true;
}
