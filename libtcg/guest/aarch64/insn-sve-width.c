/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE operations as IR whose operands or results have another width, come in pairs or turned, and conversions; a piece
 * of 128 bits at a time, as insn-sve-full.c says. [ArmARM C8.2] */
#include "guest/aarch64/insn-sve.h"

static TcgRef low_half(TcgBuild *b, unsigned z, TcgRef x)
{
    return v2(b, TCG_OP_vand, 0, x, a64_vsplat(b, z, ((uint64_t)1 << (a64_lane_bits(z) / 2)) - 1));
}

/* The even (or, for top, odd) elements of half the width, extended to z. */
static TcgRef extended(TcgBuild *b, unsigned z, uint32_t flags, bool top, TcgRef x)
{
    const unsigned half = a64_lane_bits(z) / 2;

    if (flags & A64_SF_SX) {
        return v2(b, TCG_OP_vsar, z, top ? x : v2(b, TCG_OP_vshl, z, x, half), half);
    }
    return top ? v2(b, TCG_OP_vshr, z, x, half) : low_half(b, z, x);
}

/* A lane of m in every one: the rows' indices. */
static TcgRef indexed(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef m)
{
    const unsigned z = i->size, index = (unsigned)i->imm >> (flags & A64_SF_IMM_A ? 4 : 0);

    if (flags & A64_SF_IDXN) {
        return extended(b, z, flags, false, v2(b, TCG_OP_vdupl, z - 1, m, index));
    }
    return v2(b, TCG_OP_vdupl, flags & A64_SF_IDXP ? z + 1 : z, m, index);
}

void a64_sve_prepare(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef *x, TcgRef *y)
{
    const unsigned z = i->size, turn = (unsigned)i->imm & 3;

    if (flags & (A64_SF_IDX | A64_SF_IDXP | A64_SF_IDXN)) {
        *y = indexed(b, i, flags, *y);
    }
    if (flags & (A64_SF_NB | A64_SF_NT)) {
        *x = extended(b, z, flags, flags & A64_SF_NT, *x);
    }
    if (flags & (A64_SF_MB | A64_SF_MT)) {
        *y = extended(b, z, flags, flags & A64_SF_MT, *y);
    }
    if (flags & A64_SF_PAIR) {
        const TcgRef even = v2(b, TCG_OP_vtrn1, z, *x, *y);
        *y = v2(b, TCG_OP_vtrn2, z, *x, *y);
        *x = even;
    }
    switch (i->op) {
    case A64_SVE_fcadd:
        *y = a64_complex_turned(b, z, i->imm & 1 ? 3 : 1, *y);     /* a quarter turn, or three */
        break;
    case A64_SVE_fcmla: case A64_SVE_fcmla_x:
        *x = a64_complex_part(b, z, turn, *x);
        *y = a64_complex_turned(b, z, turn, *y);
        break;
    default:
        break;
    }
}

/* Results of half the width: into the even elements, the odd ones 0; or into the odd ones of d. */
TcgRef a64_sve_narrowed(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef r, TcgRef d)
{
    const unsigned z = i->size;

    if (flags & A64_SF_NARB) {
        return low_half(b, z, r);
    }
    if (flags & A64_SF_NART) {
        return v2(b, TCG_OP_vor, 0, v2(b, TCG_OP_vshl, z, r, a64_lane_bits(z) / 2), low_half(b, z, d));
    }
    return r;
}

/* Products of extended elements; those of 64 bits are made of the halves that they were. */
static TcgRef product(TcgBuild *b, unsigned z, uint32_t flags, TcgRef x, TcgRef y)
{
    if (z < 3) {
        return v2(b, TCG_OP_vmul, z, x, y);
    }
    return v2(b, TCG_OP_vmull, 2 | (flags & A64_SF_SX ? TCG_V_SIGNED : 0), v2(b, TCG_OP_vuzp1, 2, x, x),
              v2(b, TCG_OP_vuzp1, 2, y, y));
}

