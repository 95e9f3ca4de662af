/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions as IR. A group is so many pieces of 16 bytes, or a part of one. [RVU 31]
 *
 * That vl is VLMAX is the block's context: after a vsetvl that found it so, what follows is translated for it, with a
 * side exit for the last round of a loop. There vl is anything: operations are done on all pieces, and what is below vl
 * is taken of the result, by the bytes of RvCpu.vtail, as it is with masks. */
#include "guest/riscv/insn-v-full.h"

#include "base/fp.h"

static unsigned piece(const RvVFull *f, unsigned reg, unsigned k)
{
    return RV_V0 + reg * f->per + k;
}

TcgRef rv_vf_get(const RvVFull *f, unsigned reg, unsigned k)
{
    return tcg_get(f->b, piece(f, reg, k));
}

void rv_vf_put(const RvVFull *f, unsigned k, TcgRef v)
{
    tcg_put(f->b, piece(f, f->i->vd, k), v);
}

TcgRef rv_vf_splat(const RvVFull *f, uint64_t x)
{
    static const uint64_t ones[4] = { 0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1 };
    const unsigned bits = 8u << f->lane;
    const uint64_t v = (bits == 64 ? x : x & (((uint64_t)1 << bits) - 1)) * ones[f->lane];

    return tcg_vconst(f->b, v, v);
}

/* The integer that the form's scalar is. */
TcgRef rv_vf_scalar_bits(const RvVFull *f)
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
TcgRef rv_vf_scalar(const RvVFull *f)
{
    if (f->i->form == RV_V_VI || f->i->form == RV_V_VU) {
        const int s = f->i->vs1 < 16 || f->i->form == RV_V_VU ? f->i->vs1 : f->i->vs1 - 32;
        return rv_vf_splat(f, (uint64_t)(int64_t)s);
    }
    return tcg_op(f->b, TCG_OP_vdup, TCG_V128, f->lane, rv_vf_scalar_bits(f), 0, 0);
}

TcgRef rv_vf_op2(const RvVFull *f, TcgOp op, unsigned flags, TcgRef x, TcgRef y)
{
    return tcg_op(f->b, op, TCG_V128, f->lane | flags, x, y, 0);
}

TcgRef rv_vf_lanes_of(const RvVFull *f, TcgRef mask, unsigned k)
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
        spread = tcg_op(b, TCG_OP_vtbx, TCG_V128, 0, none, mask, index);
    } else {
        spread = tcg_op(b, TCG_OP_vdupl, TCG_V128, f->lane, mask, first / bits % lanes, 0);
    }
    const TcgRef its_bits = tcg_vconst(b, one.u64[0], one.u64[1]);
    return rv_vf_op2(f, TCG_OP_vcmpeq, 0, tcg_op2(b, TCG_OP_vand, TCG_V128, spread, its_bits), its_bits);
}

unsigned rv_vf_mask_piece(const RvVFull *f, unsigned k)
{
    return k * (16u >> f->lane) / 128;
}

TcgRef rv_vf_mask(const RvVFull *f, unsigned k)
{
    return rv_vf_lanes_of(f, rv_vf_get(f, 0, rv_vf_mask_piece(f, k)), k);
}

/* The first n bytes of a vector. */
static TcgRef first_bytes(TcgBuild *b, unsigned n)
{
    return tcg_vconst(b, n < 8 ? ((uint64_t)1 << 8 * n) - 1 : ~(uint64_t)0,
                      n <= 8 ? 0 : ((uint64_t)1 << 8 * (n - 8)) - 1);
}

TcgRef rv_vf_below(const RvVFull *f, unsigned k)
{
    return f->all ? first_bytes(f->b, f->vlmax << f->lane) : tcg_get(f->b, RV_VTAIL0 + k);
}

