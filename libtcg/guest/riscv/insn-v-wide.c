/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions with operands of two widths as IR. [RVU 31.11, 31.13]
 *
 * What is active of a group of twice the width are the halves of what is of one of SEW, extended with their sign. */
#include "guest/riscv/insn-v-full.h"

#include "base/fp.h"

TcgRef rv_vf_extend(const RvVFull *f, unsigned lane, TcgRef x, bool is_signed, unsigned h)
{
    return tcg_op(f->b, is_signed ? TCG_OP_vsxtl : TCG_OP_vzxtl, TCG_V128, lane | (h ? TCG_V_HIGH : 0), x, 0, 0);
}

static TcgRef wide2(const RvVFull *f, TcgOp op, TcgRef x, TcgRef y)
{
    return tcg_op(f->b, op, TCG_V128, f->lane + 1, x, y, 0);
}

static TcgRef long_product(const RvVFull *f, TcgRef x, TcgRef y, bool is_signed, unsigned h)
{
    return tcg_op(f->b, TCG_OP_vmull, TCG_V128, f->lane | (is_signed ? TCG_V_SIGNED : 0) | (h ? TCG_V_HIGH : 0), x, y,
                  0);
}

/* x with a sign times y without one: the product without signs, less y at twice the lane where x is negative. */
static TcgRef mixed_product(const RvVFull *f, TcgRef x, TcgRef y, unsigned h)
{
    const unsigned bits = 8u << f->lane;
    TcgRef less = tcg_op(f->b, TCG_OP_vsar, TCG_V128, f->lane, x, bits - 1, 0);

    less = rv_vf_extend(f, f->lane, tcg_op2(f->b, TCG_OP_vand, TCG_V128, less, y), false, h);
    less = tcg_op(f->b, TCG_OP_vshl, TCG_V128, f->lane + 1, less, bits, 0);
    return wide2(f, TCG_OP_vsub, long_product(f, x, y, false, h), less);
}

TcgRef rv_vf_widened(const RvVFull *f, TcgRef x, unsigned h)
{
    x = h ? tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, x, x, 8) : x;
    return rv_vf_fp(f, f->lane, TCG_OP_vfcvtl, 0, x, 0, 0);
}

/* The same to integers of twice the width, by way of floating point of that, which is exact. */
static TcgRef widened_integer(const RvVFull *f, TcgOp op, TcgRef x, unsigned h, bool truncate)
{
    return rv_vf_to_integer(f, f->lane + 1, op, rv_vf_widened(f, x, h), truncate);
}

static TcgRef from_integer(const RvVFull *f, TcgOp op, TcgRef x, unsigned h)
{
    return rv_vf_fp(f, f->lane + 1, op, 0, rv_vf_extend(f, f->lane, x, op == TCG_OP_vfcvtsi, h), 0, 0);
}

/* vwsll: to the left by y, of which the lower bits count, at twice the width. */
static TcgRef shifted_left(const RvVFull *f, TcgRef x, TcgRef y, unsigned h)
{
    const RvVFull wide = { .b = f->b, .lane = f->lane + 1 };
    const unsigned mask = (16u << f->lane) - 1;

    x = rv_vf_extend(f, f->lane, x, false, h);
    if (f->i->form == RV_V_VU) {
        return tcg_op(f->b, TCG_OP_vshl, TCG_V128, wide.lane, x, f->i->vs1 & mask, 0);
    }
    y = tcg_op2(f->b, TCG_OP_vand, TCG_V128, rv_vf_extend(f, f->lane, y, false, h), rv_vf_splat(&wide, mask));
    return rv_vf_op2(&wide, TCG_OP_vshlv, 0, x, y);
}