/* x between two numbers; aux is the lane and TCG_V_SIGNED. */
static TcgRef clamped(TcgBuild *b, unsigned aux, TcgRef x, int64_t least, int64_t most)
{
    const unsigned z = aux & 3;

    if (aux & TCG_V_SIGNED) {
        x = v2(b, TCG_OP_vmax, aux, x, a64_vsplat(b, z, (uint64_t)least));
    }
    return v2(b, TCG_OP_vmin, aux, x, a64_vsplat(b, z, (uint64_t)most));
}

/* Shifts by elements: counts from the width on count as the width. */
static TcgRef shifted(TcgBuild *b, unsigned aux, bool left, TcgRef x, TcgRef y)
{
    const unsigned z = aux & 3;

    y = v2(b, TCG_OP_vmin, z, y, a64_vsplat(b, z, a64_lane_bits(z)));
    return v2(b, TCG_OP_vshlv, aux, x, left ? y : v1(b, TCG_OP_vneg, z, y));
}

static TcgRef sign_extended(TcgBuild *b, unsigned z, unsigned bits, TcgRef x)
{
    const unsigned shift = a64_lane_bits(z) - bits;

    return v2(b, TCG_OP_vsar, z, v2(b, TCG_OP_vshl, z, x, shift), shift);
}

/* Upper halves of products. */
static TcgRef upper_product(TcgBuild *b, unsigned z, unsigned sx, TcgRef x, TcgRef y)
{
    return v2(b, TCG_OP_vuzp2, z, v2(b, TCG_OP_vmull, z | sx, x, y), v2(b, TCG_OP_vmull, z | sx | TCG_V_HIGH, x, y));
}

static TcgRef rotated(TcgBuild *b, unsigned z, unsigned right, TcgRef x)
{
    const unsigned bits = a64_lane_bits(z);

    if (right == bits) {
        return x;
    }
    return v2(b, TCG_OP_vor, 0, v2(b, TCG_OP_vshr, z, x, right), v2(b, TCG_OP_vshl, z, x, bits - right));
}

/* Sums, differences and products of elements that were extended. */
static TcgRef widening(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef x, TcgRef y, TcgRef a)
{
    const unsigned z = i->size, s = z | TCG_V_SIGNED;

    switch (i->op) {
    case A64_SVE_saddlb: case A64_SVE_saddlt: case A64_SVE_uaddlb: case A64_SVE_uaddlt: case A64_SVE_saddwb:
    case A64_SVE_saddwt: case A64_SVE_uaddwb: case A64_SVE_uaddwt: case A64_SVE_saddlbt:
        return v2(b, TCG_OP_vadd, z, x, y);
    case A64_SVE_ssublb: case A64_SVE_ssublt: case A64_SVE_usublb: case A64_SVE_usublt: case A64_SVE_ssubwb:
    case A64_SVE_ssubwt: case A64_SVE_usubwb: case A64_SVE_usubwt: case A64_SVE_ssublbt: case A64_SVE_ssubltb:
        return v2(b, TCG_OP_vsub, z, x, y);
    case A64_SVE_sabdlb: case A64_SVE_sabdlt: case A64_SVE_uabdlb: case A64_SVE_uabdlt:
        return a64_vabd(b, s, x, y);
    case A64_SVE_sabalb: case A64_SVE_sabalt: case A64_SVE_uabalb: case A64_SVE_uabalt:
        return v2(b, TCG_OP_vadd, z, a, a64_vabd(b, s, x, y));
    case A64_SVE_smullb: case A64_SVE_smullt: case A64_SVE_umullb: case A64_SVE_umullt: case A64_SVE_smullb_x:
    case A64_SVE_smullt_x: case A64_SVE_umullb_x: case A64_SVE_umullt_x:
        return product(b, z, flags, x, y);
    case A64_SVE_smlalb: case A64_SVE_smlalt: case A64_SVE_umlalb: case A64_SVE_umlalt: case A64_SVE_smlalb_x:
    case A64_SVE_smlalt_x: case A64_SVE_umlalb_x: case A64_SVE_umlalt_x:
        return v2(b, TCG_OP_vadd, z, a, product(b, z, flags, x, y));
    case A64_SVE_smlslb: case A64_SVE_smlslt: case A64_SVE_umlslb: case A64_SVE_umlslt: case A64_SVE_smlslb_x:
    case A64_SVE_smlslt_x: case A64_SVE_umlslb_x: case A64_SVE_umlslt_x:
        return v2(b, TCG_OP_vsub, z, a, product(b, z, flags, x, y));
    case A64_SVE_sshllb: case A64_SVE_sshllt: case A64_SVE_ushllb: case A64_SVE_ushllt:
        return v2(b, TCG_OP_vshl, z, x, (unsigned)i->imm);
    default:
        return 0;
    }
}

