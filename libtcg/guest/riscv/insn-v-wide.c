/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions with operands of two widths as IR, on whole registers. [RVU 31.11, 31.13] */
#include "guest/riscv/insn-v-full.h"

#include "base/fp.h"

/* Twice the width: half h of x's lanes, extended. */
static TcgRef extend(const RvVFull *f, unsigned lane, TcgRef x, bool is_signed, unsigned h)
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

/* Half h of the floating point lanes, converted. */
static TcgRef widened(const RvVFull *f, TcgRef x, unsigned h)
{
    x = h ? tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, x, x, 8) : x;
    return rv_vf_fp(f, f->lane, TCG_OP_vfcvtl, 0, x, 0, 0);
}

/* x: vs2, a piece of SEW, or of twice that in the _w forms; h: which half of the narrow ones. */
static TcgRef widening(const RvVFull *f, TcgRef x, TcgRef y, TcgRef z, unsigned h)
{
    const unsigned n = f->lane, w = n + 1;

    switch ((RvVOp)f->i->op) {
    case RV_V_vwaddu:   return wide2(f, TCG_OP_vadd, extend(f, n, x, false, h), extend(f, n, y, false, h));
    case RV_V_vwadd:    return wide2(f, TCG_OP_vadd, extend(f, n, x, true, h), extend(f, n, y, true, h));
    case RV_V_vwsubu:   return wide2(f, TCG_OP_vsub, extend(f, n, x, false, h), extend(f, n, y, false, h));
    case RV_V_vwsub:    return wide2(f, TCG_OP_vsub, extend(f, n, x, true, h), extend(f, n, y, true, h));
    case RV_V_vwaddu_w: return wide2(f, TCG_OP_vadd, x, extend(f, n, y, false, h));
    case RV_V_vwadd_w:  return wide2(f, TCG_OP_vadd, x, extend(f, n, y, true, h));
    case RV_V_vwsubu_w: return wide2(f, TCG_OP_vsub, x, extend(f, n, y, false, h));
    case RV_V_vwsub_w:  return wide2(f, TCG_OP_vsub, x, extend(f, n, y, true, h));
    case RV_V_vwmulu:   return long_product(f, x, y, false, h);
    case RV_V_vwmul:    return long_product(f, x, y, true, h);
    case RV_V_vwmaccu:  return wide2(f, TCG_OP_vadd, long_product(f, x, y, false, h), z);
    case RV_V_vwmacc:   return wide2(f, TCG_OP_vadd, long_product(f, x, y, true, h), z);
    case RV_V_vfwcvt_f_f: return widened(f, x, h);
    case RV_V_vfwadd:   return rv_vf_fp(f, w, TCG_OP_vfadd, 0, widened(f, x, h), widened(f, y, h), 0);
    case RV_V_vfwsub:   return rv_vf_fp(f, w, TCG_OP_vfsub, 0, widened(f, x, h), widened(f, y, h), 0);
    case RV_V_vfwmul:   return rv_vf_fp(f, w, TCG_OP_vfmul, 0, widened(f, x, h), widened(f, y, h), 0);
    case RV_V_vfwadd_w: return rv_vf_fp(f, w, TCG_OP_vfadd, 0, x, widened(f, y, h), 0);
    case RV_V_vfwsub_w: return rv_vf_fp(f, w, TCG_OP_vfsub, 0, x, widened(f, y, h), 0);
    case RV_V_vfwmacc:  return rv_vf_fused(f, w, widened(f, y, h), widened(f, x, h), z, false, false);
    case RV_V_vfwnmacc: return rv_vf_fused(f, w, widened(f, y, h), widened(f, x, h), z, true, true);
    case RV_V_vfwmsac:  return rv_vf_fused(f, w, widened(f, y, h), widened(f, x, h), z, false, true);
    case RV_V_vfwnmsac: return rv_vf_fused(f, w, widened(f, y, h), widened(f, x, h), z, true, false);
    default:            return 0;
    }
}

/* Sources may lie in the destination: results are put when all are made. */
bool rv_vf_twice_width(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const TcgRef y0 = i->form != RV_V_VV ? rv_vf_scalar(f) : 0;
    TcgRef r[RV_VF_MAX_PIECES];

    for (unsigned k = 0; k < 2 * f->pieces; k++) {
        const TcgRef x = rv_vf_get(f, i->vs2, s == RV_VS_WIDEW ? k : k / 2);
        const TcgRef y = s == RV_VS_WIDEN1 ? 0 : y0 ? y0 : rv_vf_get(f, i->vs1, k / 2), z = rv_vf_get(f, i->vd, k);
        r[k] = widening(f, x, y, z, k & 1);
        if (!r[k]) {
            return false;
        }
    }
    for (unsigned k = 0; k < 2 * f->pieces; k++) {
        rv_vf_put(f, k, r[k]);
    }
    return true;
}

/* From twice the width. */
static TcgRef narrowing(const RvVFull *f, TcgRef x)
{
    const unsigned mask = (16u << f->lane) - 1;

    switch ((RvVOp)f->i->op) {
    case RV_V_vnsrl: case RV_V_vnsra:
        if (f->i->form != RV_V_VU && !(f->i->form == RV_V_VX && f->i->vs1 == 0)) {
            return 0;
        }
        x = tcg_op(f->b, f->i->op == RV_V_vnsrl ? TCG_OP_vshr : TCG_OP_vsar, TCG_V128, f->lane + 1, x,
                   f->i->vs1 & mask, 0);
        return tcg_op(f->b, TCG_OP_vxtn, TCG_V128, f->lane, x, 0, 0);
    case RV_V_vfncvt_f_f:
        return rv_vf_fp(f, f->lane, TCG_OP_vfcvtn, 0, x, 0, 0);
    default:
        return 0;
    }
}

bool rv_vf_half_width(const RvVFull *f)
{
    TcgRef r[RV_VF_MAX_PIECES];

    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef lo = narrowing(f, rv_vf_get(f, f->i->vs2, 2 * k));
        if (!lo) {
            return false;
        }
        r[k] = tcg_op2(f->b, TCG_OP_vcat, TCG_V128, lo, narrowing(f, rv_vf_get(f, f->i->vs2, 2 * k + 1)));
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        rv_vf_put(f, k, r[k]);
    }
    return true;
}

/* vzext, vsext from SEW >> steps. */
bool rv_vf_extension(const RvVFull *f, unsigned steps)
{
    const RvVOp op = (RvVOp)f->i->op;
    const bool is_signed = op == RV_V_vsext_vf2 || op == RV_V_vsext_vf4 || op == RV_V_vsext_vf8;
    TcgRef r[RV_VF_MAX_PIECES];

    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef x = rv_vf_get(f, f->i->vs2, k >> steps);
        for (unsigned s = steps; s > 0; s--) {
            x = extend(f, f->lane - s, x, is_signed, k >> (s - 1) & 1);
        }
        r[k] = x;
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        rv_vf_put(f, k, r[k]);
    }
    return true;
}