/* What is to be changed of a piece: 0 is all. */
TcgRef rv_vf_active(const RvVFull *f, unsigned k)
{
    const TcgRef m = f->i->vm ? 0 : rv_vf_mask(f, k), below = f->partial ? rv_vf_below(f, k) : 0;

    return m && below ? tcg_op2(f->b, TCG_OP_vand, TCG_V128, m, below) : m ? m : below;
}

TcgRef rv_vf_choose(const RvVFull *f, TcgRef m, TcgRef active, TcgRef other)
{
    return tcg_op(f->b, TCG_OP_vbsl, TCG_V128, 0, m, active, other);
}

/* 1.0, with which inactive elements raise nothing. */
TcgRef rv_vf_one(const RvVFull *f)
{
    return rv_vf_splat(f, f->lane == 1 ? 0x3c00 : f->lane == 2 ? 0x3f800000 : 0x3ff0000000000000);
}

/* Integer operations of one width: the result for a piece, of vs2's x, vs1's y and vd's z. 0: not here. */

static TcgRef shift(const RvVFull *f, TcgRef x, TcgRef y, TcgOp by_constant, unsigned flags, bool right)
{
    const unsigned mask = (8u << f->lane) - 1;

    if (f->i->form == RV_V_VU) {
        return tcg_op(f->b, by_constant, TCG_V128, f->lane, x, f->i->vs1 & mask, 0);
    }
    TcgRef n = tcg_op2(f->b, TCG_OP_vand, TCG_V128, y, rv_vf_splat(f, mask));
    n = right ? tcg_op(f->b, TCG_OP_vneg, TCG_V128, f->lane, n, 0, 0) : n;
    return rv_vf_op2(f, TCG_OP_vshlv, flags, x, n);
}

static TcgRef product(const RvVFull *f, TcgRef x, TcgRef y)
{
    return rv_vf_op2(f, TCG_OP_vmul, 0, x, y);
}

/* The upper halves of two products of 64 bits. */
static TcgRef high_product_64(const RvVFull *f, TcgRef x, TcgRef y)
{
    const TcgOp op = f->i->op == RV_V_vmulh ? TCG_OP_mulhs : f->i->op == RV_V_vmulhu ? TCG_OP_mulhu : TCG_OP_mulhsu;
    TcgBuild *b = f->b;
    TcgRef r = x;

    for (unsigned n = 0; n < 2; n++) {
        r = tcg_op(b, TCG_OP_vins, TCG_V128, 3, r,
                   tcg_op2(b, op, TCG_I64, tcg_op(b, TCG_OP_vext, TCG_I64, 3, x, n, 0),
                           tcg_op(b, TCG_OP_vext, TCG_I64, 3, y, n, 0)), n);
    }
    return r;
}

/* The upper halves of the products: those of twice the width, lower lanes and upper ones, without every other lane. Of
 * a negative x and y without a sign, that is y too much. */
static TcgRef high_product(const RvVFull *f, TcgRef x, TcgRef y)
{
    const unsigned how = f->lane | (f->i->op == RV_V_vmulh ? TCG_V_SIGNED : 0);

    if (f->lane == 3) {
        return high_product_64(f, x, y);
    }
    TcgRef r = rv_vf_op2(f, TCG_OP_vuzp2, 0, tcg_op(f->b, TCG_OP_vmull, TCG_V128, how, x, y, 0),
                         tcg_op(f->b, TCG_OP_vmull, TCG_V128, how | TCG_V_HIGH, x, y, 0));
    if (f->i->op == RV_V_vmulhsu) {
        const TcgRef negative = tcg_op(f->b, TCG_OP_vsar, TCG_V128, f->lane, x, (8u << f->lane) - 1, 0);
        r = rv_vf_op2(f, TCG_OP_vsub, 0, r, tcg_op2(f->b, TCG_OP_vand, TCG_V128, negative, y));
    }
    return r;
}