/* Results that will be narrowed. */
static TcgRef narrowing(TcgBuild *b, const A64SveInsn *i, TcgRef x, TcgRef y)
{
    const unsigned z = i->size, s = z | TCG_V_SIGNED, half = a64_lane_bits(z) / 2, shift = (unsigned)i->imm;
    const int64_t most = ((int64_t)1 << half) - 1, high = most >> 1;

    switch (i->op) {
    case A64_SVE_sqxtnb: case A64_SVE_sqxtnt:     return clamped(b, s, x, -high - 1, high);
    case A64_SVE_uqxtnb: case A64_SVE_uqxtnt:     return clamped(b, z, x, 0, most);
    case A64_SVE_sqxtunb: case A64_SVE_sqxtunt:   return clamped(b, s, x, 0, most);
    case A64_SVE_sqshrnb: case A64_SVE_sqshrnt:
        return clamped(b, s, v2(b, TCG_OP_vsar, z, x, shift), -high - 1, high);
    case A64_SVE_uqshrnb: case A64_SVE_uqshrnt:   return clamped(b, z, v2(b, TCG_OP_vshr, z, x, shift), 0, most);
    case A64_SVE_sqshrunb: case A64_SVE_sqshrunt: return clamped(b, s, v2(b, TCG_OP_vsar, z, x, shift), 0, most);
    case A64_SVE_shrnb: case A64_SVE_shrnt:       return v2(b, TCG_OP_vshr, z, x, shift);
    case A64_SVE_rshrnb: case A64_SVE_rshrnt:
        return v2(b, TCG_OP_vshr, z, v2(b, TCG_OP_vadd, z, x, a64_vsplat(b, z, (uint64_t)1 << (shift - 1))), shift);
    case A64_SVE_addhnb: case A64_SVE_addhnt:     return v2(b, TCG_OP_vshr, z, v2(b, TCG_OP_vadd, z, x, y), half);
    case A64_SVE_subhnb: case A64_SVE_subhnt:     return v2(b, TCG_OP_vshr, z, v2(b, TCG_OP_vsub, z, x, y), half);
    default:                                      return 0;
    }
}

