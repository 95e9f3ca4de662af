/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions on whole registers as IR: vl is VLMAX, nothing is masked. A group is so many pieces of 16 bytes.
 * [RVU 31]
 *
 * That vl is VLMAX is the block's context: after a vsetvl that found it so, what follows is translated for it, with a
 * side exit for the last round of a loop. There vl is anything: operations of one width are done on all pieces, and
 * what is below vl is taken of the result, by the bytes of RvCpu.vtail, as it is with masks. */
#include "guest/riscv/insn-v.h"

#include "base/fp.h"

enum { MAX_PIECES = RV_V_GROUP_BYTES / 16 };

void rv_v_forget(TcgBuild *b)
{
    tcg_build_context_set(b, 0);
}

/* The context of a vtype, which fits: vta and vma are the two bits above. */
static unsigned full_context(uint64_t vtype, RvVType t)
{
    return RV_VC_FULL | (unsigned)(vtype >> 6 & 3) << RV_VC_POLICY_SHIFT
        | (unsigned)(t.lmul + 3) << RV_VC_LMUL_SHIFT | t.sew;
}

static unsigned partial_context(RvVType t)
{
    return RV_VC_PARTIAL | (unsigned)(t.lmul + 3) << RV_VC_LMUL_SHIFT | t.sew;
}

/* What is known of vtype; and is vl VLMAX, or at least vtype known? */
typedef enum Known { NOTHING, PARTIAL, FULL } Known;

static Known known_type(TcgBuild *b, RvVType *t)
{
    const unsigned c = tcg_build_context(b);

    *t = (RvVType){ .sew = c & 3, .lmul = (int8_t)((int)(c >> RV_VC_LMUL_SHIFT & 7) - 3) };
    return c & RV_VC_FULL ? FULL : c & RV_VC_PARTIAL ? PARTIAL : NOTHING;
}

bool rv_v_configure_keep(TcgBuild *b, RvVType t, uint64_t vtype)
{
    const RvModel *model = rv_model(b);
    RvVType was;
    const Known known = known_type(b, &was);

    if (known == NOTHING || t.ill || rv_v_vlmax(model, was) != rv_v_vlmax(model, t)) {
        return false;
    }
    const bool pieces = rv_v_vlmax(model, t) << t.sew >= 16;
    tcg_put(b, RV_VTYPE, tcg_const(b, vtype));
    tcg_build_context_set(b, known == FULL && pieces ? full_context(vtype, t) : pieces ? partial_context(t) : 0);
    return true;
}

void rv_v_configure(TcgBuild *b, int rd, RvVType t, uint64_t vtype, unsigned vlmax, TcgRef avl)
{
    const unsigned context = full_context(vtype, t), was = tcg_build_context(b);
    const bool pieces = vlmax << t.sew >= 16;
    const TcgRef max = tcg_const(b, vlmax);
    uint64_t known;

    if (tcg_is_const(b, avl, &known)) {
        tcg_put(b, RV_VL, tcg_const(b, known < vlmax ? known : vlmax));
        rv_put_x(b, rd, tcg_const(b, known < vlmax ? known : vlmax));
        tcg_put(b, RV_VTYPE, tcg_const(b, vtype));
        tcg_put(b, RV_VSTART, tcg_const(b, 0));
        tcg_build_context_set(b, !pieces ? 0 : known >= vlmax ? context : partial_context(t));
        return;
    }
    const TcgRef f = tcg_cmp(b, TCG_I64, avl, max);
    if (was == context) {       /* as before, unless vl gets less */
        tcg_build_context_set(b, 0);
        tcg_brcc(b, TCG_LTU, f, tcg_build_pc(b));
        tcg_build_context_set(b, context);
        rv_put_x(b, rd, max);
        return;
    }
    const TcgRef vl = tcg_sel(b, TCG_I64, TCG_LTU, f, avl, max);
    tcg_put(b, RV_VL, vl);
    tcg_put(b, RV_VTYPE, tcg_const(b, vtype));
    tcg_put(b, RV_VSTART, tcg_const(b, 0));
    rv_put_x(b, rd, vl);
    tcg_build_context_set(b, pieces ? partial_context(t) : 0);
    if (pieces) {
        tcg_brcc(b, TCG_LTU, f, tcg_build_pc(b) + 4);
        tcg_build_context_set(b, context);
    }
}

/* An instruction being translated. */
typedef struct Full {
    TcgBuild *b;
    const RvVInsn *i;
    unsigned lane;              /* log2 of SEW's bytes */
    unsigned pieces;            /* of a group with elements of SEW */
    unsigned per;               /* pieces of one register */
    bool partial;               /* vtail says what is below vl */
} Full;