/* x rotated right by n. */
static TcgRef rotated(const RvVFull *f, TcgRef x, unsigned n)
{
    const unsigned bits = 8u << f->lane;

    n &= bits - 1;
    if (n == 0) {
        return tcg_op2(f->b, TCG_OP_vor, TCG_V128, x, x);
    }
    return tcg_op2(f->b, TCG_OP_vor, TCG_V128, tcg_op(f->b, TCG_OP_vshr, TCG_V128, f->lane, x, n, 0),
                   tcg_op(f->b, TCG_OP_vshl, TCG_V128, f->lane, x, bits - n, 0));
}

static TcgRef integer(const RvVFull *f, TcgRef x, TcgRef y, TcgRef z)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vadd:   return rv_vf_op2(f, TCG_OP_vadd, 0, x, y);
    case RV_V_vsub:   return rv_vf_op2(f, TCG_OP_vsub, 0, x, y);
    case RV_V_vrsub:  return rv_vf_op2(f, TCG_OP_vsub, 0, y, x);
    case RV_V_vand:   return tcg_op2(f->b, TCG_OP_vand, TCG_V128, x, y);
    case RV_V_vor:    return tcg_op2(f->b, TCG_OP_vor, TCG_V128, x, y);
    case RV_V_vxor:   return tcg_op2(f->b, TCG_OP_vxor, TCG_V128, x, y);
    case RV_V_vminu:  return rv_vf_op2(f, TCG_OP_vmin, 0, x, y);
    case RV_V_vmin:   return rv_vf_op2(f, TCG_OP_vmin, TCG_V_SIGNED, x, y);
    case RV_V_vmaxu:  return rv_vf_op2(f, TCG_OP_vmax, 0, x, y);
    case RV_V_vmax:   return rv_vf_op2(f, TCG_OP_vmax, TCG_V_SIGNED, x, y);
    case RV_V_vsll:   return shift(f, x, y, TCG_OP_vshl, 0, false);
    case RV_V_vsrl:   return shift(f, x, y, TCG_OP_vshr, 0, true);
    case RV_V_vsra:   return shift(f, x, y, TCG_OP_vsar, TCG_V_SIGNED, true);
    case RV_V_vmul:   return product(f, x, y);
    case RV_V_vmulh: case RV_V_vmulhu: case RV_V_vmulhsu: return high_product(f, x, y);
    case RV_V_vmacc:  return rv_vf_op2(f, TCG_OP_vadd, 0, product(f, x, y), z);
    case RV_V_vnmsac: return rv_vf_op2(f, TCG_OP_vsub, 0, z, product(f, x, y));
    case RV_V_vmadd:  return rv_vf_op2(f, TCG_OP_vadd, 0, product(f, z, y), x);
    case RV_V_vnmsub: return rv_vf_op2(f, TCG_OP_vsub, 0, x, product(f, z, y));
    case RV_V_vmv_v:  return y;
    case RV_V_vandn:  return tcg_op2(f->b, TCG_OP_vandn, TCG_V128, x, y);
    case RV_V_vror:   return f->i->form == RV_V_VU ? rotated(f, x, f->i->vs1) : 0;
    case RV_V_vrev8:  return f->lane ? tcg_op(f->b, TCG_OP_vrev, TCG_V128, 0, x, f->lane, 0) : x;
    case RV_V_vbrev8: return tcg_op1(f->b, TCG_OP_vrbit, TCG_V128, x);
    default:          return 0;
    }
}

/* Floating point. */

unsigned rv_vf_fp_aux(const RvVFull *f, unsigned lane)
{
    const unsigned rm = tcg_build_mode(f->b) & RV_MODE_RMM ? FP_RMM : TCG_FP_DYN;

    return rm | lane << TCG_FP_LANE_SHIFT | tcg_fp_mode(FP_DEFAULT_NAN | FP_NAN_TO_MAX);
}

TcgRef rv_vf_fp(const RvVFull *f, unsigned lane, TcgOp op, unsigned flags, TcgRef x, TcgRef y, TcgRef z)
{
    return tcg_op(f->b, op, TCG_V128, rv_vf_fp_aux(f, lane) | flags, x, y, z);
}

