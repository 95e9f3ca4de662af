/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE operations as IR, piece by piece of 128 bits. [ArmARM C8.2]
 *
 * A predicate becomes a mask of lanes, which the builder makes once for each predicate and size of a block. A
 * predicate that is known to have all elements active needs none. What is inactive is chosen from the destination
 * afterwards; inactive lanes of floating point operands are 1.0, with which no operation here raises a flag. */
#include "guest/aarch64/insn-sve.h"

/* An instruction being translated. */
typedef struct Full {
    TcgBuild *b;
    const A64SveInsn *i;
    uint32_t flags;
    TcgRef scalar;
    TcgRef mask[A64_VQ_MAX];    /* 0: all lanes are active */
} Full;

bool a64_pred_known_full(const TcgBuild *b, TcgRef p, unsigned size)
{
    const uint64_t all = a64_pred_all(a64_vq(b)) & a64_pred_elements(size);
    uint64_t v;

    return tcg_is_const(b, p, &v) && (v & all) == all;
}

void a64_sve_leave_if(TcgBuild *b, TcgCond cc, TcgRef flags)
{
    tcg_build_context_set(b, A64_CONTEXT_PARTIAL);
    tcg_brcc(b, cc, flags, tcg_build_pc(b));
    tcg_build_context_set(b, 0);
}

bool a64_pred_full(TcgBuild *b, int pg, unsigned size)
{
    const TcgRef p = a64_p(b, pg);
    const TcgRef all = tcg_const(b, a64_pred_all(a64_vq(b)) & a64_pred_elements(size));

    if (a64_pred_known_full(b, p, size)) {
        return true;
    }
    uint64_t known;
    if (tcg_is_const(b, p, &known) || tcg_build_context(b) == A64_CONTEXT_PARTIAL) {
        return false;
    }
    a64_sve_leave_if(b, TCG_NE, tcg_cmp(b, TCG_I64, tcg_and(b, TCG_I64, p, all), all));
    return true;
}

/* Lanes of ones where piece k of the predicate is set: each lane is tested for the bit of its own. */
TcgRef a64_pred_mask(TcgBuild *b, TcgRef p, unsigned size, unsigned k)
{
    static const uint64_t bits[4][2] = {
        { 0x8040201008040201, 0x8040201008040201 }, { 0x0040001000040001, 0x4000100004000100 },
        { 0x0000001000000001, 0x0000100000000100 }, { 0x0000000000000001, 0x0000000000000100 },
    };
    TcgRef v;

    p = k ? tcg_shr(b, TCG_I64, p, tcg_const(b, 16 * k)) : p;
    if (size == 0) {
        v = v2(b, TCG_OP_vcat, 0, v1(b, TCG_OP_vdup, 0, p),
               v1(b, TCG_OP_vdup, 0, tcg_shr(b, TCG_I64, p, tcg_const(b, 8))));
    } else {
        v = v1(b, TCG_OP_vdup, size, p);
    }
    return v2(b, TCG_OP_vtst, size, v, tcg_vconst(b, bits[size][0], bits[size][1]));
}

/* NZCV of result (active elements only) under the mask g (element bits only) [ArmARM J1.3 PredTest]: first element,
 * none, not the last one, 0. As a comparison of x with y: 0 with 0 for none, else 1 with 0; -1 with 1 if the first is
 * active, 1 with -1 if the last is, 0 with 1 if both are. */
void a64_pred_flags(TcgBuild *b, TcgRef g, TcgRef result)
{
    const TcgType t = TCG_I64;
    const TcgRef zero = tcg_const(b, 0), lowest = tcg_and(b, t, g, tcg_sub(b, t, zero, g));
    const TcgRef highest = tcg_sub(b, t, tcg_const(b, 63), tcg_op1(b, TCG_OP_clz, t, g));
    const TcgRef any = tcg_setcc(b, TCG_NE, tcg_cmp(b, t, result, zero));
    const TcgRef first = tcg_setcc(b, TCG_NE, tcg_tst(b, t, result, lowest));
    const TcgRef last = tcg_and(b, t, tcg_shr(b, t, result, highest), tcg_const(b, 1));
    const TcgRef both = tcg_and(b, t, first, last);
    const TcgRef x = tcg_add(b, t, tcg_sub(b, t, any, tcg_shl(b, t, first, tcg_const(b, 1))), both);
    const TcgRef y = tcg_add(b, t, tcg_sub(b, t, first, last), both);

    a64_put_flags(b, tcg_cmp(b, t, x, y));
}