static unsigned piece(const Full *f, unsigned reg, unsigned k)
{
    return RV_V0 + reg * f->per + k;
}

static TcgRef get(const Full *f, unsigned reg, unsigned k)
{
    return tcg_get(f->b, piece(f, reg, k));
}

static void put(const Full *f, unsigned k, TcgRef v)
{
    tcg_put(f->b, piece(f, f->i->vd, k), v);
}

static TcgRef splat(const Full *f, uint64_t x)
{
    static const uint64_t ones[4] = { 0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1 };
    const unsigned bits = 8u << f->lane;
    const uint64_t v = (bits == 64 ? x : x & (((uint64_t)1 << bits) - 1)) * ones[f->lane];

    return tcg_vconst(f->b, v, v);
}

/* The integer that the form's scalar is. */
static TcgRef scalar_bits(const Full *f)
{
    TcgBuild *b = f->b;

    if (f->i->form == RV_V_VF) {
        const TcgType t = f->lane == 1 ? TCG_F16 : f->lane == 2 ? TCG_F32 : TCG_F64;
        TcgRef v = tcg_get(b, (unsigned)RV_F0 + f->i->vs1);

        v = t == TCG_F64 ? v : tcg_op(b, TCG_OP_unbox, t, 0, v, 0, 0);
        return tcg_op(b, TCG_OP_ftoi, TCG_I64, t, v, 0, 0);
    }
    return rv_x(b, f->i->vs1);
}

/* A vector of the scalar, made before anything is put. */
static TcgRef scalar(const Full *f)
{
    if (f->i->form == RV_V_VI || f->i->form == RV_V_VU) {
        const int s = f->i->vs1 < 16 || f->i->form == RV_V_VU ? f->i->vs1 : f->i->vs1 - 32;
        return splat(f, (uint64_t)(int64_t)s);
    }
    return tcg_op(f->b, TCG_OP_vdup, TCG_V128, f->lane, scalar_bits(f), 0, 0);
}

static TcgRef v2(const Full *f, TcgOp op, unsigned flags, TcgRef x, TcgRef y)
{
    return tcg_op(f->b, op, TCG_V128, f->lane | flags, x, y, 0);
}

/* Masks: lanes of all ones where element k of the group is active. v0 has a bit for each. */
static TcgRef mask(const Full *f, unsigned k)
{
    const unsigned lanes = 16u >> f->lane, bits = 8u << f->lane, first = k * lanes;
    TcgBuild *b = f->b;
    TcgVal one = { .u64 = { 0, 0 } }, at;
    TcgRef spread;

    for (unsigned j = 0; j < lanes; j++) {
        const unsigned bit = (first + j) % bits;
        one.u8[(j << f->lane) + bit / 8] = (uint8_t)(1u << bit % 8);
        at.u8[j & 15] = (uint8_t)((first + j) / 8 % 16);
    }
    if (f->lane == 0) {
        const TcgRef none = tcg_vconst(b, 0, 0), index = tcg_vconst(b, at.u64[0], at.u64[1]);
        spread = tcg_op(b, TCG_OP_vtbx, TCG_V128, 0, none, get(f, 0, first / 128), index);
    } else {
        const unsigned word = first / bits;
        spread = tcg_op(b, TCG_OP_vdupl, TCG_V128, f->lane, get(f, 0, word / lanes), word % lanes, 0);
    }
    return tcg_op(b, TCG_OP_vtst, TCG_V128, f->lane, spread, tcg_vconst(b, one.u64[0], one.u64[1]), 0);
}

/* What is to be changed of a piece: 0 is all. */
static TcgRef active(const Full *f, unsigned k)
{
    const TcgRef m = f->i->vm ? 0 : mask(f, k), below = f->partial ? tcg_get(f->b, RV_VTAIL0 + k) : 0;

    return m && below ? tcg_op2(f->b, TCG_OP_vand, TCG_V128, m, below) : m ? m : below;
}

static TcgRef choose(const Full *f, TcgRef m, TcgRef active, TcgRef other)
{
    return tcg_op(f->b, TCG_OP_vbsl, TCG_V128, 0, m, active, other);
}

/* 1.0, with which inactive elements raise nothing. */
static TcgRef float_one(const Full *f)
{
    return splat(f, f->lane == 1 ? 0x3c00 : f->lane == 2 ? 0x3f800000 : 0x3ff0000000000000);
}

/* Integer operations of one width: the result for a piece, of vs2's x, vs1's y and vd's z. 0: not here. */