static TcgRef sign_bits(const RvVFull *f, unsigned lane)
{
    const RvVFull wide = { .b = f->b, .lane = lane };

    return rv_vf_splat(&wide, (uint64_t)1 << ((8u << lane) - 1));
}

/* +-(x * y) +- z */
TcgRef rv_vf_fused(const RvVFull *f, unsigned lane, TcgRef x, TcgRef y, TcgRef z, bool neg_product, bool neg_addend)
{
    if (neg_addend) {
        z = tcg_op2(f->b, TCG_OP_vxor, TCG_V128, z, sign_bits(f, lane));
    }
    return rv_vf_fp(f, lane, TCG_OP_vfma, neg_product ? TCG_FP_NEG_PRODUCT : 0, x, y, z);
}

TcgRef rv_vf_to_integer(const RvVFull *f, unsigned lane, TcgOp op, TcgRef x, bool truncate)
{
    const unsigned aux = rv_vf_fp_aux(f, lane);

    return tcg_op(f->b, op, TCG_V128, truncate ? (aux & ~(unsigned)TCG_FP_ROUND) | FP_RTZ : aux, x, 0, 0);
}

static TcgRef floating(const RvVFull *f, TcgRef x, TcgRef y, TcgRef z)
{
    const unsigned n = f->lane, rule = TCG_MM_NUMBER << TCG_FP_MINMAX_SHIFT;
    TcgBuild *b = f->b;

    switch ((RvVOp)f->i->op) {
    case RV_V_vfadd:   return rv_vf_fp(f, n, TCG_OP_vfadd, 0, x, y, 0);
    case RV_V_vfsub:   return rv_vf_fp(f, n, TCG_OP_vfsub, 0, x, y, 0);
    case RV_V_vfrsub:  return rv_vf_fp(f, n, TCG_OP_vfsub, 0, y, x, 0);
    case RV_V_vfmul:   return rv_vf_fp(f, n, TCG_OP_vfmul, 0, x, y, 0);
    case RV_V_vfdiv:   return rv_vf_fp(f, n, TCG_OP_vfdiv, 0, x, y, 0);
    case RV_V_vfrdiv:  return rv_vf_fp(f, n, TCG_OP_vfdiv, 0, y, x, 0);
    case RV_V_vfsqrt:  return rv_vf_fp(f, n, TCG_OP_vfsqrt, 0, x, 0, 0);
    case RV_V_vfmin:   return rv_vf_fp(f, n, TCG_OP_vfmin, rule, x, y, 0);
    case RV_V_vfmax:   return rv_vf_fp(f, n, TCG_OP_vfmax, rule, x, y, 0);
    case RV_V_vfmacc:  return rv_vf_fused(f, n, y, x, z, false, false);
    case RV_V_vfnmacc: return rv_vf_fused(f, n, y, x, z, true, true);
    case RV_V_vfmsac:  return rv_vf_fused(f, n, y, x, z, false, true);
    case RV_V_vfnmsac: return rv_vf_fused(f, n, y, x, z, true, false);
    case RV_V_vfmadd:  return rv_vf_fused(f, n, y, z, x, false, false);
    case RV_V_vfnmadd: return rv_vf_fused(f, n, y, z, x, true, true);
    case RV_V_vfmsub:  return rv_vf_fused(f, n, y, z, x, false, true);
    case RV_V_vfnmsub: return rv_vf_fused(f, n, y, z, x, true, false);
    case RV_V_vfsgnj:  return tcg_op(b, TCG_OP_vbsl, TCG_V128, 0, sign_bits(f, n), y, x);
    case RV_V_vfsgnjn:
        return tcg_op(b, TCG_OP_vbsl, TCG_V128, 0, sign_bits(f, n), tcg_op1(b, TCG_OP_vnot, TCG_V128, y), x);
    case RV_V_vfsgnjx:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, x, tcg_op2(b, TCG_OP_vand, TCG_V128, y, sign_bits(f, n)));
    case RV_V_vfcvt_x_f:      return rv_vf_to_integer(f, n, TCG_OP_vfcvtis, x, false);
    case RV_V_vfcvt_xu_f:     return rv_vf_to_integer(f, n, TCG_OP_vfcvtiu, x, false);
    case RV_V_vfcvt_rtz_x_f:  return rv_vf_to_integer(f, n, TCG_OP_vfcvtis, x, true);
    case RV_V_vfcvt_rtz_xu_f: return rv_vf_to_integer(f, n, TCG_OP_vfcvtiu, x, true);
    case RV_V_vfcvt_f_x:      return rv_vf_fp(f, n, TCG_OP_vfcvtsi, 0, x, 0, 0);
    case RV_V_vfcvt_f_xu:     return rv_vf_fp(f, n, TCG_OP_vfcvtui, 0, x, 0, 0);
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
static bool same_width(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const bool one = s == RV_VS_UNARY, none = s == RV_VS_MOVE;

    const TcgRef y0 = i->form != RV_V_VV ? rv_vf_scalar(f) : 0;
    const bool quiet = (!i->vm || f->partial) && (rv_v_flags((RvVOp)i->op) & RV_VF_FP);
    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef x = none ? 0 : rv_vf_get(f, i->vs2, k), y = one ? 0 : y0 ? y0 : rv_vf_get(f, i->vs1, k);
        TcgRef z = reads_vd((RvVOp)i->op) ? rv_vf_get(f, i->vd, k) : 0;
        const TcgRef m = rv_vf_active(f, k);
        if (quiet) {
            const TcgRef safe = rv_vf_one(f);
            x = rv_vf_choose(f, m, x, safe);
            y = y ? rv_vf_choose(f, m, y, safe) : 0;
            z = z ? rv_vf_choose(f, m, z, safe) : 0;
        }
        TcgRef r = integer(f, x, y, z);
        r = r ? r : floating(f, x, y, z);
        r = r ? r : rv_vf_lanes(f, x, y);
        if (!r) {
            return false;       /* the first piece: nothing was put */
        }
        rv_vf_put(f, k, m ? rv_vf_choose(f, m, r, rv_vf_get(f, i->vd, k)) : r);
    }
    return true;
}

