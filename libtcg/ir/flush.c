/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point that flushes subnormal numbers (FP_FLUSH of base/fp.h), in terms of what does not.
 *
 * Operands are flushed by operations of their own (fdaz), which are done only once for a value. What cannot give a tiny
 * result then is the plain operation: Newton's steps are such, as what 2 or 3 is less a product is no smaller than the
 * product's last bit. A sum's tiny result is exact, so that it raised nothing and can be flushed afterwards. Only
 * products, quotients and narrower formats keep the mode; estimates and BFloat16,
 * which send all but normal numbers (and zeroes) the long way. */
#include "ir/flush.h"

#include "base/fp.h"

static bool is_vector(TcgOp op)
{
    return op >= TCG_OP_vfadd;
}

/* Is it one that gives no subnormal number of type t (lanes as in aux) in this mode? */
static bool flushed_already(const TcgBuild *b, bool vector, TcgType t, unsigned aux, TcgRef x)
{
    const TcgIns *i = &b->ins[x];

    if (i->type != t || (vector && ((i->aux ^ aux) >> TCG_FP_LANE_SHIFT & 3))) {
        return false;
    }
    switch (i->op) {
    case TCG_OP_fdaz: case TCG_OP_vfdaz: return true;
    case TCG_OP_fmul: case TCG_OP_fdiv: case TCG_OP_fma: case TCG_OP_vfmul: case TCG_OP_vfdiv: case TCG_OP_vfma:
        return (i->aux >> TCG_FP_MODE_SHIFT & FP_FLUSH) != 0;
    default:
        return false;
    }
}

static TcgRef flushed(TcgBuild *b, bool vector, TcgType t, unsigned aux, TcgRef x)
{
    if (!x || flushed_already(b, vector, t, aux, x)) {
        return x;
    }
    return tcg_op(b, vector ? TCG_OP_vfdaz : TCG_OP_fdaz, t, aux, x, 0, 0);
}

/* The format of the operands, a lane's for vectors. TCG_NONE: an integer. */
static TcgType source(TcgOp op, TcgType t, unsigned aux)
{
    static const TcgType lanes[4] = { TCG_NONE, TCG_F16, TCG_F32, TCG_F64 };

    switch (op) {
    case TCG_OP_fcvt: case TCG_OP_fcvtis: case TCG_OP_fcvtiu: return (TcgType)(aux >> TCG_FP_TYPE_SHIFT & 7);
    case TCG_OP_fcvtsi: case TCG_OP_fcvtui: case TCG_OP_vfcvtsi: case TCG_OP_vfcvtui: return TCG_NONE;
    case TCG_OP_vfcvtn: return lanes[(aux >> TCG_FP_LANE_SHIFT & 3) + 1];
    default: return is_vector(op) ? lanes[aux >> TCG_FP_LANE_SHIFT & 3] : t;
    }
}

static bool keeps_mode(TcgOp op, TcgType t, TcgType from)
{
    switch (op) {
    case TCG_OP_fmul: case TCG_OP_fdiv: case TCG_OP_fma:
    case TCG_OP_vfmul: case TCG_OP_vfdiv: case TCG_OP_vfma: case TCG_OP_vfmulx:
        return true;
    case TCG_OP_fcvt:    return t == TCG_F32 && from == TCG_F64;
    case TCG_OP_vfcvtn:  return from == TCG_F64;
    default:             return false;
    }
}

TcgRef tcg_flush(TcgBuild *b, TcgOp op, TcgType t, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    const bool vector = is_vector(op);
    const unsigned mode = FP_FLUSH << TCG_FP_MODE_SHIFT, plain = aux & ~mode;
    const TcgType from = source(op, t, aux);
    const TcgType type = vector ? TCG_V128 : from;
    const unsigned lane = from == TCG_F16 ? 1 : from == TCG_F32 ? 2 : 3;
    const unsigned daz = vector ? lane << TCG_FP_LANE_SHIFT : 0;

    if (op == TCG_OP_fccmp || op == TCG_OP_fdaz || op == TCG_OP_vfdaz || op == TCG_OP_vfrecpe
        || op == TCG_OP_vfrsqrte || op == TCG_OP_vfcvtbf) {
        return 0;
    }
    if (from != TCG_F32 && from != TCG_F64) {
        return tcg_op(b, op, t, plain, x, y, z);
    }
    if (op == TCG_OP_vfcvtl) {
        x = tcg_op(b, TCG_OP_vlo64, TCG_V128, 0, x, 0, 0);      /* the upper half does not count */
    }
    x = flushed(b, vector, type, daz, x);
    y = flushed(b, vector, type, daz, y);
    z = flushed(b, vector, type, daz, z);
    if (keeps_mode(op, t, from)) {
        return tcg_op_append(b, op, t, aux, x, y, z);
    }
    const TcgRef r = tcg_op(b, op, t, plain, x, y, z);
    if (op == TCG_OP_fadd || op == TCG_OP_fsub || op == TCG_OP_vfadd || op == TCG_OP_vfsub) {
        return tcg_op(b, vector ? TCG_OP_vfdaz : TCG_OP_fdaz, type, daz | TCG_FP_RESULT, r, 0, 0);
    }
    return r;
}