static TcgRef shift(const Full *f, TcgRef x, TcgRef y, TcgOp by_constant, unsigned flags, bool right)
{
    const unsigned mask = (8u << f->lane) - 1;

    if (f->i->form == RV_V_VU) {
        return tcg_op(f->b, by_constant, TCG_V128, f->lane, x, f->i->vs1 & mask, 0);
    }
    TcgRef n = tcg_op2(f->b, TCG_OP_vand, TCG_V128, y, splat(f, mask));
    n = right ? tcg_op(f->b, TCG_OP_vneg, TCG_V128, f->lane, n, 0, 0) : n;
    return v2(f, TCG_OP_vshlv, flags, x, n);
}

static TcgRef product(const Full *f, TcgRef x, TcgRef y)
{
    return v2(f, TCG_OP_vmul, 0, x, y);
}

/* x rotated right by n. */
static TcgRef rotated(const Full *f, TcgRef x, unsigned n)
{
    const unsigned bits = 8u << f->lane;

    n &= bits - 1;
    if (n == 0) {
        return tcg_op2(f->b, TCG_OP_vor, TCG_V128, x, x);
    }
    return tcg_op2(f->b, TCG_OP_vor, TCG_V128, tcg_op(f->b, TCG_OP_vshr, TCG_V128, f->lane, x, n, 0),
                   tcg_op(f->b, TCG_OP_vshl, TCG_V128, f->lane, x, bits - n, 0));
}

static TcgRef integer(const Full *f, TcgRef x, TcgRef y, TcgRef z)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vadd:   return v2(f, TCG_OP_vadd, 0, x, y);
    case RV_V_vsub:   return v2(f, TCG_OP_vsub, 0, x, y);
    case RV_V_vrsub:  return v2(f, TCG_OP_vsub, 0, y, x);
    case RV_V_vand:   return tcg_op2(f->b, TCG_OP_vand, TCG_V128, x, y);
    case RV_V_vor:    return tcg_op2(f->b, TCG_OP_vor, TCG_V128, x, y);
    case RV_V_vxor:   return tcg_op2(f->b, TCG_OP_vxor, TCG_V128, x, y);
    case RV_V_vminu:  return v2(f, TCG_OP_vmin, 0, x, y);
    case RV_V_vmin:   return v2(f, TCG_OP_vmin, TCG_V_SIGNED, x, y);
    case RV_V_vmaxu:  return v2(f, TCG_OP_vmax, 0, x, y);
    case RV_V_vmax:   return v2(f, TCG_OP_vmax, TCG_V_SIGNED, x, y);
    case RV_V_vsll:   return shift(f, x, y, TCG_OP_vshl, 0, false);
    case RV_V_vsrl:   return shift(f, x, y, TCG_OP_vshr, 0, true);
    case RV_V_vsra:   return shift(f, x, y, TCG_OP_vsar, TCG_V_SIGNED, true);
    case RV_V_vmul:   return product(f, x, y);
    case RV_V_vmacc:  return v2(f, TCG_OP_vadd, 0, product(f, x, y), z);
    case RV_V_vnmsac: return v2(f, TCG_OP_vsub, 0, z, product(f, x, y));
    case RV_V_vmadd:  return v2(f, TCG_OP_vadd, 0, product(f, z, y), x);
    case RV_V_vnmsub: return v2(f, TCG_OP_vsub, 0, x, product(f, z, y));
    case RV_V_vmv_v:  return y;
    case RV_V_vandn:  return tcg_op2(f->b, TCG_OP_vandn, TCG_V128, x, y);
    case RV_V_vror:   return f->i->form == RV_V_VU ? rotated(f, x, f->i->vs1) : 0;
    case RV_V_vrev8:  return f->lane ? tcg_op(f->b, TCG_OP_vrev, TCG_V128, 0, x, f->lane, 0) : x;
    case RV_V_vbrev8: return tcg_op1(f->b, TCG_OP_vrbit, TCG_V128, x);
    default:          return 0;
    }
}

static bool multiplies(RvVOp op)
{
    return op == RV_V_vmul || op == RV_V_vmacc || op == RV_V_vnmsac || op == RV_V_vmadd || op == RV_V_vnmsub;
}

/* Floating point. */

/* aux of an operation that rounds as frm says; which is legal here. */
static unsigned fp_aux(const Full *f, unsigned lane)
{
    const unsigned rm = tcg_build_mode(f->b) & RV_MODE_RMM ? FP_RMM : TCG_FP_DYN;

    return rm | lane << TCG_FP_LANE_SHIFT | tcg_fp_mode(FP_DEFAULT_NAN | FP_NAN_TO_MAX);
}

static TcgRef fp(const Full *f, unsigned lane, TcgOp op, unsigned flags, TcgRef x, TcgRef y, TcgRef z)
{
    return tcg_op(f->b, op, TCG_V128, fp_aux(f, lane) | flags, x, y, z);
}