/* x: vs2, a piece of SEW, or of twice that in the _w forms; h: which half of the narrow ones. */
static TcgRef widening(const RvVFull *f, TcgRef x, TcgRef y, TcgRef z, unsigned h)
{
    const unsigned n = f->lane, w = n + 1;

    switch ((RvVOp)f->i->op) {
    case RV_V_vwaddu:   return wide2(f, TCG_OP_vadd, rv_vf_extend(f, n, x, false, h), rv_vf_extend(f, n, y, false, h));
    case RV_V_vwadd:    return wide2(f, TCG_OP_vadd, rv_vf_extend(f, n, x, true, h), rv_vf_extend(f, n, y, true, h));
    case RV_V_vwsubu:   return wide2(f, TCG_OP_vsub, rv_vf_extend(f, n, x, false, h), rv_vf_extend(f, n, y, false, h));
    case RV_V_vwsub:    return wide2(f, TCG_OP_vsub, rv_vf_extend(f, n, x, true, h), rv_vf_extend(f, n, y, true, h));
    case RV_V_vwaddu_w: return wide2(f, TCG_OP_vadd, x, rv_vf_extend(f, n, y, false, h));
    case RV_V_vwadd_w:  return wide2(f, TCG_OP_vadd, x, rv_vf_extend(f, n, y, true, h));
    case RV_V_vwsubu_w: return wide2(f, TCG_OP_vsub, x, rv_vf_extend(f, n, y, false, h));
    case RV_V_vwsub_w:  return wide2(f, TCG_OP_vsub, x, rv_vf_extend(f, n, y, true, h));
    case RV_V_vwmulu:   return long_product(f, x, y, false, h);
    case RV_V_vwmul:    return long_product(f, x, y, true, h);
    case RV_V_vwmaccu:  return wide2(f, TCG_OP_vadd, long_product(f, x, y, false, h), z);
    case RV_V_vwmacc:   return wide2(f, TCG_OP_vadd, long_product(f, x, y, true, h), z);
    case RV_V_vwsll:    return shifted_left(f, x, y, h);
    case RV_V_vwmulsu:  return mixed_product(f, x, y, h);
    case RV_V_vwmaccsu: return wide2(f, TCG_OP_vadd, mixed_product(f, y, x, h), z);
    case RV_V_vwmaccus: return wide2(f, TCG_OP_vadd, mixed_product(f, x, y, h), z);
    case RV_V_vfwcvt_f_f: return rv_vf_widened(f, x, h);
    case RV_V_vfwcvt_x_f:  return widened_integer(f, TCG_OP_vfcvtis, x, h, false);
    case RV_V_vfwcvt_xu_f: return widened_integer(f, TCG_OP_vfcvtiu, x, h, false);
    case RV_V_vfwcvt_rtz_x_f:  return widened_integer(f, TCG_OP_vfcvtis, x, h, true);
    case RV_V_vfwcvt_rtz_xu_f: return widened_integer(f, TCG_OP_vfcvtiu, x, h, true);
    case RV_V_vfwcvt_f_x:  return from_integer(f, TCG_OP_vfcvtsi, x, h);
    case RV_V_vfwcvt_f_xu: return from_integer(f, TCG_OP_vfcvtui, x, h);
    case RV_V_vfwadd:   return rv_vf_fp(f, w, TCG_OP_vfadd, 0, rv_vf_widened(f, x, h), rv_vf_widened(f, y, h), 0);
    case RV_V_vfwsub:   return rv_vf_fp(f, w, TCG_OP_vfsub, 0, rv_vf_widened(f, x, h), rv_vf_widened(f, y, h), 0);
    case RV_V_vfwmul:   return rv_vf_fp(f, w, TCG_OP_vfmul, 0, rv_vf_widened(f, x, h), rv_vf_widened(f, y, h), 0);
    case RV_V_vfwadd_w: return rv_vf_fp(f, w, TCG_OP_vfadd, 0, x, rv_vf_widened(f, y, h), 0);
    case RV_V_vfwsub_w: return rv_vf_fp(f, w, TCG_OP_vfsub, 0, x, rv_vf_widened(f, y, h), 0);
    case RV_V_vfwmacc:  return rv_vf_fused(f, w, rv_vf_widened(f, y, h), rv_vf_widened(f, x, h), z, false, false);
    case RV_V_vfwnmacc: return rv_vf_fused(f, w, rv_vf_widened(f, y, h), rv_vf_widened(f, x, h), z, true, true);
    case RV_V_vfwmsac:  return rv_vf_fused(f, w, rv_vf_widened(f, y, h), rv_vf_widened(f, x, h), z, false, true);
    case RV_V_vfwnmsac: return rv_vf_fused(f, w, rv_vf_widened(f, y, h), rv_vf_widened(f, x, h), z, true, false);
    default:            return 0;
    }
}

/* Is anything that is not active to be kept from raising flags? */
static bool quiet(const RvVFull *f)
{
    return (!f->i->vm || f->partial) && (rv_v_flags((RvVOp)f->i->op) & (RV_VF_FP | RV_VF_FPW));
}

/* x where it is active, else 1.0; lanes of 1 << lane bytes. */
static TcgRef harmless(const RvVFull *f, unsigned lane, TcgRef active, TcgRef x)
{
    const RvVFull of = { .b = f->b, .lane = lane };

    return x && active ? rv_vf_choose(f, active, x, rv_vf_one(&of)) : x;
}

TcgRef rv_vf_wide_active(const RvVFull *f, TcgRef active, unsigned k)
{
    const bool all = f->all && f->i->vm && f->vlmax << f->lane >= 8 * ((k & 1) + 1);

    return active && !all ? rv_vf_extend(f, f->lane, active, true, k & 1) : 0;
}

void rv_vf_put_all(const RvVFull *f, unsigned n, const TcgRef *r, const TcgRef *active)
{
    for (unsigned k = 0; k < n; k++) {
        rv_vf_put(f, k, active[k] ? rv_vf_choose(f, active[k], r[k], rv_vf_get(f, f->i->vd, k)) : r[k]);
    }
}