TcgRef a64_sve_integer(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef x, TcgRef y, TcgRef a)
{
    const unsigned z = i->size, s = z | TCG_V_SIGNED;
    const TcgRef r = flags & (A64_SF_NARB | A64_SF_NART) ? narrowing(b, i, x, y) : widening(b, i, flags, x, y, a);

    if (r) {
        return r;
    }
    switch (i->op) {
    case A64_SVE_lsl_p: case A64_SVE_lslr_p: return shifted(b, z, true, x, y);
    case A64_SVE_lsr_p: case A64_SVE_lsrr_p: return shifted(b, z, false, x, y);
    case A64_SVE_asr_p: case A64_SVE_asrr_p: return shifted(b, s, false, x, y);
    case A64_SVE_sxtb:                       return sign_extended(b, z, 8, x);
    case A64_SVE_sxth:                       return sign_extended(b, z, 16, x);
    case A64_SVE_sxtw:                       return sign_extended(b, z, 32, x);
    case A64_SVE_urecpe:                     return a64_integer_estimate(b, TCG_OP_vfrecpe, x);
    case A64_SVE_ursqrte:                    return a64_integer_estimate(b, TCG_OP_vfrsqrte, x);
    case A64_SVE_cnot:
        return v2(b, TCG_OP_vand, 0, v2(b, TCG_OP_vcmpeq, z, x, a64_vzero(b)), a64_vsplat(b, z, 1));
    case A64_SVE_smulh: case A64_SVE_smulh_p: return z < 3 ? upper_product(b, z, TCG_V_SIGNED, x, y) : 0;
    case A64_SVE_umulh: case A64_SVE_umulh_p: return z < 3 ? upper_product(b, z, 0, x, y) : 0;
    case A64_SVE_urhadd_p:                   return z < 3 ? v2(b, TCG_OP_vavg, z, x, y) : 0;
    case A64_SVE_addp:                       return v2(b, TCG_OP_vadd, z, x, y);
    case A64_SVE_smaxp:                      return v2(b, TCG_OP_vmax, s, x, y);
    case A64_SVE_umaxp:                      return v2(b, TCG_OP_vmax, z, x, y);
    case A64_SVE_sminp:                      return v2(b, TCG_OP_vmin, s, x, y);
    case A64_SVE_uminp:                      return v2(b, TCG_OP_vmin, z, x, y);
    case A64_SVE_saba:                       return v2(b, TCG_OP_vadd, z, a, a64_vabd(b, s, x, y));
    case A64_SVE_uaba:                       return v2(b, TCG_OP_vadd, z, a, a64_vabd(b, z, x, y));
    case A64_SVE_xar:                        return rotated(b, z, (unsigned)i->imm, v2(b, TCG_OP_vxor, 0, x, y));
    case A64_SVE_bsl1n:                      return v3(b, TCG_OP_vbsl, 0, a, v1(b, TCG_OP_vnot, 0, x), y);
    case A64_SVE_bsl2n:                      return v3(b, TCG_OP_vbsl, 0, a, x, v1(b, TCG_OP_vnot, 0, y));
    case A64_SVE_nbsl:                       return v1(b, TCG_OP_vnot, 0, v3(b, TCG_OP_vbsl, 0, a, x, y));
    case A64_SVE_usdot: case A64_SVE_usdot_x: return v3(b, TCG_OP_vdot, 2 | TCG_V_MIXED, x, y, a);
    case A64_SVE_sudot_x:                    return v3(b, TCG_OP_vdot, 2 | TCG_V_MIXED, y, x, a);
    case A64_SVE_bfdot: case A64_SVE_bfdot_x: return v3(b, TCG_OP_vbfdot, 0, x, y, a);
    case A64_SVE_bfmmla:                     return a64_matrix(b, TCG_OP_vbfdot, 0, x, y, a);
    case A64_SVE_smmla:                      return a64_matrix(b, TCG_OP_vdot, 2 | TCG_V_SIGNED, x, y, a);
    case A64_SVE_ummla:                      return a64_matrix(b, TCG_OP_vdot, 2, x, y, a);
    case A64_SVE_usmmla:                     return a64_matrix(b, TCG_OP_vdot, 2 | TCG_V_MIXED, x, y, a);
    default:                                 return 0;
    }
}

/* Conversions: the narrower format or integer is in the lower (t: upper) half of the element. FPCR.AHP does not count
 * [ArmARM J1.3 FPConvertSVE]. */

static TcgRef lengthened(TcgBuild *b, unsigned lane, bool top, TcgRef x)
{
    const unsigned aux = a64_vfp_aux(b, lane) & ~tcg_fp_mode(FP_AHP);

    return v1(b, TCG_OP_vfcvtl, aux, v2(b, top ? TCG_OP_vuzp2 : TCG_OP_vuzp1, lane, x, x));
}