static TcgRef splat(const Full *f, unsigned size, TcgRef x)
{
    uint64_t v;

    return tcg_is_const(f->b, x, &v) ? a64_vsplat(f->b, size, v) : v1(f->b, TCG_OP_vdup, size, x);
}

static TcgRef one(const Full *f)
{
    return a64_vsplat(f->b, f->i->size, a64_fp_power(0, a64_lane_type(f->i->size)));
}

/* Piece k of the operands. */

static TcgRef kept(const Full *f, unsigned k, TcgRef x)
{
    return f->flags & A64_SF_FP && f->mask[k] ? v3(f->b, TCG_OP_vbsl, 0, f->mask[k], x, one(f)) : x;
}

static TcgRef operand_n(const Full *f, unsigned k)
{
    return a64_z(f->b, f->flags & A64_SF_DN ? f->i->d : f->i->n, k);
}

static TcgRef operand_m(const Full *f, unsigned k)
{
    if (f->flags & A64_SF_MX) {
        return splat(f, f->i->size, f->scalar);
    }
    return a64_z(f->b, f->flags & A64_SF_PAIRM ? (f->i->n + 1) % 32 : f->i->m, k);
}

static TcgRef absolute(const Full *f, TcgRef x)
{
    const uint64_t sign = (uint64_t)1 << (a64_lane_bits(f->i->size) - 1);

    return v2(f->b, TCG_OP_vand, 0, x, a64_vsplat(f->b, f->i->size, sign - 1));
}