static TcgRef sign_bits(const Full *f, unsigned lane)
{
    const Full wide = { .b = f->b, .lane = lane };

    return splat(&wide, (uint64_t)1 << ((8u << lane) - 1));
}

/* +-(x * y) +- z */
static TcgRef fused(const Full *f, unsigned lane, TcgRef x, TcgRef y, TcgRef z, bool neg_product, bool neg_addend)
{
    if (neg_addend) {
        z = tcg_op2(f->b, TCG_OP_vxor, TCG_V128, z, sign_bits(f, lane));
    }
    return fp(f, lane, TCG_OP_vfma, neg_product ? TCG_FP_NEG_PRODUCT : 0, x, y, z);
}

static TcgRef to_integer(const Full *f, TcgOp op, TcgRef x, bool truncate)
{
    const unsigned aux = fp_aux(f, f->lane);

    return tcg_op(f->b, op, TCG_V128, truncate ? (aux & ~(unsigned)TCG_FP_ROUND) | FP_RTZ : aux, x, 0, 0);
}

static TcgRef floating(const Full *f, TcgRef x, TcgRef y, TcgRef z)
{
    const unsigned n = f->lane, rule = TCG_MM_NUMBER << TCG_FP_MINMAX_SHIFT;
    TcgBuild *b = f->b;

    switch ((RvVOp)f->i->op) {
    case RV_V_vfadd:   return fp(f, n, TCG_OP_vfadd, 0, x, y, 0);
    case RV_V_vfsub:   return fp(f, n, TCG_OP_vfsub, 0, x, y, 0);
    case RV_V_vfrsub:  return fp(f, n, TCG_OP_vfsub, 0, y, x, 0);
    case RV_V_vfmul:   return fp(f, n, TCG_OP_vfmul, 0, x, y, 0);
    case RV_V_vfdiv:   return fp(f, n, TCG_OP_vfdiv, 0, x, y, 0);
    case RV_V_vfrdiv:  return fp(f, n, TCG_OP_vfdiv, 0, y, x, 0);
    case RV_V_vfsqrt:  return fp(f, n, TCG_OP_vfsqrt, 0, x, 0, 0);
    case RV_V_vfmin:   return fp(f, n, TCG_OP_vfmin, rule, x, y, 0);
    case RV_V_vfmax:   return fp(f, n, TCG_OP_vfmax, rule, x, y, 0);
    case RV_V_vfmacc:  return fused(f, n, y, x, z, false, false);
    case RV_V_vfnmacc: return fused(f, n, y, x, z, true, true);
    case RV_V_vfmsac:  return fused(f, n, y, x, z, false, true);
    case RV_V_vfnmsac: return fused(f, n, y, x, z, true, false);
    case RV_V_vfmadd:  return fused(f, n, y, z, x, false, false);
    case RV_V_vfnmadd: return fused(f, n, y, z, x, true, true);
    case RV_V_vfmsub:  return fused(f, n, y, z, x, false, true);
    case RV_V_vfnmsub: return fused(f, n, y, z, x, true, false);
    case RV_V_vfsgnj:  return tcg_op(b, TCG_OP_vbsl, TCG_V128, 0, sign_bits(f, n), y, x);
    case RV_V_vfsgnjn:
        return tcg_op(b, TCG_OP_vbsl, TCG_V128, 0, sign_bits(f, n), tcg_op1(b, TCG_OP_vnot, TCG_V128, y), x);
    case RV_V_vfsgnjx:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, x, tcg_op2(b, TCG_OP_vand, TCG_V128, y, sign_bits(f, n)));
    case RV_V_vfcvt_x_f:      return to_integer(f, TCG_OP_vfcvtis, x, false);
    case RV_V_vfcvt_xu_f:     return to_integer(f, TCG_OP_vfcvtiu, x, false);
    case RV_V_vfcvt_rtz_x_f:  return to_integer(f, TCG_OP_vfcvtis, x, true);
    case RV_V_vfcvt_rtz_xu_f: return to_integer(f, TCG_OP_vfcvtiu, x, true);
    case RV_V_vfcvt_f_x:      return fp(f, n, TCG_OP_vfcvtsi, 0, x, 0, 0);
    case RV_V_vfcvt_f_xu:     return fp(f, n, TCG_OP_vfcvtui, 0, x, 0, 0);
    default:           return 0;
    }
}