static TcgRef shortened(TcgBuild *b, unsigned lane, unsigned round, TcgRef x)
{
    const unsigned aux = a64_rounding(a64_vfp_aux(b, lane) & ~tcg_fp_mode(FP_AHP), round);

    return v2(b, TCG_OP_vzip1, lane, v1(b, TCG_OP_vfcvtn, aux, x), a64_vzero(b));
}

/* Doubles to words: what does not fit is replaced by what does not fit 64 bits either, so that it is invalid but not
 * inexact; a NaN stays one. */
static TcgRef double_to_word(TcgBuild *b, TcgRef x)
{
    const unsigned aux = a64_rounding(a64_vfp_aux(b, 3), FP_RTZ), s = 3 | TCG_V_SIGNED;
    const uint64_t sign = (uint64_t)1 << 63, limit = a64_fp_power(31, TCG_F64), infinity = 0x7ff0000000000000;
    const TcgRef whole = v1(b, TCG_OP_vfrint, aux, x);
    const TcgRef magnitude = v2(b, TCG_OP_vand, 0, whole, a64_vsplat(b, 3, sign - 1));
    TcgRef large = v2(b, TCG_OP_vcmpgt, s, magnitude, a64_vsplat(b, 3, limit - 1));

    large = v2(b, TCG_OP_vandn, 0, large, v2(b, TCG_OP_vcmpgt, s, magnitude, a64_vsplat(b, 3, infinity)));
    large = v2(b, TCG_OP_vandn, 0, large, v2(b, TCG_OP_vcmpeq, 3, whole, a64_vsplat(b, 3, limit | sign)));
    const TcgRef signs = v2(b, TCG_OP_vand, 0, x, a64_vsplat(b, 3, sign));
    const TcgRef huge = v2(b, TCG_OP_vor, 0, signs, a64_vsplat(b, 3, a64_fp_power(100, TCG_F64)));
    const TcgRef r = v1(b, TCG_OP_vfcvtis, aux, v3(b, TCG_OP_vbsl, 0, large, huge, x));
    return v1(b, TCG_OP_vsxtl, 2, v1(b, TCG_OP_vxtns, 2 | TCG_V_SIGNED, r));
}

static TcgRef converted(TcgBuild *b, const A64SveInsn *i, TcgRef x)
{
    const unsigned d = a64_vfp_aux(b, 3);

    switch (i->op) {
    case A64_SVE_fcvt_sd:       return lengthened(b, 2, false, x);
    case A64_SVE_fcvtlt_sd:     return lengthened(b, 2, true, x);
    case A64_SVE_fcvt_hs:       return lengthened(b, 1, false, x);
    case A64_SVE_fcvtlt_hs:     return lengthened(b, 1, true, x);
    case A64_SVE_fcvt_ds:       return shortened(b, 2, TCG_FP_DYN, x);
    case A64_SVE_fcvtx:         return shortened(b, 2, FP_RODD, x);
    case A64_SVE_fcvt_sh:       return shortened(b, 1, TCG_FP_DYN, x);
    case A64_SVE_bfcvt:
        return v2(b, TCG_OP_vzip1, 1, v1(b, TCG_OP_vfcvtbf, a64_vfp_aux(b, 2), x), a64_vzero(b));
    case A64_SVE_scvtf_32_d:    return v1(b, TCG_OP_vfcvtsi, d, v1(b, TCG_OP_vsxtl, 2, v2(b, TCG_OP_vuzp1, 2, x, x)));
    case A64_SVE_ucvtf_32_d:    return v1(b, TCG_OP_vfcvtsi, d, low_half(b, 3, x));
    case A64_SVE_fcvtzs_s_64:   return v1(b, TCG_OP_vfcvtis, a64_rounding(d, FP_RTZ), lengthened(b, 2, false, x));
    case A64_SVE_fcvtzu_s_64:   return v1(b, TCG_OP_vfcvtiu, a64_rounding(d, FP_RTZ), lengthened(b, 2, false, x));
    case A64_SVE_fcvtzs_d_32:   return double_to_word(b, x);
    default:                    return 0;
    }
}