/* Integers. 0: there is no IR for it. */
static TcgRef integer(const Full *f, TcgRef x, TcgRef y, TcgRef a)
{
    TcgBuild *b = f->b;
    const unsigned z = f->i->size, s = z | TCG_V_SIGNED, shift = (unsigned)f->i->imm, bits = a64_lane_bits(z);

    switch (f->i->op) {
    case A64_SVE_add_p: case A64_SVE_add: case A64_SVE_add_i: case A64_SVE_inc_v: return v2(b, TCG_OP_vadd, z, x, y);
    case A64_SVE_sub_p: case A64_SVE_subr_p: case A64_SVE_sub: case A64_SVE_sub_i: case A64_SVE_subr_i:
    case A64_SVE_dec_v:
        return v2(b, TCG_OP_vsub, z, x, y);
    case A64_SVE_and_p: case A64_SVE_and: case A64_SVE_and_m: return v2(b, TCG_OP_vand, 0, x, y);
    case A64_SVE_orr_p: case A64_SVE_orr: case A64_SVE_orr_m: return v2(b, TCG_OP_vor, 0, x, y);
    case A64_SVE_eor_p: case A64_SVE_eor: case A64_SVE_eor_m: return v2(b, TCG_OP_vxor, 0, x, y);
    case A64_SVE_bic_p: case A64_SVE_bic:    return v2(b, TCG_OP_vandn, 0, x, y);
    case A64_SVE_smax_p: case A64_SVE_smax_i: return v2(b, TCG_OP_vmax, s, x, y);
    case A64_SVE_umax_p: case A64_SVE_umax_i: return v2(b, TCG_OP_vmax, z, x, y);
    case A64_SVE_smin_p: case A64_SVE_smin_i: return v2(b, TCG_OP_vmin, s, x, y);
    case A64_SVE_umin_p: case A64_SVE_umin_i: return v2(b, TCG_OP_vmin, z, x, y);
    case A64_SVE_sabd_p:                     return a64_vabd(b, s, x, y);
    case A64_SVE_uabd_p:                     return a64_vabd(b, z, x, y);
    case A64_SVE_sqadd: case A64_SVE_sqadd_p: return v2(b, TCG_OP_vadds, s, x, y);
    case A64_SVE_uqadd: case A64_SVE_uqadd_i: case A64_SVE_uqadd_p: return v2(b, TCG_OP_vadds, z, x, y);
    case A64_SVE_sqsub: case A64_SVE_sqsub_p: return v2(b, TCG_OP_vsubs, s, x, y);
    case A64_SVE_uqsub: case A64_SVE_uqsub_i: case A64_SVE_uqsub_p: return v2(b, TCG_OP_vsubs, z, x, y);
    case A64_SVE_mul_p: case A64_SVE_mul: case A64_SVE_mul_i: case A64_SVE_mul_x:
        return v2(b, TCG_OP_vmul, z, x, y);
    case A64_SVE_mla: case A64_SVE_mad: case A64_SVE_mla_x:
        return v2(b, TCG_OP_vadd, z, a, v2(b, TCG_OP_vmul, z, x, y));
    case A64_SVE_mls: case A64_SVE_msb: case A64_SVE_mls_x:
        return v2(b, TCG_OP_vsub, z, a, v2(b, TCG_OP_vmul, z, x, y));
    case A64_SVE_lsl_pi: case A64_SVE_lsl_i: return v2(b, TCG_OP_vshl, z, x, shift);
    case A64_SVE_lsr_pi: case A64_SVE_lsr_i: return v2(b, TCG_OP_vshr, z, x, shift);
    case A64_SVE_asr_pi: case A64_SVE_asr_i: return v2(b, TCG_OP_vsar, z, x, shift);
    case A64_SVE_usra:                       return v2(b, TCG_OP_vadd, z, a, v2(b, TCG_OP_vshr, z, x, shift));
    case A64_SVE_ssra:                       return v2(b, TCG_OP_vadd, z, a, v2(b, TCG_OP_vsar, z, x, shift));
    case A64_SVE_adr:                        return v2(b, TCG_OP_vadd, z, x, v2(b, TCG_OP_vshl, z, y, shift));
    case A64_SVE_abs:                        return v1(b, TCG_OP_vabs, z, x);
    case A64_SVE_neg:                        return v1(b, TCG_OP_vneg, z, x);
    case A64_SVE_not:                        return v1(b, TCG_OP_vnot, 0, x);
    case A64_SVE_cnt:                        return z == 0 ? v1(b, TCG_OP_vpopcnt, 0, x) : 0;
    case A64_SVE_clz:                        return z < 3 ? v1(b, TCG_OP_vclz, z, x) : 0;
    case A64_SVE_fabs:                       return absolute(f, x);
    case A64_SVE_fneg:
        return v2(b, TCG_OP_vxor, 0, x, a64_vsplat(b, z, (uint64_t)1 << (bits - 1)));
    case A64_SVE_movprfx: case A64_SVE_movprfx_m: case A64_SVE_movprfx_z: case A64_SVE_sel: return x;
    case A64_SVE_dupm: case A64_SVE_dup_x: case A64_SVE_cpy_i: case A64_SVE_cpy_iz: return y;
    case A64_SVE_revb:                       return v2(b, TCG_OP_vrev, 0, x, z);
    case A64_SVE_revh:                       return v2(b, TCG_OP_vrev, 1, x, z);
    case A64_SVE_revw:                       return v2(b, TCG_OP_vrev, 2, x, z);
    case A64_SVE_eor3:                       return v2(b, TCG_OP_vxor, 0, x, v2(b, TCG_OP_vxor, 0, y, a));
    case A64_SVE_bcax:                       return v2(b, TCG_OP_vxor, 0, x, v2(b, TCG_OP_vandn, 0, y, a));
    case A64_SVE_bsl:                        return v3(b, TCG_OP_vbsl, 0, a, x, y);
    case A64_SVE_uxtb:                       return v2(b, TCG_OP_vand, 0, x, a64_vsplat(b, z, 0xff));
    case A64_SVE_uxth:                       return v2(b, TCG_OP_vand, 0, x, a64_vsplat(b, z, 0xffff));
    case A64_SVE_uxtw:                       return v2(b, TCG_OP_vand, 0, x, a64_vsplat(b, z, 0xffffffff));
    case A64_SVE_sdot:                       return z == 2 ? v3(b, TCG_OP_vdot, 2 | TCG_V_SIGNED, x, y, a) : 0;
    case A64_SVE_udot:                       return z == 2 ? v3(b, TCG_OP_vdot, 2, x, y, a) : 0;
    case A64_SVE_sdot_x:                     return z == 2 ? v3(b, TCG_OP_vdot, 2 | TCG_V_SIGNED, x, y, a) : 0;
    case A64_SVE_udot_x:                     return z == 2 ? v3(b, TCG_OP_vdot, 2, x, y, a) : 0;
    default:                                 return a64_sve_integer(b, f->i, f->flags, x, y, a);
    }
}