/* vmerge, vadc, vsbc: the mask is an operand. */
static bool with_carry(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const TcgRef y0 = i->form != RV_V_VV ? rv_vf_scalar(f) : 0;

    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef x = rv_vf_get(f, i->vs2, k), y = y0 ? y0 : rv_vf_get(f, i->vs1, k), m = rv_vf_mask(f, k);
        TcgRef r;
        if (i->op == RV_V_vmerge) {
            r = rv_vf_choose(f, m, y, x);
        } else if (i->op == RV_V_vadc) {
            r = rv_vf_op2(f, TCG_OP_vsub, 0, rv_vf_op2(f, TCG_OP_vadd, 0, x, y), m);      /* m is -1 or 0 */
        } else {
            r = rv_vf_op2(f, TCG_OP_vadd, 0, rv_vf_op2(f, TCG_OP_vsub, 0, x, y), m);
        }
        rv_vf_put(f, k, f->partial ? rv_vf_choose(f, rv_vf_below(f, k), r, rv_vf_get(f, i->vd, k)) : r);
    }
    return true;
}

/* vmv.s.x, vfmv.s.f: nothing without elements. */
static bool element_0(const RvVFull *f)
{
    const TcgRef old = rv_vf_get(f, f->i->vd, 0);
    const TcgRef v = tcg_op(f->b, TCG_OP_vins, TCG_V128, f->lane, old, rv_vf_scalar_bits(f), 0);
    const TcgRef any = f->all ? 0 : tcg_op(f->b, TCG_OP_vdupl, TCG_V128, f->lane, rv_vf_below(f, 0), 0, 0);

    rv_vf_put(f, 0, any ? rv_vf_choose(f, any, v, old) : v);
    return true;
}