static bool reads_vd(RvVOp op)
{
    switch (op) {
    case RV_V_vmacc: case RV_V_vnmsac: case RV_V_vmadd: case RV_V_vnmsub:
    case RV_V_vfmacc: case RV_V_vfnmacc: case RV_V_vfmsac: case RV_V_vfnmsac:
    case RV_V_vfmadd: case RV_V_vfnmadd: case RV_V_vfmsub: case RV_V_vfnmsub:
        return true;
    default:
        return false;
    }
}

/* All operands and the result of SEW. */
static bool same_width(const Full *f)
{
    const RvVInsn *i = f->i;
    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const bool one = s == RV_VS_UNARY, none = s == RV_VS_MOVE;

    if (f->lane == 3 && multiplies((RvVOp)i->op)) {
        return false;
    }
    const TcgRef y0 = i->form != RV_V_VV ? scalar(f) : 0;
    const bool quiet = (!i->vm || f->partial) && (rv_v_flags((RvVOp)i->op) & RV_VF_FP);
    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef x = none ? 0 : get(f, i->vs2, k), y = one ? 0 : y0 ? y0 : get(f, i->vs1, k);
        TcgRef z = reads_vd((RvVOp)i->op) ? get(f, i->vd, k) : 0;
        const TcgRef m = active(f, k);
        if (quiet) {
            const TcgRef safe = float_one(f);
            x = choose(f, m, x, safe);
            y = y ? choose(f, m, y, safe) : 0;
            z = z ? choose(f, m, z, safe) : 0;
        }
        TcgRef r = integer(f, x, y, z);
        r = r ? r : floating(f, x, y, z);
        if (!r) {
            return false;       /* the first piece: nothing was put */
        }
        put(f, k, m ? choose(f, m, r, get(f, i->vd, k)) : r);
    }
    return true;
}

/* vmerge, vadc, vsbc: the mask is an operand. */
static bool with_carry(const Full *f)
{
    const RvVInsn *i = f->i;
    const TcgRef y0 = i->form != RV_V_VV ? scalar(f) : 0;

    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef x = get(f, i->vs2, k), y = y0 ? y0 : get(f, i->vs1, k), m = mask(f, k);
        TcgRef r;
        if (i->op == RV_V_vmerge) {
            r = choose(f, m, y, x);
        } else if (i->op == RV_V_vadc) {
            r = v2(f, TCG_OP_vsub, 0, v2(f, TCG_OP_vadd, 0, x, y), m);      /* m is -1 or 0 */
        } else {
            r = v2(f, TCG_OP_vadd, 0, v2(f, TCG_OP_vsub, 0, x, y), m);
        }
        put(f, k, f->partial ? choose(f, tcg_get(f->b, RV_VTAIL0 + k), r, get(f, i->vd, k)) : r);
    }
    return true;
}

/* Twice the width: half h of x's lanes, extended. */
static TcgRef extend(const Full *f, unsigned lane, TcgRef x, bool is_signed, unsigned h)
{
    return tcg_op(f->b, is_signed ? TCG_OP_vsxtl : TCG_OP_vzxtl, TCG_V128, lane | (h ? TCG_V_HIGH : 0), x, 0, 0);
}

static TcgRef wide2(const Full *f, TcgOp op, TcgRef x, TcgRef y)
{
    return tcg_op(f->b, op, TCG_V128, f->lane + 1, x, y, 0);
}

static TcgRef long_product(const Full *f, TcgRef x, TcgRef y, bool is_signed, unsigned h)
{
    return tcg_op(f->b, TCG_OP_vmull, TCG_V128, f->lane | (is_signed ? TCG_V_SIGNED : 0) | (h ? TCG_V_HIGH : 0), x, y,
                  0);
}

/* Half h of the floating point lanes, converted. */
static TcgRef widened(const Full *f, TcgRef x, unsigned h)
{
    x = h ? tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, x, x, 8) : x;
    return fp(f, f->lane, TCG_OP_vfcvtl, 0, x, 0, 0);
}

/* x: vs2, a piece of SEW, or of twice that in the _w forms; h: which half of the narrow ones. */
static TcgRef widening(const Full *f, TcgRef x, TcgRef y, TcgRef z, unsigned h)
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
    case RV_V_vfwadd:   return fp(f, w, TCG_OP_vfadd, 0, widened(f, x, h), widened(f, y, h), 0);
    case RV_V_vfwsub:   return fp(f, w, TCG_OP_vfsub, 0, widened(f, x, h), widened(f, y, h), 0);
    case RV_V_vfwmul:   return fp(f, w, TCG_OP_vfmul, 0, widened(f, x, h), widened(f, y, h), 0);
    case RV_V_vfwadd_w: return fp(f, w, TCG_OP_vfadd, 0, x, widened(f, y, h), 0);
    case RV_V_vfwsub_w: return fp(f, w, TCG_OP_vfsub, 0, x, widened(f, y, h), 0);
    case RV_V_vfwmacc:  return fused(f, w, widened(f, y, h), widened(f, x, h), z, false, false);
    case RV_V_vfwnmacc: return fused(f, w, widened(f, y, h), widened(f, x, h), z, true, true);
    case RV_V_vfwmsac:  return fused(f, w, widened(f, y, h), widened(f, x, h), z, false, true);
    case RV_V_vfwnmsac: return fused(f, w, widened(f, y, h), widened(f, x, h), z, true, false);
    default:            return 0;
    }
}