/* Floating point. */
static TcgRef floating(const Full *f, TcgRef x, TcgRef y, TcgRef a)
{
    TcgBuild *b = f->b;
    const unsigned z = f->i->size, aux = a64_vfp_aux(b, z);
    enum { NUM = TCG_MM_NUM << TCG_FP_MINMAX_SHIFT };

    switch (f->i->op) {
    case A64_SVE_fadd_p: case A64_SVE_fadd: case A64_SVE_fadd_i: return v2(b, TCG_OP_vfadd, aux, x, y);
    case A64_SVE_fsub_p: case A64_SVE_fsubr_p: case A64_SVE_fsub: case A64_SVE_fsub_i: case A64_SVE_fsubr_i:
        return v2(b, TCG_OP_vfsub, aux, x, y);
    case A64_SVE_fmul_p: case A64_SVE_fmul: case A64_SVE_fmul_i: case A64_SVE_fmul_x:
        return v2(b, TCG_OP_vfmul, aux, x, y);
    case A64_SVE_fdiv_p: case A64_SVE_fdivr_p: return v2(b, TCG_OP_vfdiv, aux, x, y);
    case A64_SVE_fmax_p: case A64_SVE_fmax_i:  return v2(b, TCG_OP_vfmax, aux, x, y);
    case A64_SVE_fmin_p: case A64_SVE_fmin_i:  return v2(b, TCG_OP_vfmin, aux, x, y);
    case A64_SVE_fmaxnm_p: case A64_SVE_fmaxnm_i: return v2(b, TCG_OP_vfmax, aux | NUM, x, y);
    case A64_SVE_fminnm_p: case A64_SVE_fminnm_i: return v2(b, TCG_OP_vfmin, aux | NUM, x, y);
    case A64_SVE_fabd_p:                       return absolute(f, v2(b, TCG_OP_vfsub, aux, x, y));
    case A64_SVE_fmulx_p:                      return v2(b, TCG_OP_vfmulx, aux, x, y);
    case A64_SVE_frecps:                       return v2(b, TCG_OP_vfrecps, aux, x, y);
    case A64_SVE_frsqrts:                      return v2(b, TCG_OP_vfrsqrts, aux, x, y);
    case A64_SVE_fsqrt:                        return v1(b, TCG_OP_vfsqrt, aux, x);
    case A64_SVE_fmla: case A64_SVE_fmad: case A64_SVE_fmla_x: return v3(b, TCG_OP_vfma, aux, x, y, a);
    case A64_SVE_fmls: case A64_SVE_fmsb: case A64_SVE_fmls_x:
        return v3(b, TCG_OP_vfma, aux | TCG_FP_NEG_PRODUCT, x, y, a);
    case A64_SVE_scvtf_32_s: case A64_SVE_scvtf_64_d: return v1(b, TCG_OP_vfcvtsi, aux, x);
    case A64_SVE_ucvtf_32_s: case A64_SVE_ucvtf_64_d: return v1(b, TCG_OP_vfcvtui, aux, x);
    case A64_SVE_fcvtzs_s_32: case A64_SVE_fcvtzs_d_64: return v1(b, TCG_OP_vfcvtis, a64_rounding(aux, FP_RTZ), x);
    case A64_SVE_fcvtzu_s_32: case A64_SVE_fcvtzu_d_64: return v1(b, TCG_OP_vfcvtiu, a64_rounding(aux, FP_RTZ), x);
    case A64_SVE_frintn:                       return v1(b, TCG_OP_vfrint, a64_rounding(aux, FP_RNE), x);
    case A64_SVE_frintp:                       return v1(b, TCG_OP_vfrint, a64_rounding(aux, FP_RUP), x);
    case A64_SVE_frintm:                       return v1(b, TCG_OP_vfrint, a64_rounding(aux, FP_RDN), x);
    case A64_SVE_frintz:                       return v1(b, TCG_OP_vfrint, a64_rounding(aux, FP_RTZ), x);
    default:                                   return a64_sve_floating(b, f->i, x, y, a);
    }
}