static bool indices(const RvVFull *f)
{
    const unsigned bits = 8u << f->lane, each = 64 / bits;

    for (unsigned k = 0; k < f->pieces; k++) {
        uint64_t v[2] = { 0, 0 };
        for (unsigned n = 0; n < 2 * each; n++) {
            const uint64_t i = k * 2 * each + n;
            v[n / each] |= (bits == 8 ? i & 255 : i) << (n % each * bits);
        }
        const TcgRef m = rv_vf_active(f, k), r = tcg_vconst(f->b, v[0], v[1]);
        rv_vf_put(f, k, m ? rv_vf_choose(f, m, r, rv_vf_get(f, f->i->vd, k)) : r);
    }
    return true;
}

static bool whole(const RvVFull *f)
{
    const unsigned n = (f->i->nf + 1u) * f->per;
    TcgRef r[RV_VF_MAX_PIECES];

    for (unsigned k = 0; k < n; k++) {
        r[k] = rv_vf_get(f, f->i->vs2, k);
    }
    for (unsigned k = 0; k < n; k++) {
        rv_vf_put(f, k, r[k]);
    }
    return true;
}

/* The numbers of the bytes of piece k. */
static TcgRef byte_numbers(TcgBuild *b, unsigned k)
{
    TcgVal v;

    for (unsigned j = 0; j < 16; j++) {
        v.u8[j] = (uint8_t)(16 * k + j);
    }
    return tcg_vconst(b, v.u64[0], v.u64[1]);
}

/* RvCpu.vtail for a group of so many bytes. They are more than a byte can count: a call. */
static void make_tail(TcgBuild *b, unsigned lane, unsigned bytes)
{
    const TcgRef vl = tcg_get(b, RV_VL);
    uint64_t n;
    TcgVal v;

    if (bytes > 128) {
        tcg_hcall(b, RV_H_V_TAIL, TCG_NONE, 0, 0, 0);
        return;
    }
    const bool known = tcg_is_const(b, vl, &n);
    const TcgRef below = known ? 0
        : tcg_op(b, TCG_OP_vdup, TCG_V128, 0, tcg_shl(b, TCG_I64, vl, tcg_const(b, lane)), 0, 0);
    for (unsigned k = 0; 16 * k < bytes; k++) {
        for (unsigned j = 0; known && j < 16; j++) {
            v.u8[j] = 16 * k + j < n << lane ? 0xff : 0;
        }
        tcg_put(b, RV_VTAIL0 + k, known ? tcg_vconst(b, v.u64[0], v.u64[1])
                : tcg_op(b, TCG_OP_vcmpgt, TCG_V128, 0, below, byte_numbers(b, k), 0));
    }
}

void rv_vf_know_tail(TcgBuild *b)
{
    RvVType t;

    if (!(tcg_build_context(b) & RV_VC_TAIL)) {
        rv_v_known(b, &t);
        make_tail(b, t.sew, rv_v_vlmax(rv_model(b), t) << t.sew);
        tcg_build_context_set(b, tcg_build_context(b) | RV_VC_TAIL);
    }
}

RvVFull rv_vf_make(TcgBuild *b, const RvVInsn *i, RvVType t, RvVKnown known)
{
    const RvModel *model = rv_model(b);
    const unsigned vlmax = rv_v_vlmax(model, t), bytes = vlmax << t.sew;

    return (RvVFull){
        .b = b, .i = i, .lane = t.sew, .vlmax = vlmax, .pieces = (bytes + 15) / 16, .per = model->vlenb / 16,
        .partial = known == RV_V_PARTIAL || bytes < 16, .all = known == RV_V_FULL,
    };
}

