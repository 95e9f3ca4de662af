/* SPDX-License-Identifier: BSD-2-Clause */
/* Reductions as IR. [RVU 31.14]
 *
 * Integers, and minima and maxima of floating point, may be taken in any order: pieces together, then halves of what is
 * left; elements that are not active become the operation's neutral one. Sums of floating point go through the elements
 * in order, which is also a way to do the unordered ones.
 *
 * Without any active element, element 0 of vs1 is the result as it is, a signalling NaN too [RVU 31.14.3]: then the
 * operation is done on zeroes. */
#include "guest/riscv/insn-v-full.h"

#include "base/fp.h"

/* Elements that are added one after the other; where vl may be much less than VLMAX. */
enum { MAX_IN_ORDER = 64, MAX_IN_ORDER_PARTIAL = 32 };

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

/* What a reduction of floating point starts from. */
typedef struct Start {
    TcgRef active[RV_VF_MAX_PIECES];    /* of SEW's lanes; 0: all */
    TcgRef any;                         /* ones if there is an active element; 0: all are */
    TcgRef value;                       /* element 0 of vs1; 0.0 without active ones */
} Start;

static Start start(const RvVFull *f)
{
    TcgBuild *b = f->b;
    Start s = { .any = 0, .value = rv_vf_get(f, f->i->vs1, 0) };
    TcgRef some = 0;

    for (unsigned k = 0; k < f->pieces; k++) {
        s.active[k] = rv_vf_active(f, k);
        some = some ? tcg_op2(b, TCG_OP_vor, TCG_V128, some, s.active[k]) : s.active[k];
    }
    if (some) {
        const TcgRef none = tcg_cmp(b, TCG_I64, tcg_op(b, TCG_OP_vmsk, TCG_I64, 0, some, 0, 0), tcg_const(b, 0));
        const TcgRef ones = tcg_sel(b, TCG_I64, TCG_EQ, none, tcg_const(b, 0), tcg_const(b, ~(uint64_t)0));
        s.any = tcg_op(b, TCG_OP_vdup, TCG_V128, 3, ones, 0, 0);
        s.value = tcg_op2(b, TCG_OP_vand, TCG_V128, s.value, s.any);
    }
    return s;
}

static void put_result(const RvVFull *f, const Start *s, unsigned lane, TcgRef r)
{
    TcgRef v = tcg_op(f->b, TCG_OP_vzext, TCG_V128, lane_type(lane), r, 0, 0);

    v = s->any ? rv_vf_choose(f, s->any, v, rv_vf_get(f, f->i->vs1, 0)) : v;
    put_element(f, lane, v);
}

/* Minimum and maximum. The fold's other lanes, and those that are not active, are what counts once more, so that they
 * raise nothing else. */
static bool extreme(const RvVFull *f)
{
    const bool min = f->i->op == RV_V_vfredmin;
    const unsigned rule = TCG_MM_NUMBER << TCG_FP_MINMAX_SHIFT, aux = rv_vf_fp_aux(f, f->lane) | rule;
    const TcgOp op = min ? TCG_OP_vfmin : TCG_OP_vfmax;
    const Start s = start(f);
    const TcgRef first = s.any ? tcg_op(f->b, TCG_OP_vdupl, TCG_V128, f->lane, s.value, 0, 0) : 0;
    TcgRef v = 0;

    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef x = rv_vf_get(f, f->i->vs2, k);
        x = s.active[k] ? rv_vf_choose(f, s.active[k], x, first) : x;
        v = v ? tcg_op(f->b, op, TCG_V128, aux, v, x, 0) : x;
    }
    for (unsigned bytes = 8; bytes >= 1u << f->lane; bytes /= 2) {
        v = tcg_op(f->b, op, TCG_V128, aux, v, tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, v, v, bytes), 0);
    }
    const TcgRef r = tcg_op(f->b, min ? TCG_OP_fmin : TCG_OP_fmax, lane_type(f->lane), rv_vf_fp_aux(f, 0) | rule,
                            low(f, f->lane, s.value), low(f, f->lane, v), 0);
    put_result(f, &s, f->lane, r);
    return true;
}

/* The zero that changes no sum: the other one of 1 - 1, which is negative when rounding down [RVU 20.2]. */
static TcgRef neutral_zero(const RvVFull *f)
{
    const TcgRef one = rv_vf_one(f), zero = rv_vf_fp(f, f->lane, TCG_OP_vfsub, 0, one, one, 0);

    return tcg_op2(f->b, TCG_OP_vxor, TCG_V128, zero, rv_vf_splat(f, (uint64_t)1 << ((8u << f->lane) - 1)));
}

static bool sum_in_order(const RvVFull *f)
{
    const bool wide = f->i->op == RV_V_vfwredusum || f->i->op == RV_V_vfwredosum;
    const unsigned lane = f->lane + wide, lanes = 16u >> lane, pieces = wide ? rv_vf_wide_pieces(f) : f->pieces;

    if (f->vlmax > (f->all ? MAX_IN_ORDER : MAX_IN_ORDER_PARTIAL) || (tcg_build_mode(f->b) & RV_MODE_RMM)) {
        return false;
    }
    const Start s = start(f);
    const TcgRef zero = s.any ? neutral_zero(f) : 0;
    TcgRef sum = low(f, lane, s.value);
    for (unsigned k = 0; k < pieces; k++) {
        TcgRef v = rv_vf_get(f, f->i->vs2, k >> wide);
        v = zero ? rv_vf_choose(f, s.active[k >> wide], v, zero) : v;
        v = wide ? rv_vf_widened(f, v, k & 1) : v;
        for (unsigned n = 0; n < lanes && k * lanes + n < f->vlmax; n++) {
            const TcgRef x = n ? tcg_op(f->b, TCG_OP_vdupl, TCG_V128, lane, v, n, 0) : v;
            sum = tcg_op(f->b, TCG_OP_fadd, lane_type(lane), rv_vf_fp_aux(f, 0), sum, low(f, lane, x), 0);
        }
    }
    put_result(f, &s, lane, sum);
    return true;
}

bool rv_vf_reduce(const RvVFull *f)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vfredusum: case RV_V_vfredosum: case RV_V_vfwredusum: case RV_V_vfwredosum:
        return sum_in_order(f);
    case RV_V_vfredmin: case RV_V_vfredmax:
        return extreme(f);
    default:
        return integers(f);
    }
}