/* Comparison: lanes of ones. */
static TcgRef comparison(const Full *f, TcgRef x, TcgRef y)
{
    TcgBuild *b = f->b;
    const unsigned z = f->i->size, s = z | TCG_V_SIGNED;

    switch (f->i->op) {
    case A64_SVE_cmpeq: case A64_SVE_cmpeq_i: return v2(b, TCG_OP_vcmpeq, z, x, y);
    case A64_SVE_cmpne: case A64_SVE_cmpne_i: return v1(b, TCG_OP_vnot, 0, v2(b, TCG_OP_vcmpeq, z, x, y));
    case A64_SVE_cmpge: case A64_SVE_cmpge_i: return v2(b, TCG_OP_vcmpge, s, x, y);
    case A64_SVE_cmpgt: case A64_SVE_cmpgt_i: return v2(b, TCG_OP_vcmpgt, s, x, y);
    case A64_SVE_cmphs: case A64_SVE_cmphs_i: return v2(b, TCG_OP_vcmpge, z, x, y);
    case A64_SVE_cmphi: case A64_SVE_cmphi_i: return v2(b, TCG_OP_vcmpgt, z, x, y);
    case A64_SVE_cmplt_i:                     return v2(b, TCG_OP_vcmpgt, s, y, x);
    case A64_SVE_cmple_i:                     return v2(b, TCG_OP_vcmpge, s, y, x);
    case A64_SVE_cmplo_i:                     return v2(b, TCG_OP_vcmpgt, z, y, x);
    case A64_SVE_cmpls_i:                     return v2(b, TCG_OP_vcmpge, z, y, x);
    default:                                  return 0;
    }
}

static TcgRef fp_comparison(const Full *f, TcgRef x, TcgRef y)
{
    TcgBuild *b = f->b;
    const unsigned aux = a64_vfp_aux(b, f->i->size);

    switch (f->i->op) {
    case A64_SVE_fcmeq: case A64_SVE_fcmeq_z: return v2(b, TCG_OP_vfcmpeq, aux, x, y);
    case A64_SVE_fcmne: case A64_SVE_fcmne_z: return v1(b, TCG_OP_vnot, 0, v2(b, TCG_OP_vfcmpeq, aux, x, y));
    case A64_SVE_fcmge: case A64_SVE_fcmge_z: return v2(b, TCG_OP_vfcmpge, aux, x, y);
    case A64_SVE_fcmgt: case A64_SVE_fcmgt_z: return v2(b, TCG_OP_vfcmpgt, aux, x, y);
    case A64_SVE_fcmlt_z:                     return v2(b, TCG_OP_vfcmpgt, aux, y, x);
    case A64_SVE_fcmle_z:                     return v2(b, TCG_OP_vfcmpge, aux, y, x);
    case A64_SVE_facge:                       return v2(b, TCG_OP_vfcmpge, aux, absolute(f, x), absolute(f, y));
    case A64_SVE_facgt:                       return v2(b, TCG_OP_vfcmpgt, aux, absolute(f, x), absolute(f, y));
    case A64_SVE_fcmuo:
        return v1(b, TCG_OP_vnot, 0, v2(b, TCG_OP_vand, 0, v2(b, TCG_OP_vfcmpeq, aux, x, x),
                                        v2(b, TCG_OP_vfcmpeq, aux, y, y)));
    default:                                  return 0;
    }
}

/* Predicates from lanes of ones; flags if those of integers. */
static bool compare(const Full *f)
{
    TcgBuild *b = f->b;
    const unsigned vq = a64_vq(b);
    const TcgRef g = tcg_and(b, TCG_I64, a64_p(b, f->i->pg),
                             tcg_const(b, a64_pred_all(vq) & a64_pred_elements(f->i->size)));
    TcgRef r = 0;

    for (unsigned k = 0; k < vq; k++) {
        const TcgRef x = kept(f, k, operand_n(f, k)), y = kept(f, k, operand_m(f, k));
        const TcgRef v = f->flags & A64_SF_FP ? fp_comparison(f, x, y) : comparison(f, x, y);
        if (!v) {
            return false;
        }
        const TcgRef bits = tcg_op(b, TCG_OP_vmsk, TCG_I64, 0, v, 0, 0);
        r = k ? tcg_or(b, TCG_I64, r, tcg_shl(b, TCG_I64, bits, tcg_const(b, 16 * k))) : bits;
    }
    r = tcg_and(b, TCG_I64, r, g);
    if (f->flags & A64_SF_CMP) {
        a64_pred_flags(b, g, r);
    }
    a64_put_p(b, f->i->d, r);
    return true;
}