/* Is the instruction legal by what is known of vtype, vl and frm? vtype is then *t, and vstart 0. */
static bool known_legal(TcgBuild *b, const RvVInsn *i, RvVType *t)
{
    const RvModel *model = rv_model(b);
    const unsigned flags = rv_v_flags((RvVOp)i->op) | (i->form == RV_V_VF ? RV_VF_FP : 0);
    const RvVKnown known = rv_v_known(b, t);

    return known != RV_V_NOTHING && (known == RV_V_FULL || rv_v_group_elements(rv_v_shape((RvVOp)i->op)) == 1)
        && rv_v_legal(model, i, *t) && rv_v_has_kernel((RvVOp)i->op, t->sew)
        && !((flags & (RV_VF_FP | RV_VF_FPW)) && (tcg_build_mode(b) & RV_MODE_BAD_FRM));
}

/* Fills *f if the instruction is legal with what is known of vtype and vl, and that is enough for its shape. */
static bool begin(RvVFull *f, TcgBuild *b, const RvVInsn *i)
{
    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const bool in_masks = s == RV_VS_COMPARE || s == RV_VS_CARRYOUT || s == RV_VS_MASK || s == RV_VS_XMASK
        || s == RV_VS_MASK1;
    const bool moves = s == RV_VS_GATHER || s == RV_VS_GATHER16 || s == RV_VS_SLIDEUP || s == RV_VS_SLIDEDOWN;
    const bool widths = s >= RV_VS_WIDE && s <= RV_VS_EXT8, reduces = s == RV_VS_REDUCE || s == RV_VS_WREDUCE;
    const bool unmasked = s == RV_VS_MOVE || s == RV_VS_XELEM || s == RV_VS_SELEM || s == RV_VS_WHOLE;
    const bool maskable = s == RV_VS_SAME || s == RV_VS_UNARY || s == RV_VS_CARRY || in_masks || moves || widths
        || reduces || s == RV_VS_IOTA || s == RV_VS_ID;
    RvVType t;
    const RvVKnown known = rv_v_known(b, &t);

    if (!known_legal(b, i, &t) || (!i->vm && !maskable) || (known == RV_V_PARTIAL && !maskable && !unmasked)) {
        return false;
    }
    *f = rv_vf_make(b, i, t, known);
    if (!f->all && s != RV_VS_XELEM && s != RV_VS_WHOLE) {
        rv_vf_know_tail(b);
    }
    return true;
}

bool rv_v_full(TcgBuild *b, const RvVInsn *i)
{
    RvVFull f;

    if (!begin(&f, b, i)) {
        return false;
    }
    switch (rv_v_shape((RvVOp)i->op)) {
    case RV_VS_SAME: case RV_VS_UNARY: case RV_VS_MOVE:     return rv_vf_fixed(&f) || same_width(&f);
    case RV_VS_WIDE: case RV_VS_WIDEW: case RV_VS_WIDEN1:   return rv_vf_twice_width(&f);
    case RV_VS_NARROW: case RV_VS_NARROW1:                  return rv_vf_clip(&f) || rv_vf_half_width(&f);
    case RV_VS_EXT2:    return rv_vf_extension(&f, 1);
    case RV_VS_EXT4:    return rv_vf_extension(&f, 2);
    case RV_VS_EXT8:    return rv_vf_extension(&f, 3);
    case RV_VS_CARRY:   return with_carry(&f);
    case RV_VS_COMPARE: case RV_VS_CARRYOUT:                return rv_vf_compare(&f);
    case RV_VS_MASK:    return rv_vf_logic(&f);
    case RV_VS_MASK1:   return rv_vf_set_first(&f);
    case RV_VS_IOTA:    return rv_vf_iota(&f);
    case RV_VS_FOURS: case RV_VS_FOURS_X:                   return rv_vf_groups3(&f);
    case RV_VS_FOURS1:  return rv_vf_groups(&f, false);
    case RV_VS_FOURS_S: return rv_vf_groups(&f, true);
    case RV_VS_REDUCE: case RV_VS_WREDUCE:                  return rv_vf_reduce(&f);
    case RV_VS_SELEM:   return element_0(&f);
    case RV_VS_ID:      return indices(&f);
    case RV_VS_GATHER: case RV_VS_GATHER16: case RV_VS_SLIDEUP: case RV_VS_SLIDEDOWN:   return rv_vf_move(&f);
    case RV_VS_WHOLE:   return whole(&f);
    default:            return false;
    }
}