bool rv_vf_twice_width(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const bool wide_x = rv_v_shape((RvVOp)i->op) == RV_VS_WIDEW, one = rv_v_shape((RvVOp)i->op) == RV_VS_WIDEN1;
    const TcgRef y0 = i->form != RV_V_VV && !one ? rv_vf_scalar(f) : 0;
    TcgRef r[RV_VF_MAX_PIECES], m[RV_VF_MAX_PIECES];

    for (unsigned k = 0; k < rv_vf_wide_pieces(f); k++) {
        TcgRef x = rv_vf_get(f, i->vs2, wide_x ? k : k / 2);
        TcgRef y = one ? 0 : y0 ? y0 : rv_vf_get(f, i->vs1, k / 2), z = rv_vf_get(f, i->vd, k);
        const TcgRef narrow = rv_vf_active(f, k / 2);
        m[k] = rv_vf_wide_active(f, narrow, k);
        if (quiet(f)) {
            x = harmless(f, f->lane + wide_x, wide_x ? m[k] : narrow, x);
            y = harmless(f, f->lane, narrow, y);
            z = harmless(f, f->lane + 1, m[k], z);
        }
        r[k] = widening(f, x, y, z, k & 1);
        if (!r[k]) {
            return false;
        }
    }
    rv_vf_put_all(f, rv_vf_wide_pieces(f), r, m);
    return true;
}

/* Right by y, of which the lower bits count: half h of its lanes, of SEW. */
static TcgRef shifted(const RvVFull *f, TcgRef x, TcgRef y, unsigned h)
{
    const RvVFull wide = { .b = f->b, .lane = f->lane + 1 };
    const bool arithmetic = f->i->op == RV_V_vnsra;
    const unsigned mask = (16u << f->lane) - 1;

    if (f->i->form == RV_V_VU || (f->i->form == RV_V_VX && f->i->vs1 == 0)) {
        return tcg_op(f->b, arithmetic ? TCG_OP_vsar : TCG_OP_vshr, TCG_V128, f->lane + 1, x, f->i->vs1 & mask, 0);
    }
    TcgRef n = tcg_op2(f->b, TCG_OP_vand, TCG_V128, rv_vf_extend(f, f->lane, y, false, h), rv_vf_splat(&wide, mask));
    n = tcg_op(f->b, TCG_OP_vneg, TCG_V128, f->lane + 1, n, 0, 0);
    return rv_vf_op2(&wide, TCG_OP_vshlv, arithmetic ? TCG_V_SIGNED : 0, x, n);
}

/* 2^n as floating point of twice the width, of which f->lane is half. */
static uint64_t power_of_2(const RvVFull *f, unsigned n)
{
    return f->lane == 1 ? (uint64_t)(127 + n) << 23 : (uint64_t)(1023 + n) << 52;
}

/* Half the width: to integers of the same, and those narrowed, saturating. For flags to be those of the narrow one,
 * what does not fit there, rounded, is an infinity of its sign instead, and NaNs are what they are. */
static TcgRef narrowed_integer(const RvVFull *f, TcgRef x, bool is_signed, bool truncate)
{
    const RvVFull wide = { .b = f->b, .lane = f->lane + 1 };
    const unsigned bits = 8u << f->lane, aux = rv_vf_fp_aux(f, wide.lane);
    const uint64_t infinity = power_of_2(f, f->lane == 1 ? 128 : 1024), sign = (uint64_t)1 << (2 * bits - 1);
    TcgBuild *b = f->b;

    if (f->lane == 0) {
        return 0;
    }
    /* above is 2^n, itself too much; below is the least, or 0 */
    const TcgRef above = rv_vf_splat(&wide, power_of_2(f, is_signed ? bits - 1 : bits));
    const TcgRef below = rv_vf_splat(&wide, is_signed ? power_of_2(f, bits - 1) | sign : 0);
    const TcgRef y = tcg_op(b, TCG_OP_vfrint, TCG_V128,
                            truncate ? (aux & ~(unsigned)TCG_FP_ROUND) | FP_RTZ : aux, x, 0, 0);
    const TcgRef fits = tcg_op2(b, TCG_OP_vand, TCG_V128, rv_vf_fp(f, wide.lane, TCG_OP_vfcmpgt, 0, above, y, 0),
                                rv_vf_fp(f, wide.lane, TCG_OP_vfcmpge, 0, y, below, 0));
    const TcgRef large = tcg_op2(b, TCG_OP_vandn, TCG_V128, rv_vf_fp(f, wide.lane, TCG_OP_vfcmpeq, 0, x, x, 0), fits);
    const TcgRef infinite = rv_vf_choose(f, rv_vf_splat(&wide, sign), x, rv_vf_splat(&wide, infinity));
    const TcgRef v = rv_vf_to_integer(f, wide.lane, TCG_OP_vfcvtis, rv_vf_choose(f, large, infinite, x), truncate);
    return tcg_op(b, TCG_OP_vxtns, TCG_V128, f->lane | TCG_V_SIGNED | (is_signed ? 0 : TCG_V_TO_UNSIGNED), v, 0, 0);
}