/* Bytes of m:n (n is the low half) from the immediate on; from 0 on if it is out of range. */
static void extract(const Full *f, TcgRef r[2])
{
    const unsigned vq = a64_vq(f->b), at = (unsigned)f->i->imm < 16 * vq ? (unsigned)f->i->imm : 0;
    TcgRef x[5] = { 0 };

    for (unsigned k = 0; k < vq; k++) {
        x[k] = operand_n(f, k);
        x[vq + k] = operand_m(f, k);
    }
    for (unsigned k = 0; k < vq; k++) {
        const TcgRef *from = x + at / 16 + k;
        r[k] = at % 16 ? v3(f->b, TCG_OP_vextr, 0, from[0], from[1], at % 16) : from[0];
    }
}

static TcgRef reversed(TcgBuild *b, unsigned z, TcgRef x)
{
    x = v3(b, TCG_OP_vextr, 0, x, x, 8);
    return z < 3 ? v2(b, TCG_OP_vrev, z, x, 3) : x;
}

/* Permutations that take pieces of both operands. False: none of them. */
static bool permutation(const Full *f)
{
    TcgBuild *b = f->b;
    const unsigned vq = a64_vq(b), z = f->i->size;
    const TcgRef n0 = a64_z(b, f->i->n, 0), n1 = a64_z(b, f->i->n, vq - 1);
    const TcgRef m0 = a64_z(b, f->i->m, 0), m1 = a64_z(b, f->i->m, vq - 1);
    TcgRef r[2];

    if (z > 3 || vq > 2) {
        return false;
    }
    switch (f->i->op) {
    case A64_SVE_zip1: r[0] = v2(b, TCG_OP_vzip1, z, n0, m0); r[1] = v2(b, TCG_OP_vzip2, z, n0, m0); break;
    case A64_SVE_zip2:
        r[0] = v2(b, vq == 1 ? TCG_OP_vzip2 : TCG_OP_vzip1, z, n1, m1);
        r[1] = v2(b, TCG_OP_vzip2, z, n1, m1);
        break;
    case A64_SVE_uzp1:
        r[0] = v2(b, TCG_OP_vuzp1, z, n0, vq == 1 ? m0 : n1);
        r[1] = v2(b, TCG_OP_vuzp1, z, m0, m1);
        break;
    case A64_SVE_uzp2:
        r[0] = v2(b, TCG_OP_vuzp2, z, n0, vq == 1 ? m0 : n1);
        r[1] = v2(b, TCG_OP_vuzp2, z, m0, m1);
        break;
    case A64_SVE_trn1: r[0] = v2(b, TCG_OP_vtrn1, z, n0, m0); r[1] = v2(b, TCG_OP_vtrn1, z, n1, m1); break;
    case A64_SVE_trn2: r[0] = v2(b, TCG_OP_vtrn2, z, n0, m0); r[1] = v2(b, TCG_OP_vtrn2, z, n1, m1); break;
    case A64_SVE_sunpklo:
        r[0] = v1(b, TCG_OP_vsxtl, z - 1, n0);
        r[1] = v1(b, TCG_OP_vsxtl, (z - 1) | TCG_V_HIGH, n0);
        break;
    case A64_SVE_uunpklo:
        r[0] = v1(b, TCG_OP_vzxtl, z - 1, n0);
        r[1] = v1(b, TCG_OP_vzxtl, (z - 1) | TCG_V_HIGH, n0);
        break;
    case A64_SVE_sunpkhi:
        r[1] = v1(b, TCG_OP_vsxtl, (z - 1) | TCG_V_HIGH, n1);
        r[0] = vq == 1 ? r[1] : v1(b, TCG_OP_vsxtl, z - 1, n1);
        break;
    case A64_SVE_uunpkhi:
        r[1] = v1(b, TCG_OP_vzxtl, (z - 1) | TCG_V_HIGH, n1);
        r[0] = vq == 1 ? r[1] : v1(b, TCG_OP_vzxtl, z - 1, n1);
        break;
    case A64_SVE_ext: case A64_SVE_ext2: extract(f, r); break;
    case A64_SVE_rev:
        r[0] = reversed(b, z, n1);
        r[1] = reversed(b, z, n0);
        break;
    case A64_SVE_dup_e: {
        const unsigned per = 16u >> z, index = (unsigned)f->i->imm;
        if (index >= per * vq) {
            r[0] = a64_vzero(b);
        } else {
            r[0] = v2(b, TCG_OP_vdupl, z, index < per ? n0 : n1, index % per);
        }
        r[1] = r[0];
        break;
    }
    default:
        return false;
    }
    for (unsigned k = 0; k < vq; k++) {
        a64_put_z(b, f->i->d, k, r[k]);
    }
    return true;
}