/* Half precision numbers in the lower halves of words, as singles. */
static TcgRef halves(TcgBuild *b, TcgRef x)
{
    return v1(b, TCG_OP_vfhalf, a64_vfp_aux(b, 1), v2(b, TCG_OP_vuzp1, 1, x, x));
}

static TcgRef estimate(TcgBuild *b, TcgOp op, unsigned z, TcgRef x)
{
    return z > 1 ? v1(b, op, a64_vfp_aux(b, z), x) : a64_half_estimate(b, op, true, x);
}

TcgRef a64_sve_floating(TcgBuild *b, const A64SveInsn *i, TcgRef x, TcgRef y, TcgRef a)
{
    const unsigned z = i->size, aux = a64_vfp_aux(b, z);
    enum { NUM = TCG_MM_NUM << TCG_FP_MINMAX_SHIFT };

    switch (i->op) {
    case A64_SVE_fnmla: case A64_SVE_fnmad:
        return v3(b, TCG_OP_vfma, aux | TCG_FP_NEG_PRODUCT, x, y, a64_negative(b, z, a));
    case A64_SVE_fnmls: case A64_SVE_fnmsb: return v3(b, TCG_OP_vfma, aux, x, y, a64_negative(b, z, a));
    case A64_SVE_fcmla: case A64_SVE_fcmla_x: return v3(b, TCG_OP_vfma, aux, x, y, a);
    case A64_SVE_fcadd: case A64_SVE_faddp: return v2(b, TCG_OP_vfadd, aux, x, y);
    case A64_SVE_fmaxp:                     return v2(b, TCG_OP_vfmax, aux, x, y);
    case A64_SVE_fminp:                     return v2(b, TCG_OP_vfmin, aux, x, y);
    case A64_SVE_fmaxnmp:                   return v2(b, TCG_OP_vfmax, aux | NUM, x, y);
    case A64_SVE_fminnmp:                   return v2(b, TCG_OP_vfmin, aux | NUM, x, y);
    case A64_SVE_frecpe:                    return estimate(b, TCG_OP_vfrecpe, z, x);
    case A64_SVE_frsqrte:                   return estimate(b, TCG_OP_vfrsqrte, z, x);
    case A64_SVE_frecpx:                    return a64_reciprocal_exponent(b, z, x);
    case A64_SVE_frinta:                    return v1(b, TCG_OP_vfrint, a64_rounding(aux, FP_RMM), x);
    case A64_SVE_frinti:                    return v1(b, TCG_OP_vfrint, aux, x);
    case A64_SVE_frintx:                    return v1(b, TCG_OP_vfrint, aux | TCG_FP_EXACT, x);
    case A64_SVE_fmlalb: case A64_SVE_fmlalt: case A64_SVE_fmlalb_x: case A64_SVE_fmlalt_x:
        return v3(b, TCG_OP_vfma, aux, halves(b, x), halves(b, y), a);
    case A64_SVE_fmlslb: case A64_SVE_fmlslt: case A64_SVE_fmlslb_x: case A64_SVE_fmlslt_x:
        return v3(b, TCG_OP_vfma, aux, halves(b, a64_negative(b, 1, x)), halves(b, y), a);
    case A64_SVE_bfmlalb: case A64_SVE_bfmlalt: case A64_SVE_bfmlalb_x: case A64_SVE_bfmlalt_x:
        return v3(b, TCG_OP_vfma, aux, v2(b, TCG_OP_vshl, 2, x, 16), v2(b, TCG_OP_vshl, 2, y, 16), a);
    default:
        return converted(b, i, x);
    }
}