/* Sources may lie in the destination: results are put when all are made. */
static bool twice_width(const Full *f)
{
    const RvVInsn *i = f->i;
    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const TcgRef y0 = i->form != RV_V_VV ? scalar(f) : 0;
    TcgRef r[MAX_PIECES];

    for (unsigned k = 0; k < 2 * f->pieces; k++) {
        const TcgRef x = get(f, i->vs2, s == RV_VS_WIDEW ? k : k / 2);
        const TcgRef y = s == RV_VS_WIDEN1 ? 0 : y0 ? y0 : get(f, i->vs1, k / 2), z = get(f, i->vd, k);
        r[k] = widening(f, x, y, z, k & 1);
        if (!r[k]) {
            return false;
        }
    }
    for (unsigned k = 0; k < 2 * f->pieces; k++) {
        put(f, k, r[k]);
    }
    return true;
}

/* From twice the width. */
static TcgRef narrowing(const Full *f, TcgRef x)
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
        return fp(f, f->lane, TCG_OP_vfcvtn, 0, x, 0, 0);
    default:
        return 0;
    }
}

static bool half_width(const Full *f)
{
    TcgRef r[MAX_PIECES];

    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef lo = narrowing(f, get(f, f->i->vs2, 2 * k));
        if (!lo) {
            return false;
        }
        r[k] = tcg_op2(f->b, TCG_OP_vcat, TCG_V128, lo, narrowing(f, get(f, f->i->vs2, 2 * k + 1)));
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        put(f, k, r[k]);
    }
    return true;
}

/* vzext, vsext from SEW >> steps. */
static bool extension(const Full *f, unsigned steps)
{
    const RvVOp op = (RvVOp)f->i->op;
    const bool is_signed = op == RV_V_vsext_vf2 || op == RV_V_vsext_vf4 || op == RV_V_vsext_vf8;
    TcgRef r[MAX_PIECES];

    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef x = get(f, f->i->vs2, k >> steps);
        for (unsigned s = steps; s > 0; s--) {
            x = extend(f, f->lane - s, x, is_signed, k >> (s - 1) & 1);
        }
        r[k] = x;
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        put(f, k, r[k]);
    }
    return true;
}

/* Product in GF(2^128), the bits of each byte reversed [SP800-38D 6.3]: x^128 is x^7 + x^2 + x + 1. */
static TcgRef ghash(const Full *f, TcgRef x, TcgRef y)
{
    TcgBuild *b = f->b;
    const TcgRef zero = tcg_vconst(b, 0, 0), fold = tcg_vconst(b, 0x87, 0x87);
#define MUL(aux, p, q) tcg_op(b, TCG_OP_pmull64, TCG_V128, aux, p, q, 0)
#define XOR(p, q) tcg_op2(b, TCG_OP_vxor, TCG_V128, p, q)
#define BYTES(p, q, n) tcg_op(b, TCG_OP_vextr, TCG_V128, 0, p, q, n)

    x = tcg_op1(b, TCG_OP_vrbit, TCG_V128, x);
    y = tcg_op1(b, TCG_OP_vrbit, TCG_V128, y);
    const TcgRef swapped = BYTES(x, x, 8);
    const TcgRef middle = XOR(MUL(0, swapped, y), MUL(TCG_V_HIGH, swapped, y));
    TcgRef low = XOR(MUL(0, x, y), BYTES(zero, middle, 8)), high = XOR(MUL(TCG_V_HIGH, x, y), BYTES(middle, zero, 8));
    const TcgRef top = MUL(TCG_V_HIGH, high, fold);
    high = XOR(high, BYTES(top, zero, 8));
    low = XOR(XOR(low, BYTES(zero, top, 8)), MUL(0, high, fold));
    return tcg_op1(b, TCG_OP_vrbit, TCG_V128, low);
#undef MUL
#undef XOR
#undef BYTES
}