/* What is reduced: the operation on lanes, and what stands for inactive elements. */
typedef struct Reduction {
    TcgOp op;
    unsigned aux;
    uint64_t identity;
} Reduction;

static bool is_reduction(const Full *f, Reduction *r)
{
    const unsigned z = f->i->size, s = z | TCG_V_SIGNED, bits = a64_lane_bits(z);
    const uint64_t ones = z == 3 ? ~(uint64_t)0 : ((uint64_t)1 << bits) - 1, sign = (uint64_t)1 << (bits - 1);
    enum { NUM = TCG_MM_NUM << TCG_FP_MINMAX_SHIFT };

    switch (f->i->op) {
    case A64_SVE_smaxv: *r = (Reduction){ TCG_OP_vmax, s, sign }; return true;
    case A64_SVE_umaxv: *r = (Reduction){ TCG_OP_vmax, z, 0 }; return true;
    case A64_SVE_sminv: *r = (Reduction){ TCG_OP_vmin, s, sign - 1 }; return true;
    case A64_SVE_uminv: *r = (Reduction){ TCG_OP_vmin, z, ones }; return true;
    case A64_SVE_orv:   *r = (Reduction){ TCG_OP_vor, 0, 0 }; return true;
    case A64_SVE_eorv:  *r = (Reduction){ TCG_OP_vxor, 0, 0 }; return true;
    case A64_SVE_andv:  *r = (Reduction){ TCG_OP_vand, 0, ones }; return true;
    default:            break;
    }
    if (!(f->flags & A64_SF_FP)) {
        return false;
    }
    const unsigned aux = a64_vfp_aux(f->b, z);
    const uint64_t infinity = z == 1 ? 0x7c00 : z == 2 ? 0x7f800000 : 0x7ff0000000000000;
    const uint64_t nan = infinity | (infinity & -infinity) >> 1;

    switch (f->i->op) {
    case A64_SVE_faddv:   *r = (Reduction){ TCG_OP_vfadd, aux, 0 }; return true;
    case A64_SVE_fmaxv:   *r = (Reduction){ TCG_OP_vfmax, aux, sign | infinity }; return true;
    case A64_SVE_fminv:   *r = (Reduction){ TCG_OP_vfmin, aux, infinity }; return true;
    case A64_SVE_fmaxnmv: *r = (Reduction){ TCG_OP_vfmax, aux | NUM, nan }; return true;
    case A64_SVE_fminnmv: *r = (Reduction){ TCG_OP_vfmin, aux | NUM, nan }; return true;
    default:              return false;
    }
}

/* Sums of all active elements in 64 bits. */
static void sum(const Full *f)
{
    TcgBuild *b = f->b;
    const unsigned vq = a64_vq(b), sx = f->i->op == A64_SVE_saddv ? TCG_V_SIGNED : 0;
    TcgRef x[A64_VQ_MAX];

    for (unsigned k = 0; k < vq; k++) {
        x[k] = a64_z(b, f->i->n, k);
        x[k] = f->mask[k] ? v2(b, TCG_OP_vand, 0, x[k], f->mask[k]) : x[k];
        for (unsigned w = f->i->size; w < 3; w++) {
            x[k] = v1(b, TCG_OP_vpairl, w | sx, x[k]);
        }
    }
    const TcgRef r = vq > 1 ? v2(b, TCG_OP_vadd, 3, x[0], x[1]) : x[0];
    a64_put_v(b, f->i->d, v1(b, TCG_OP_vlo64, 0, v2(b, TCG_OP_vpadd, 3, r, r)));
}

/* All active elements become one: neighbours first, as the architecture does it, which matters for floating point
 * [ArmARM J1.3 Reduce]. False: there is no IR for it. */
