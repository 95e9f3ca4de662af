/* SPDX-License-Identifier: BSD-2-Clause */
/* Reductions as IR. [RVU 31.14]
 *
 * Integers, and minima and maxima of floating point, may be taken in any order: pieces together, then halves of what is
 * left; elements that are not active become the operation's neutral one. Sums of floating point go through the elements
 * in order, which is also a way to do the unordered ones, and are here for whole registers only. */
#include "guest/riscv/insn-v-full.h"

#include "base/fp.h"

enum { MAX_IN_ORDER = 32 };     /* elements that are added one after the other */

typedef struct Rule {
    TcgOp op;
    unsigned flags;             /* of op */
    uint64_t neutral;           /* a lane's, of 64 bits: cut down to the lane's size */
} Rule;

static uint64_t largest(unsigned lane)
{
    return ((uint64_t)1 << ((8u << lane) - 1)) - 1;
}

static Rule integer_rule(RvVOp op, unsigned lane)
{
    switch (op) {
    case RV_V_vredand:  return (Rule){ TCG_OP_vand, 0, ~(uint64_t)0 };
    case RV_V_vredor:   return (Rule){ TCG_OP_vor, 0, 0 };
    case RV_V_vredxor:  return (Rule){ TCG_OP_vxor, 0, 0 };
    case RV_V_vredminu: return (Rule){ TCG_OP_vmin, 0, ~(uint64_t)0 };
    case RV_V_vredmin:  return (Rule){ TCG_OP_vmin, TCG_V_SIGNED, largest(lane) };
    case RV_V_vredmaxu: return (Rule){ TCG_OP_vmax, 0, 0 };
    case RV_V_vredmax:  return (Rule){ TCG_OP_vmax, TCG_V_SIGNED, ~largest(lane) };
    default:            return (Rule){ TCG_OP_vadd, 0, 0 };
    }
}

static TcgRef apply(const RvVFull *f, Rule r, unsigned lane, TcgRef x, TcgRef y)
{
    const bool bitwise = r.op == TCG_OP_vand || r.op == TCG_OP_vor || r.op == TCG_OP_vxor;

    return tcg_op(f->b, r.op, TCG_V128, bitwise ? 0 : lane | r.flags, x, y, 0);
}

/* The lanes of x, each in lane 0 with what it is combined with; the others are anything. */
static TcgRef fold(const RvVFull *f, Rule r, unsigned lane, TcgRef x)
{
    if (r.op == TCG_OP_vadd) {
        return tcg_op(f->b, TCG_OP_vaddv, TCG_V128, lane, x, 0, 0);
    }
    for (unsigned bytes = 8; bytes >= 1u << lane; bytes /= 2) {
        x = apply(f, r, lane, x, tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, x, x, bytes));
    }
    return x;
}

/* Element 0 of vd := that of v, if there are elements at all. */
static void put_element(const RvVFull *f, unsigned lane, TcgRef v)
{
    const TcgRef old = rv_vf_get(f, f->i->vd, 0);

    v = tcg_op(f->b, TCG_OP_vinsl, TCG_V128, lane, old, v, 0);
    if (f->partial) {
        const TcgRef any = tcg_op(f->b, TCG_OP_vdupl, TCG_V128, f->lane, rv_vf_below(f, 0), 0, 0);
        v = rv_vf_choose(f, any, v, old);
    }
    rv_vf_put(f, 0, v);
}

/* Piece k, or what it is at twice the width. */
static TcgRef operand(const RvVFull *f, Rule r, unsigned k, bool wide)
{
    const TcgRef m = rv_vf_active(f, k);
    TcgRef x = rv_vf_get(f, f->i->vs2, k);

    x = m ? rv_vf_choose(f, m, x, rv_vf_splat(f, r.neutral)) : x;
    if (!wide) {
        return x;
    }
    const TcgOp op = f->i->op == RV_V_vwredsum ? TCG_OP_vsxtl : TCG_OP_vzxtl;
    return apply(f, r, f->lane + 1, tcg_op(f->b, op, TCG_V128, f->lane, x, 0, 0),
                 tcg_op(f->b, op, TCG_V128, f->lane | TCG_V_HIGH, x, 0, 0));
}