/* Where the result of a shape goes, -1: rv_h_v_known does not have it. */
static int result_place(RvVShape s)
{
    switch (s) {
    case RV_VS_SAME: case RV_VS_UNARY: case RV_VS_WIDE: case RV_VS_WIDEW: case RV_VS_WIDEN1: case RV_VS_NARROW:
    case RV_VS_NARROW1: case RV_VS_GATHER: case RV_VS_GATHER16: case RV_VS_SLIDEUP: case RV_VS_SLIDEDOWN: case RV_VS_IOTA:
        return RV_VK_MERGED;
    case RV_VS_COMPRESS: case RV_VS_FOURS: case RV_VS_FOURS1: case RV_VS_FOURS_S: case RV_VS_FOURS_X: case RV_VS_EIGHTS:
        return RV_VK_IN_PLACE;
    case RV_VS_REDUCE: case RV_VS_WREDUCE:
        return RV_VK_ELEMENT;
    default:
        return -1;
    }
}

bool rv_v_call_known(TcgBuild *b, const RvVInsn *i)
{
    const RvVShape s = rv_v_shape((RvVOp)i->op);
    const bool wide = s == RV_VS_WIDE || s == RV_VS_WIDEW || s == RV_VS_WIDEN1 || s == RV_VS_WREDUCE;
    const int where = result_place(s);
    RvVType t;

    if (where < 0 || !known_legal(b, i, &t)) {
        return false;
    }
    const RvVFull f = rv_vf_make(b, i, t, rv_v_known(b, &t));
    const unsigned vlenb = rv_model(b)->vlenb, form = i->form, n = i->vs1;
    const uint64_t word = RV_VK_PUT(i->op, OP) | RV_VK_PUT(t.sew, SEW) | RV_VK_PUT(t.sew + wide, EEW)
        | RV_VK_PUT(where, WHERE) | RV_VK_PUT(!i->vm, MASKED) | RV_VK_PUT(form != RV_V_VV, SCALAR)
        | RV_VK_PUT(s == RV_VS_FOURS_S, ONE_GROUP) | RV_VK_PUT(f.vlmax, VLMAX) | RV_VK_PUT(i->vd * vlenb, VD)
        | RV_VK_PUT((form == RV_V_VV ? n : 0) * vlenb, VS1) | RV_VK_PUT(i->vs2 * vlenb, VS2);
    const TcgRef x = form == RV_V_VV ? 0 : form == RV_V_VX || form == RV_V_VF ? rv_vf_scalar_bits(&f)
        : tcg_const(b, form == RV_V_VI && n >= 16 ? n - (uint64_t)32 : n);
    tcg_hcall(b, RV_H_V_KNOWN, TCG_NONE, tcg_const(b, word), x, 0);
    return true;
}

TcgRef rv_v_full_element(TcgBuild *b, const RvVInsn *i)
{
    RvVFull f;

    if (!begin(&f, b, i)) {
        return 0;
    }
    if (i->op == RV_V_vcpop || i->op == RV_V_vfirst) {
        return rv_vf_count(&f);
    }
    const unsigned is_signed = i->op == RV_V_vmv_x_s ? TCG_V_SIGNED : 0;
    const TcgRef v = tcg_op(b, TCG_OP_vext, TCG_I64, f.lane | is_signed, rv_vf_get(&f, i->vs2, 0), 0, 0);
    return is_signed || f.lane == 3 ? v : tcg_or(b, TCG_I64, v, tcg_const(b, ~(uint64_t)0 << (8u << f.lane)));
}