static bool reduction(const Full *f)
{
    TcgBuild *b = f->b;
    const unsigned vq = a64_vq(b), z = f->i->size;
    Reduction how;
    TcgRef x[A64_VQ_MAX] = { 0 };

    if (f->i->op == A64_SVE_uaddv || f->i->op == A64_SVE_saddv) {
        sum(f);
        return true;
    }
    if (!is_reduction(f, &how)) {
        return false;
    }
    for (unsigned k = 0; k < vq; k++) {
        x[k] = a64_z(b, f->i->n, k);
        if (f->mask[k]) {
            x[k] = how.identity ? v3(b, TCG_OP_vbsl, 0, f->mask[k], x[k], a64_vsplat(b, z, how.identity))
                : v2(b, TCG_OP_vand, 0, x[k], f->mask[k]);
        }
    }
    TcgRef r = x[0];
    for (unsigned n = 16 * vq >> z; n > 1; n /= 2) {
        const TcgRef other = n > 16u >> z ? x[vq - 1] : r;
        r = v2(b, how.op, how.aux, v2(b, TCG_OP_vuzp1, z, r, other), v2(b, TCG_OP_vuzp2, z, r, other));
    }
    if (z == 0) {
        a64_put_v(b, f->i->d, v2(b, TCG_OP_vand, 0, r, tcg_vconst(b, 0xff, 0)));
        return true;
    }
    a64_put_v(b, f->i->d, tcg_op(b, TCG_OP_vlow, a64_lane_type(z), 0, r, 0, 0));
    return true;
}

/* What is inactive comes from where the flags say. */
static TcgRef merged(const Full *f, unsigned k, TcgRef r)
{
    TcgBuild *b = f->b;

    if (!f->mask[k]) {
        return r;
    }
    if (f->flags & A64_SF_ZERO) {
        return v2(b, TCG_OP_vand, 0, r, f->mask[k]);
    }
    return v3(b, TCG_OP_vbsl, 0, f->mask[k], r, a64_z(b, f->flags & A64_SF_BASEM ? f->i->m : f->i->d, k));
}

static TcgRef lanes(const Full *f, unsigned k)
{
    TcgRef x = operand_n(f, k), y = operand_m(f, k);
    TcgRef a = a64_z(f->b, f->flags & A64_SF_ZA ? f->i->a : f->i->d, k);

    a64_sve_prepare(f->b, f->i, f->flags, &x, &y);
    if (f->flags & A64_SF_SWAP) {
        const TcgRef t = x;
        x = y;
        y = t;
    }
    return f->flags & A64_SF_FP ? floating(f, kept(f, k, x), kept(f, k, y), kept(f, k, a)) : integer(f, x, y, a);
}

enum {
    /* Preparations that there is no IR for. */
    OUT_OF_LINE = A64_SF_PAIRN | A64_SF_WIDE | A64_SF_CVTNT | A64_SF_X | A64_SF_PRED,
};

/* A predicate from before the block is usually that of a loop, or one with all set: that is looked at as for memory.
 * One made by a comparison here is not. */
static bool all_active(TcgBuild *b, const A64SveInsn *i)
{
    const TcgRef p = a64_p(b, i->pg);

    return tcg_is_entry(b, p) ? a64_pred_full(b, i->pg, i->size) : a64_pred_known_full(b, p, i->size);
}

bool a64_sve_inline(TcgBuild *b, const A64SveInsn *i, TcgRef x)
{
    Full f = { .b = b, .i = i, .flags = a64_sve_flags(i->op), .scalar = x };
    const unsigned vq = a64_vq(b);
    TcgRef r[A64_VQ_MAX];

    if (f.flags & OUT_OF_LINE || i->size > 3 || (f.flags & A64_SF_FP && i->size < 1)) {
        return false;
    }
    if (permutation(&f)) {
        return true;
    }
    if (f.flags & A64_SF_PREDICATED && !all_active(b, i)) {
        for (unsigned k = 0; k < vq; k++) {
            f.mask[k] = a64_pred_mask(b, a64_p(b, i->pg), i->size, k);
        }
    }
    if (f.flags & A64_SF_SCALAR) {
        return reduction(&f);
    }
    if (f.flags & (A64_SF_CMP | A64_SF_CMPF)) {
        return compare(&f);
    }
    for (unsigned k = 0; k < vq; k++) {
        r[k] = lanes(&f, k);
        if (!r[k]) {
            return false;
        }
        r[k] = merged(&f, k, a64_sve_narrowed(b, i, f.flags, r[k], a64_z(b, i->d, k)));
    }
    for (unsigned k = 0; k < vq; k++) {
        a64_put_z(b, i->d, k, r[k]);
    }
    return true;
}