/* AES on pieces, each an element group; vs2 is the round's key. */
static TcgRef aes(const Full *f, TcgRef state, TcgRef key)
{
    TcgBuild *b = f->b;
    const TcgRef none = tcg_vconst(b, 0, 0);

    switch ((RvVOp)f->i->op) {
    case RV_V_vaesem_vv: case RV_V_vaesem_vs:
        state = tcg_op1(b, TCG_OP_aesmc, TCG_V128, tcg_op2(b, TCG_OP_aese, TCG_V128, state, none));
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, state, key);
    case RV_V_vaesef_vv: case RV_V_vaesef_vs:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, tcg_op2(b, TCG_OP_aese, TCG_V128, state, none), key);
    case RV_V_vaesdm_vv: case RV_V_vaesdm_vs:
        state = tcg_op2(b, TCG_OP_vxor, TCG_V128, tcg_op2(b, TCG_OP_aesd, TCG_V128, state, none), key);
        return tcg_op1(b, TCG_OP_aesimc, TCG_V128, state);
    case RV_V_vaesdf_vv: case RV_V_vaesdf_vs:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, tcg_op2(b, TCG_OP_aesd, TCG_V128, state, none), key);
    case RV_V_vgmul:
        return ghash(f, state, key);
    case RV_V_vaesz_vs:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, state, key);
    default:
        return 0;
    }
}

/* Three operands of 16 bytes each. */
static TcgRef three(const Full *f, TcgRef x, TcgRef y, TcgRef z)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vghsh:   return ghash(f, tcg_op2(f->b, TCG_OP_vxor, TCG_V128, z, y), x);
    case RV_V_vsha2ms: return tcg_vcall(f->b, RV_H_SHA2MS, TCG_V128, x, y, z);
    case RV_V_vsha2ch: return tcg_vcall(f->b, RV_H_SHA2CH, TCG_V128, x, y, z);
    case RV_V_vsha2cl: return tcg_vcall(f->b, RV_H_SHA2CL, TCG_V128, x, y, z);
    default:           return 0;
    }
}

static bool groups3(const Full *f)
{
    if (f->lane == 3) {
        tcg_hcall(f->b, RV_H_V_FOURS, TCG_NONE, tcg_const(f->b, rv_v_pack(f->i)), 0, 0);
        return true;
    }
    if (f->lane != 2) {
        return false;
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        put(f, k, three(f, get(f, f->i->vs2, k), get(f, f->i->vs1, k), get(f, f->i->vd, k)));
    }
    return true;
}

static bool groups(const Full *f, bool one_key)
{
    if (f->lane != 2) {
        return false;
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef r = aes(f, get(f, f->i->vd, k), get(f, f->i->vs2, one_key ? 0 : k));
        if (!r) {
            return false;
        }
        put(f, k, r);
    }
    return true;
}

static bool reduction(const Full *f)
{
    if (f->i->op != RV_V_vredsum) {
        return false;
    }
    TcgRef sum = get(f, f->i->vs2, 0);
    for (unsigned k = 1; k < f->pieces; k++) {
        sum = v2(f, TCG_OP_vadd, 0, sum, get(f, f->i->vs2, k));
    }
    sum = tcg_op(f->b, TCG_OP_vaddv, TCG_V128, f->lane, sum, 0, 0);
    sum = v2(f, TCG_OP_vadd, 0, sum, get(f, f->i->vs1, 0));
    put(f, 0, tcg_op(f->b, TCG_OP_vinsl, TCG_V128, f->lane, get(f, f->i->vd, 0), sum, 0));
    return true;
}

static bool element_0(const Full *f)
{
    put(f, 0, tcg_op(f->b, TCG_OP_vins, TCG_V128, f->lane, get(f, f->i->vd, 0), scalar_bits(f), 0));
    return true;
}

static bool indices(const Full *f)
{
    const unsigned bits = 8u << f->lane, each = 64 / bits;

    for (unsigned k = 0; k < f->pieces; k++) {
        uint64_t v[2] = { 0, 0 };
        for (unsigned n = 0; n < 2 * each; n++) {
            const uint64_t i = k * 2 * each + n;
            v[n / each] |= (bits == 8 ? i & 255 : i) << (n % each * bits);
        }
        put(f, k, tcg_vconst(f->b, v[0], v[1]));
    }
    return true;
}

static bool whole(const Full *f)
{
    const unsigned n = (f->i->nf + 1u) * f->per;
    TcgRef r[MAX_PIECES];

    for (unsigned k = 0; k < n; k++) {
        r[k] = get(f, f->i->vs2, k);
    }
    for (unsigned k = 0; k < n; k++) {
        put(f, k, r[k]);
    }
    return true;
}