/* Integers of 64 bits to singles, one by one: there is no way by doubles that rounds once. */
static TcgRef singles_from_longs(const RvVFull *f, TcgOp op, TcgRef x)
{
    TcgBuild *b = f->b;
    TcgRef r[2];

    if (f->lane != 2) {
        return 0;
    }
    for (unsigned n = 0; n < 2; n++) {
        const TcgRef v = tcg_op(b, TCG_OP_vext, TCG_I64, 3, x, n, 0);
        r[n] = tcg_op(b, op, TCG_F32, rv_vf_fp_aux(f, 0) | TCG_FP_SRC64, v, 0, 0);
        r[n] = tcg_op(b, TCG_OP_vzext, TCG_V128, TCG_F32, r[n], 0, 0);
    }
    return rv_vf_op2(f, TCG_OP_vzip1, 0, r[0], r[1]);
}

/* From twice the width, into the low half; h: which half of the narrow operand. */
static TcgRef narrowing(const RvVFull *f, TcgRef x, TcgRef y, unsigned h)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vnsrl: case RV_V_vnsra:
        return tcg_op(f->b, TCG_OP_vxtn, TCG_V128, f->lane, shifted(f, x, y, h), 0, 0);
    case RV_V_vfncvt_f_f:
        return rv_vf_fp(f, f->lane, TCG_OP_vfcvtn, 0, x, 0, 0);
    case RV_V_vfncvt_rod_f_f:
        return tcg_op(f->b, TCG_OP_vfcvtn, TCG_V128, (rv_vf_fp_aux(f, f->lane) & ~(unsigned)TCG_FP_ROUND) | FP_RODD, x, 0, 0);
    case RV_V_vfncvt_x_f:      return narrowed_integer(f, x, true, false);
    case RV_V_vfncvt_xu_f:     return narrowed_integer(f, x, false, false);
    case RV_V_vfncvt_rtz_x_f:  return narrowed_integer(f, x, true, true);
    case RV_V_vfncvt_rtz_xu_f: return narrowed_integer(f, x, false, true);
    case RV_V_vfncvt_f_x:      return singles_from_longs(f, TCG_OP_fcvtsi, x);
    case RV_V_vfncvt_f_xu:     return singles_from_longs(f, TCG_OP_fcvtui, x);
    default:
        return 0;
    }
}

bool rv_vf_half_width(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const bool one = rv_v_shape((RvVOp)i->op) == RV_VS_NARROW1;
    const TcgRef y0 = i->form != RV_V_VV && !one ? rv_vf_scalar(f) : 0;
    TcgRef r[RV_VF_MAX_PIECES], m[RV_VF_MAX_PIECES];

    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef y = one ? 0 : y0 ? y0 : rv_vf_get(f, i->vs1, k);
        TcgRef half[2] = { 0, tcg_vconst(f->b, 0, 0) };
        m[k] = rv_vf_active(f, k);
        for (unsigned h = 0; h < 2 && 2 * k + h < rv_vf_wide_pieces(f); h++) {
            TcgRef x = rv_vf_get(f, i->vs2, 2 * k + h);
            x = quiet(f) ? harmless(f, f->lane + 1, rv_vf_wide_active(f, m[k], h), x) : x;
            half[h] = narrowing(f, x, y, h);
            if (!half[h]) {
                return false;
            }
        }
        r[k] = tcg_op2(f->b, TCG_OP_vcat, TCG_V128, half[0], half[1]);
    }
    rv_vf_put_all(f, f->pieces, r, m);
    return true;
}

/* vzext, vsext from SEW >> steps. */
bool rv_vf_extension(const RvVFull *f, unsigned steps)
{
    const RvVOp op = (RvVOp)f->i->op;
    const bool is_signed = op == RV_V_vsext_vf2 || op == RV_V_vsext_vf4 || op == RV_V_vsext_vf8;
    TcgRef r[RV_VF_MAX_PIECES], m[RV_VF_MAX_PIECES];

    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef x = rv_vf_get(f, f->i->vs2, k >> steps);
        for (unsigned s = steps; s > 0; s--) {
            x = rv_vf_extend(f, f->lane - s, x, is_signed, k >> (s - 1) & 1);
        }
        r[k] = x;
        m[k] = rv_vf_active(f, k);
    }
    rv_vf_put_all(f, f->pieces, r, m);
    return true;
}