static bool integers(const RvVFull *f)
{
    const Rule r = integer_rule((RvVOp)f->i->op, f->lane);
    const bool wide = f->i->op == RV_V_vwredsumu || f->i->op == RV_V_vwredsum;
    const unsigned lane = f->lane + wide;
    TcgRef v = operand(f, r, 0, wide);

    for (unsigned k = 1; k < f->pieces; k++) {
        v = apply(f, r, lane, v, operand(f, r, k, wide));
    }
    put_element(f, lane, apply(f, r, lane, fold(f, r, lane, v), rv_vf_get(f, f->i->vs1, 0)));
    return true;
}

static TcgType lane_type(unsigned lane)
{
    return lane == 1 ? TCG_F16 : lane == 2 ? TCG_F32 : TCG_F64;
}

static TcgRef low(const RvVFull *f, unsigned lane, TcgRef v)
{
    return tcg_op(f->b, TCG_OP_vlow, lane_type(lane), 0, v, 0, 0);
}

static void put_scalar(const RvVFull *f, unsigned lane, TcgRef x)
{
    put_element(f, lane, tcg_op(f->b, TCG_OP_vzext, TCG_V128, lane_type(lane), x, 0, 0));
}

/* Minimum and maximum. The fold's other lanes are those that count once more, so that they raise nothing else. */
static bool extreme(const RvVFull *f)
{
    const bool min = f->i->op == RV_V_vfredmin;
    const unsigned rule = TCG_MM_NUMBER << TCG_FP_MINMAX_SHIFT, aux = rv_vf_fp_aux(f, f->lane) | rule;
    const TcgOp op = min ? TCG_OP_vfmin : TCG_OP_vfmax;
    TcgRef v = rv_vf_get(f, f->i->vs2, 0);

    for (unsigned k = 1; k < f->pieces; k++) {
        v = tcg_op(f->b, op, TCG_V128, aux, v, rv_vf_get(f, f->i->vs2, k), 0);
    }
    for (unsigned bytes = 8; bytes >= 1u << f->lane; bytes /= 2) {
        v = tcg_op(f->b, op, TCG_V128, aux, v, tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, v, v, bytes), 0);
    }
    const TcgRef r = tcg_op(f->b, min ? TCG_OP_fmin : TCG_OP_fmax, lane_type(f->lane), rv_vf_fp_aux(f, 0) | rule,
                            low(f, f->lane, rv_vf_get(f, f->i->vs1, 0)), low(f, f->lane, v), 0);
    put_scalar(f, f->lane, r);
    return true;
}

static bool sum_in_order(const RvVFull *f)
{
    const bool wide = f->i->op == RV_V_vfwredusum || f->i->op == RV_V_vfwredosum;
    const unsigned lane = f->lane + wide, lanes = 16u >> lane, pieces = f->pieces << wide;

    if (pieces * lanes > MAX_IN_ORDER || (tcg_build_mode(f->b) & RV_MODE_RMM)) {
        return false;
    }
    TcgRef sum = low(f, lane, rv_vf_get(f, f->i->vs1, 0));
    for (unsigned k = 0; k < pieces; k++) {
        TcgRef v = rv_vf_get(f, f->i->vs2, k >> wide);
        v = wide ? rv_vf_widened(f, v, k & 1) : v;
        for (unsigned n = 0; n < lanes; n++) {
            const TcgRef x = n ? tcg_op(f->b, TCG_OP_vdupl, TCG_V128, lane, v, n, 0) : v;
            sum = tcg_op(f->b, TCG_OP_fadd, lane_type(lane), rv_vf_fp_aux(f, 0), sum, low(f, lane, x), 0);
        }
    }
    put_scalar(f, lane, sum);
    return true;
}

bool rv_vf_reduce(const RvVFull *f)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vfredusum: case RV_V_vfredosum: case RV_V_vfwredusum: case RV_V_vfwredosum:
        return f->i->vm && !f->partial && sum_in_order(f);
    case RV_V_vfredmin: case RV_V_vfredmax:
        return f->i->vm && !f->partial && extreme(f);
    default:
        return integers(f);
    }
}