bool rv_v_full(TcgBuild *b, const RvVInsn *i)
{
    const RvModel *model = rv_model(b);
    const unsigned flags = rv_v_flags((RvVOp)i->op) | (i->form == RV_V_VF ? RV_VF_FP : 0);
    RvVType t;

    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const bool maskable = s == RV_VS_SAME || s == RV_VS_UNARY || s == RV_VS_CARRY;

    const Known known = known_type(b, &t);

    if ((!i->vm && !maskable) || known == NOTHING || (known == PARTIAL && !maskable && s != RV_VS_MOVE)
        || !rv_v_legal(model, i, t)
        || ((flags & (RV_VF_FP | RV_VF_FPW)) && (tcg_build_mode(b) & RV_MODE_BAD_FRM))) {
        return false;
    }
    const Full f = {
        .b = b, .i = i, .lane = t.sew, .pieces = (rv_v_vlmax(model, t) << t.sew) / 16, .per = model->vlenb / 16,
        .partial = known == PARTIAL,
    };
    if (f.partial && !(tcg_build_context(b) & RV_VC_TAIL)) {
        tcg_hcall(b, RV_H_V_TAIL, TCG_NONE, 0, 0, 0);
        tcg_build_context_set(b, tcg_build_context(b) | RV_VC_TAIL);
    }
    switch (s) {
    case RV_VS_SAME: case RV_VS_UNARY: case RV_VS_MOVE:     return same_width(&f);
    case RV_VS_WIDE: case RV_VS_WIDEW: case RV_VS_WIDEN1:   return twice_width(&f);
    case RV_VS_NARROW: case RV_VS_NARROW1:                  return half_width(&f);
    case RV_VS_EXT2:    return extension(&f, 1);
    case RV_VS_EXT4:    return extension(&f, 2);
    case RV_VS_EXT8:    return extension(&f, 3);
    case RV_VS_CARRY:   return with_carry(&f);
    case RV_VS_FOURS: case RV_VS_FOURS_X:                   return groups3(&f);
    case RV_VS_FOURS1:  return groups(&f, false);
    case RV_VS_FOURS_S: return groups(&f, true);
    case RV_VS_REDUCE:  return reduction(&f);
    case RV_VS_SELEM:   return element_0(&f);
    case RV_VS_ID:      return indices(&f);
    case RV_VS_WHOLE:   return whole(&f);
    default:            return false;
    }
}

TcgRef rv_v_full_element(TcgBuild *b, const RvVInsn *i)
{
    const RvModel *model = rv_model(b);
    RvVType t;

    if ((i->op != RV_V_vmv_x_s && i->op != RV_V_vfmv_f_s) || known_type(b, &t) == NOTHING || !rv_v_legal(model, i, t)
        || (i->op == RV_V_vfmv_f_s && (tcg_build_mode(b) & RV_MODE_BAD_FRM))) {
        return 0;
    }
    const unsigned reg = RV_V0 + i->vs2 * (model->vlenb / 16), is_signed = i->op == RV_V_vmv_x_s ? TCG_V_SIGNED : 0;
    TcgRef v = tcg_op(b, TCG_OP_vext, TCG_I64, t.sew | is_signed, tcg_get(b, reg), 0, 0);
    return is_signed || t.sew == 3 ? v : tcg_or(b, TCG_I64, v, tcg_const(b, ~(uint64_t)0 << (8u << t.sew)));
}

/* Unit stride, and whole registers. A fault in the middle leaves pieces done and vstart 0; the instruction is then run
 * again out of line, which puts vstart right (rv_redo). */
bool rv_v_full_memory(TcgBuild *b, const RvVInsn *i, int rs1)
{
    const RvModel *model = rv_model(b);
    const unsigned kind = i->op & ~(unsigned)RV_VM_STORE, per = model->vlenb / 16;
    const bool is_whole = kind == RV_VM_WHOLE;
    RvVType t;

    if (!i->vm || (kind != RV_VM_UNIT && !is_whole) || (!is_whole && i->nf) || known_type(b, &t) != FULL
        || !rv_v_mem_legal(model, i, t)) {
        return false;
    }
    const unsigned bytes = is_whole ? model->vlenb * (i->nf + 1u) : rv_v_vlmax(model, t) << i->eew;
    if (bytes % 16) {
        return false;
    }
    const TcgRef base = rv_x(b, rs1);
    for (unsigned k = 0; k < bytes / 16; k++) {
        const unsigned reg = RV_V0 + i->vd * per + k;
        if (i->op & RV_VM_STORE) {
            tcg_st(b, TCG_V128, TCG_MO_128, base, 16 * (int64_t)k, tcg_get(b, reg));
        } else {
            tcg_put(b, reg, tcg_ld(b, TCG_V128, TCG_MO_128, base, 16 * (int64_t)k));
        }
    }
    return true;
}
