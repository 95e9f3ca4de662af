/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 Advanced SIMD of floating point [ArmARM C4.1 Advanced SIMD three same, two-register miscellaneous, across lanes,
 * scalar pairwise, vector x indexed element, shift by immediate, C7.2]. */
#include "guest/aarch64/insn-simd.h"

enum { NUM = TCG_MM_NUM << TCG_FP_MINMAX_SHIFT };

static uint64_t sign_bit(unsigned z)
{
    return (uint64_t)1 << (a64_lane_bits(z) - 1);
}

static TcgRef absolute(TcgBuild *b, unsigned z, TcgRef x)
{
    return v2(b, TCG_OP_vand, 0, x, a64_vsplat(b, z, sign_bit(z) - 1));
}

TcgRef a64_negative(TcgBuild *b, unsigned z, TcgRef x)
{
    return v2(b, TCG_OP_vxor, 0, x, a64_vsplat(b, z, sign_bit(z)));
}

/* Scalar forms, like the instructions of fp.isa: on the scalars in the low bits. */

static bool scalar_2(TcgBuild *b, const A64Args *a, TcgOp op, unsigned how, unsigned z, TcgRef m)
{
    const TcgType t = a64_lane_type(z);

    if (a->scalar) {
        const TcgRef second = tcg_op(b, TCG_OP_vlow, t, 0, m, 0, 0);
        a64_put_v(b, a->rd, tcg_op(b, op, t, a64_fp_aux(b) | how, a64_f(b, t, a->rn), second,
                                   op == TCG_OP_fma ? a64_f(b, t, a->rd) : 0));
    }
    return a->scalar;
}

/* Three registers. r is made of n, m (kept lanes), z (lane), x (aux). */

#define SAME(name, r) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = a64_fp_lane(a), x = a64_vfp_aux(b, z); \
        const TcgRef n = a64_vin(b, a, a->rn, z), m = a64_vin(b, a, a->rm, z); \
        (void)x; \
        a64_vout(b, a, z, r); \
    }

/* A divisor of one where the lane does not count, lest 0 / 0 be invalid. */
static TcgRef divisor(TcgBuild *b, const A64Args *a, unsigned z, TcgRef m)
{
    return a->q ? m : v2(b, TCG_OP_vcat, 0, m, a64_vsplat(b, z, a64_fp_power(0, a64_lane_type(z))));
}

#define ACC a64_vin(b, a, a->rd, z)

SAME(fadd, v2(b, TCG_OP_vfadd, x, n, m))
SAME(fsub, v2(b, TCG_OP_vfsub, x, n, m))
SAME(fmul, v2(b, TCG_OP_vfmul, x, n, m))
SAME(fdiv, v2(b, TCG_OP_vfdiv, x, n, divisor(b, a, z, m)))
SAME(fmla, v3(b, TCG_OP_vfma, x, n, m, ACC))
SAME(fmls, v3(b, TCG_OP_vfma, x | TCG_FP_NEG_PRODUCT, n, m, ACC))
SAME(fmax, v2(b, TCG_OP_vfmax, x, n, m))
SAME(fmin, v2(b, TCG_OP_vfmin, x, n, m))
SAME(fmaxnm, v2(b, TCG_OP_vfmax, x | NUM, n, m))
SAME(fminnm, v2(b, TCG_OP_vfmin, x | NUM, n, m))
SAME(fcmeq, v2(b, TCG_OP_vfcmpeq, x, n, m))
SAME(fcmge, v2(b, TCG_OP_vfcmpge, x, n, m))
SAME(fcmgt, v2(b, TCG_OP_vfcmpgt, x, n, m))
SAME(facge, v2(b, TCG_OP_vfcmpge, x, absolute(b, z, n), absolute(b, z, m)))
SAME(facgt, v2(b, TCG_OP_vfcmpgt, x, absolute(b, z, n), absolute(b, z, m)))
SAME(fmulx, v2(b, TCG_OP_vfmulx, x, n, m))
SAME(frecps, v2(b, TCG_OP_vfrecps, x, n, m))
SAME(frsqrts, v2(b, TCG_OP_vfrsqrts, x, n, m))

void a64_tr_fabd_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = a64_fp_lane(a);

    if (a->scalar) {
        const TcgType t = a64_lane_type(z);
        const TcgRef r = tcg_op(b, TCG_OP_fsub, t, a64_fp_aux(b), a64_f(b, t, a->rn), a64_f(b, t, a->rm), 0);
        a64_put_v(b, a->rd, tcg_op1(b, TCG_OP_fabs, t, r));
        return;
    }
    const TcgRef n = a64_vin(b, a, a->rn, z), m = a64_vin(b, a, a->rm, z);
    a64_vout(b, a, z, absolute(b, z, v2(b, TCG_OP_vfsub, a64_vfp_aux(b, z), n, m)));
}

/* Pairwise, across lanes: the rows are vector ones. The tree's order is the architecture's
 * [ArmARM J1.3 Reduce]. */

#define PAIRS(name, op, how, scalar_op) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = a64_fp_lane(a); \
        TcgRef even, odd; \
        a64_vpairs(b, a, z, &even, &odd); \
        a64_vout(b, a, z, v2(b, op, a64_vfp_aux(b, z) | (how), even, odd)); \
    } \
    void a64_tr_##name##_pair(TcgBuild *b, const A64Args *a) \
    { \
        pair_scalar(b, a, scalar_op, how); \
    }

static void pair_scalar(TcgBuild *b, const A64Args *a, TcgOp op, unsigned how)
{
    const unsigned z = a64_fp_lane(a);
    const TcgType t = a64_lane_type(z);
    const TcgRef second = v2(b, TCG_OP_vdupl, z, a64_v(b, a->rn), 1);

    a64_put_v(b, a->rd, tcg_op(b, op, t, a64_fp_aux(b) | how, a64_f(b, t, a->rn),
                               tcg_op(b, TCG_OP_vlow, t, 0, second, 0, 0), 0));
}

PAIRS(faddp, TCG_OP_vfadd, 0, TCG_OP_fadd)
PAIRS(fmaxp, TCG_OP_vfmax, 0, TCG_OP_fmax)
PAIRS(fminp, TCG_OP_vfmin, 0, TCG_OP_fmin)
PAIRS(fmaxnmp, TCG_OP_vfmax, NUM, TCG_OP_fmax)
PAIRS(fminnmp, TCG_OP_vfmin, NUM, TCG_OP_fmin)

static void reduce(TcgBuild *b, const A64Args *a, TcgOp op, unsigned how)
{
    const unsigned z = a64_fp_lane(a);
    const TcgType t = a64_lane_type(z);
    TcgRef x = a64_v(b, a->rn);

    if (!a->q) {
        x = v2(b, TCG_OP_vcat, 0, x, x);
    }
    for (unsigned n = (a->q ? 16u : 8u) >> z; n > 1; n /= 2) {
        x = v2(b, op, a64_vfp_aux(b, z) | how, v2(b, TCG_OP_vuzp1, z, x, x), v2(b, TCG_OP_vuzp2, z, x, x));
    }
    a64_put_v(b, a->rd, tcg_op(b, TCG_OP_vlow, t, 0, x, 0, 0));
}

void a64_tr_fmaxv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vfmax, 0);
}

void a64_tr_fminv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vfmin, 0);
}

void a64_tr_fmaxnmv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vfmax, NUM);
}

void a64_tr_fminnmv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vfmin, NUM);
}

/* By element; the row's size is the lane. */

#define ELEMENT(name, op, how, r) \
    void a64_tr_##name##_e(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = (unsigned)a->size, x = a64_vfp_aux(b, z); \
        if (op != TCG_OP_none && scalar_2(b, a, op, how, z, a64_velement(b, a, z))) { \
            return; \
        } \
        const TcgRef n = a64_vin(b, a, a->rn, z), m = a64_vkeep(b, a, z, a64_velement(b, a, z)); \
        (void)x; \
        a64_vout(b, a, z, r); \
    }
ELEMENT(fmul, TCG_OP_fmul, 0, v2(b, TCG_OP_vfmul, x, n, m))
ELEMENT(fmulx, TCG_OP_none, 0, v2(b, TCG_OP_vfmulx, x, n, m))
ELEMENT(fmla, TCG_OP_fma, 0, v3(b, TCG_OP_vfma, x, n, m, ACC))
ELEMENT(fmls, TCG_OP_fma, TCG_FP_NEG_PRODUCT, v3(b, TCG_OP_vfma, x | TCG_FP_NEG_PRODUCT, n, m, ACC))

/* Half precision products into single precision: half the lanes of n, from the upper half if upper. */

static TcgRef halves(TcgBuild *b, const A64Args *a, TcgRef x)
{
    if (a->q) {
        return a->upper ? a64_vhigh(b, x) : v1(b, TCG_OP_vlo64, 0, x);
    }
    if (a->upper) {
        x = v3(b, TCG_OP_vextr, 0, x, x, 4);
    }
    return tcg_op(b, TCG_OP_vzext, TCG_V128, TCG_F32, tcg_op(b, TCG_OP_vlow, TCG_F32, 0, x, 0, 0), 0, 0);
}

static void multiply_long(TcgBuild *b, const A64Args *a, TcgRef m)
{
    const A64Args v = { .rd = a->rd, .q = a->q };
    TcgRef n = halves(b, a, a64_v(b, a->rn));

    if (a->sub) {
        n = a64_negative(b, 1, n);
    }
    n = v1(b, TCG_OP_vfhalf, a64_vfp_aux(b, 1), n);
    m = v1(b, TCG_OP_vfhalf, a64_vfp_aux(b, 1), m);
    a64_vout(b, &v, 2, v3(b, TCG_OP_vfma, a64_vfp_aux(b, 2), n, m, a64_vin(b, &v, a->rd, 2)));
}

void a64_tr_fmlal_v(TcgBuild *b, const A64Args *a)
{
    multiply_long(b, a, halves(b, a, a64_v(b, a->rm)));
}

/* The element's register is one of the lower sixteen, as for any 16-bit element. */
void a64_tr_fmlal_e(TcgBuild *b, const A64Args *a)
{
    const A64Args low = { .q = a->q };

    multiply_long(b, a, halves(b, &low, a64_velement(b, a, 1)));
}

/* Complex numbers: pairs of real and imaginary parts. */

/* x with the sign of every real or imaginary part changed. */
static TcgRef turn_signs(TcgBuild *b, unsigned z, TcgRef x, bool real, bool imaginary)
{
    const uint64_t re = real ? sign_bit(z) : 0, im = imaginary ? sign_bit(z) : 0;

    if (!real && !imaginary) {
        return x;
    }
    return v2(b, TCG_OP_vxor, 0, x,
              z == 3 ? tcg_vconst(b, re, im) : a64_vsplat(b, z + 1, re | im << a64_lane_bits(z)));
}

static TcgRef swap_pairs(TcgBuild *b, unsigned z, TcgRef x)
{
    return z == 3 ? v3(b, TCG_OP_vextr, 0, x, x, 8) : v2(b, TCG_OP_vrev, z, x, z + 1);
}

TcgRef a64_complex_part(TcgBuild *b, unsigned z, unsigned turn, TcgRef n)
{
    return v2(b, turn & 1 ? TCG_OP_vtrn2 : TCG_OP_vtrn1, z, n, n);
}

TcgRef a64_complex_turned(TcgBuild *b, unsigned z, unsigned turn, TcgRef m)
{
    return turn_signs(b, z, turn & 1 ? swap_pairs(b, z, m) : m, turn == 1 || turn == 2, turn >= 2);
}

static void complex_fma(TcgBuild *b, const A64Args *a, TcgRef m)
{
    const unsigned z = (unsigned)a->size, turn = (unsigned)a->rot;
    const TcgRef part = a64_complex_part(b, z, turn, a64_vin(b, a, a->rn, z));

    m = a64_complex_turned(b, z, turn, m);
    a64_vout(b, a, z, v3(b, TCG_OP_vfma, a64_vfp_aux(b, z), part, a64_vkeep(b, a, z, m), a64_vin(b, a, a->rd, z)));
}

static bool complex_type(TcgBuild *b, const A64Args *a)
{
    if (a->size == 1 && !a64_has(b, A64_EXT_fp16)) {
        a64_undefined(b);
        return false;
    }
    return true;
}

void a64_tr_fcmla_v(TcgBuild *b, const A64Args *a)
{
    if (complex_type(b, a)) {
        complex_fma(b, a, a64_v(b, a->rm));
    }
}

/* The element is a pair: index h:l of halves, h of singles; the register has five bits. */
void a64_tr_fcmla_e(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size, index = z == 1 ? (unsigned)(a->h << 1 | a->l) : (unsigned)a->h;

    if (complex_type(b, a)) {
        complex_fma(b, a, v2(b, TCG_OP_vdupl, z + 1, a64_v(b, a->rm | a->m << 4), index));
    }
}

void a64_tr_fcadd_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size;

    if (complex_type(b, a)) {
        const TcgRef m = a64_complex_turned(b, z, a->rot ? 3 : 1, a64_v(b, a->rm));
        a64_vout(b, a, z, v2(b, TCG_OP_vfadd, a64_vfp_aux(b, z), a64_vin(b, a, a->rn, z), a64_vkeep(b, a, z, m)));
    }
}

/* BFloat16 */

static void bf_dot(TcgBuild *b, const A64Args *a, TcgRef m)
{
    a64_vout(b, a, 2, v3(b, TCG_OP_vbfdot, 0, a64_v(b, a->rn), m, a64_v(b, a->rd)));
}

void a64_tr_bfdot_v(TcgBuild *b, const A64Args *a)
{
    bf_dot(b, a, a64_v(b, a->rm));
}

void a64_tr_bfdot_e(TcgBuild *b, const A64Args *a)
{
    bf_dot(b, a, a64_velement(b, a, 2));
}

void a64_tr_bfmmla_v(TcgBuild *b, const A64Args *a)
{
    a64_put_v(b, a->rd, a64_matrix(b, TCG_OP_vbfdot, 0, a64_v(b, a->rn), a64_v(b, a->rm), a64_v(b, a->rd)));
}

/* The even (BFMLALB) or odd (BFMLALT, q) lanes as singles. */
static TcgRef bf_widen(TcgBuild *b, const A64Args *a, TcgRef x)
{
    return a->q ? v2(b, TCG_OP_vand, 0, x, a64_vsplat(b, 2, 0xffff0000)) : v2(b, TCG_OP_vshl, 2, x, 16);
}

static void bf_multiply_long(TcgBuild *b, const A64Args *a, TcgRef m)
{
    a64_put_v(b, a->rd, v3(b, TCG_OP_vfma, a64_vfp_aux(b, 2), bf_widen(b, a, a64_v(b, a->rn)), bf_widen(b, a, m),
                           a64_v(b, a->rd)));
}

void a64_tr_bfmlal_v(TcgBuild *b, const A64Args *a)
{
    bf_multiply_long(b, a, a64_v(b, a->rm));
}

void a64_tr_bfmlal_e(TcgBuild *b, const A64Args *a)
{
    bf_multiply_long(b, a, a64_velement(b, a, 1));
}

void a64_tr_bfcvtn_v(TcgBuild *b, const A64Args *a)
{
    a64_vout_narrow(b, a, 1, v1(b, TCG_OP_vfcvtbf, a64_vfp_aux(b, 2), a64_v(b, a->rn)));
}

/* One register. r is made of n (kept lanes), z (lane), x (aux). */

#define MISC(name, r) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = a64_fp_lane(a), x = a64_vfp_aux(b, z); \
        const TcgRef n = a64_vin(b, a, a->rn, z); \
        (void)x; \
        a64_vout(b, a, z, r); \
    }

static TcgRef helper_1(TcgBuild *b, const A64Args *a, A64FpFn fn, unsigned z, TcgRef n, unsigned arg)
{
    return tcg_vcall(b, A64_H_f_one, TCG_V128, n, 0, a64_fp_imm(fn, z, a64_lane_count(a, z), arg));
}

MISC(fabs, absolute(b, z, n))
MISC(fneg, a64_negative(b, z, n))
MISC(fsqrt, v1(b, TCG_OP_vfsqrt, x, n))
MISC(frint, v1(b, TCG_OP_vfrint, a64_rounding(x, (unsigned)a->round) | (a->exact ? TCG_FP_EXACT : 0), n))
MISC(fcvt_int, v1(b, a->u ? TCG_OP_vfcvtiu : TCG_OP_vfcvtis, a64_rounding(x, (unsigned)a->round), n))
MISC(cvtf, v1(b, a->u ? TCG_OP_vfcvtui : TCG_OP_vfcvtsi, x, n))
MISC(fcmeq0, v2(b, TCG_OP_vfcmpeq, x, n, a64_vzero(b)))
MISC(fcmge0, v2(b, TCG_OP_vfcmpge, x, n, a64_vzero(b)))
MISC(fcmgt0, v2(b, TCG_OP_vfcmpgt, x, n, a64_vzero(b)))
MISC(fcmle0, v2(b, TCG_OP_vfcmpge, x, a64_vzero(b), n))
MISC(fcmlt0, v2(b, TCG_OP_vfcmpgt, x, a64_vzero(b), n))
/* A NaN becomes a quiet one by an addition of zero, which for all else is of zeroes. Flushing shows in a flag only. */
TcgRef a64_reciprocal_exponent(TcgBuild *b, unsigned z, TcgRef n)
{
    const uint64_t infinity = z == 1 ? 0x7c00 : z == 2 ? 0x7f800000 : 0x7ff0000000000000;
    const TcgRef ones = a64_vsplat(b, z, infinity), exponent = v2(b, TCG_OP_vand, 0, n, ones);
    const TcgRef zero = v2(b, TCG_OP_vcmpeq, z, exponent, a64_vzero(b));
    const TcgRef r = v2(b, TCG_OP_vxor, 0, v2(b, TCG_OP_vxor, 0, n, ones),
                        v2(b, TCG_OP_vand, 0, zero, a64_vsplat(b, z, infinity & -infinity)));
    const TcgRef nan = v2(b, TCG_OP_vcmpgt, z | TCG_V_SIGNED, absolute(b, z, n), ones);

    if (z > 1 && a64_fp_mode(b) & FP_FLUSH) {
        v1(b, TCG_OP_vfdaz, a64_vfp_aux(b, z), n);
    }
    const TcgRef quiet = v2(b, TCG_OP_vfadd, a64_vfp_aux(b, z), v2(b, TCG_OP_vand, 0, n, nan), a64_vzero(b));
    return v3(b, TCG_OP_vbsl, 0, nan, quiet, v2(b, TCG_OP_vand, 0, r, a64_vsplat(b, z, infinity | sign_bit(z))));
}

/* By way of singles, which are normal: the same leading bits and parity of the exponent are looked at, and the
 * estimate's 8 bits are exact as a half, subnormal or not, unless it is too large for any, and rounded as it should be
 * [ArmARM J1.3 FPRecipEstimate]. */
TcgRef a64_half_estimate(TcgBuild *b, TcgOp op, bool all, TcgRef n)
{
    const unsigned plain = a64_fp_aux(b) & ~tcg_fp_mode(FP_FLUSH);
    const unsigned half = plain | 1 << TCG_FP_LANE_SHIFT, single = plain | 2 << TCG_FP_LANE_SHIFT;
    TcgRef r[2];

    if (a64_fp_mode(b) & (FP_AHP | FP_FLUSH16)) {
        return 0;
    }
    for (unsigned h = 0; h <= all; h++) {
        const TcgRef x = v1(b, TCG_OP_vfhalf, half, h ? a64_vhigh(b, n) : n);
        r[h] = v1(b, TCG_OP_vfcvtn, half, v1(b, op, single, x));
    }
    return all ? v2(b, TCG_OP_vcat, 0, r[0], r[1]) : r[0];
}

/* Zero's estimate raises a flag: lanes that do not count are copies of those that do. */
static TcgRef estimate(TcgBuild *b, const A64Args *a, TcgOp op, A64FpFn fn, unsigned z, TcgRef n)
{
    const TcgRef v = a64_v(b, a->rn);
    const TcgRef x = a->scalar ? v2(b, TCG_OP_vdupl, z, v, 0) : a->q || z == 1 ? v : v2(b, TCG_OP_vcat, 0, v, v);

    if (z > 1) {
        return v1(b, op, a64_vfp_aux(b, z), x);
    }
    const TcgRef r = a64_half_estimate(b, op, a->q && !a->scalar, x);
    return r ? r : helper_1(b, a, fn, z, n, 0);
}

MISC(frecpe, estimate(b, a, TCG_OP_vfrecpe, A64_FP_RECPE, z, n))
MISC(frsqrte, estimate(b, a, TCG_OP_vfrsqrte, A64_FP_RSQRTE, z, n))
MISC(frecpx, a64_reciprocal_exponent(b, z, n))

/* What does not fit an integer of so many bits becomes the smallest one, and is invalid but not inexact
 * [ArmARM J1.3 FPRoundIntN]. Lanes of ones are NaNs: compared, they raise just that. Only doubles can be out of 32 bits
 * and have a fraction. */
void a64_tr_frint_n(TcgBuild *b, const A64Args *a)
{
    const unsigned z = a64_fp_lane(a), x = a64_vfp_aux(b, z), how = a64_rounding(x, (unsigned)a->round);
    const bool fractions = z == 3 && a->bits == 32;
    const uint64_t limit = a64_fp_power((int)a->bits - 1, a64_lane_type(z));
    const TcgRef n = a64_vin(b, a, a->rn, z), least = a64_vsplat(b, z, limit | sign_bit(z));
    TcgRef r = v1(b, TCG_OP_vfrint, how | (fractions ? 0 : TCG_FP_EXACT), n);
    const TcgRef large = v2(b, TCG_OP_vcmpgt, z | TCG_V_SIGNED, absolute(b, z, r), a64_vsplat(b, z, limit - 1));
    const TcgRef out = v2(b, TCG_OP_vandn, 0, large, v2(b, TCG_OP_vcmpeq, z, r, least));
    const TcgRef fits = v2(b, TCG_OP_vfcmpge, x, out, out);

    if (fractions) {
        r = v1(b, TCG_OP_vfrint, how | TCG_FP_EXACT, v2(b, TCG_OP_vand, 0, n, fits));
    }
    a64_vout(b, a, z, v3(b, TCG_OP_vbsl, 0, fits, r, least));
}

/* Between precisions: sz tells the wider one, 4 or 8 bytes. */

void a64_tr_fcvtl_v(TcgBuild *b, const A64Args *a)
{
    const TcgRef n = a64_v(b, a->rn);

    a64_put_v(b, a->rd, v1(b, TCG_OP_vfcvtl, a64_vfp_aux(b, 1 + (unsigned)a->sz), a->q ? a64_vhigh(b, n) : n));
}

void a64_tr_fcvtn_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = 1 + (unsigned)a->sz, aux = a64_vfp_aux(b, z);
    const TcgRef n = a->scalar ? a64_vin(b, a, a->rn, z + 1) : a64_v(b, a->rn);

    a64_vout_narrow(b, a, z, v1(b, TCG_OP_vfcvtn, a->odd ? a64_rounding(aux, FP_RODD) : aux, n));
}

/* Fixed point. Only half precision may be out of range before it is scaled. What is too large for any integer is not
 * scaled, lest that overflow: saturated it is in any case. */

static unsigned fixed_lane(const A64Args *a)
{
    return 28u - (unsigned)__builtin_clz((unsigned)a->immhb);
}

/* Integers of 16 bits, scaled, are exact in single precision, and no smaller than 2^-16: the half is rounded once. That
 * conversion is not the one of FCVTN where halves have another format or are flushed. */
static void half_from_fixed(TcgBuild *b, const A64Args *a, int fbits, TcgRef n)
{
    const unsigned plain = a64_fp_aux(b) & ~tcg_fp_mode(FP_FLUSH), single = plain | 2 << TCG_FP_LANE_SHIFT;
    const TcgRef by = a64_vsplat(b, 2, a64_fp_power(-fbits, TCG_F32));
    TcgRef r[2];

    for (unsigned h = 0; h < 2; h++) {
        TcgRef x = v1(b, a->u ? TCG_OP_vzxtl : TCG_OP_vsxtl, 1 | (h ? TCG_V_HIGH : 0), n);
        x = v2(b, TCG_OP_vfmul, single, v1(b, TCG_OP_vfcvtsi, single, x), by);
        r[h] = v1(b, TCG_OP_vfcvtn, plain | 1 << TCG_FP_LANE_SHIFT, x);
    }
    a64_vout(b, a, 1, v2(b, TCG_OP_vcat, 0, r[0], r[1]));
}

void a64_tr_cvtf_fix_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = fixed_lane(a), x = a64_vfp_aux(b, z);
    const int fbits = (int)(2 * a64_lane_bits(z)) - a->immhb;
    const TcgRef n = a64_vin(b, a, a->rn, z);

    if (z == 1 && !(a64_fp_mode(b) & (FP_AHP | FP_FLUSH16))) {
        half_from_fixed(b, a, fbits, n);
        return;
    }
    if (z == 1) {
        a64_vout(b, a, z, helper_1(b, a, a->u ? A64_FP_FROM_U : A64_FP_FROM_S, z, n, (unsigned)fbits));
        return;
    }
    const TcgRef r = v1(b, a->u ? TCG_OP_vfcvtui : TCG_OP_vfcvtsi, x, n);
    a64_vout(b, a, z, v2(b, TCG_OP_vfmul, x, r, a64_vsplat(b, z, a64_fp_power(-fbits, a64_lane_type(z)))));
}

/* By way of singles and integers of 32 bits. What does not fit 16 is a whole number, so that it raises nothing there:
 * lanes of ones are NaNs, and compared, raise invalid. */
static void fixed_from_half(TcgBuild *b, const A64Args *a, unsigned fbits, TcgRef n)
{
    const unsigned plain = a64_fp_aux(b) & ~tcg_fp_mode(FP_FLUSH), single = plain | 2 << TCG_FP_LANE_SHIFT;
    const unsigned is_signed = a->u ? 0 : TCG_V_SIGNED;
    TcgRef r[2];

    for (unsigned h = 0; h < 2; h++) {
        TcgRef x = v1(b, TCG_OP_vfhalf, plain | 1 << TCG_FP_LANE_SHIFT, h ? a64_vhigh(b, n) : n);
        x = v2(b, TCG_OP_vfmul, single, x, a64_vsplat(b, 2, a64_fp_power((int)fbits, TCG_F32)));
        x = v1(b, a->u ? TCG_OP_vfcvtiu : TCG_OP_vfcvtis, a64_rounding(single, FP_RTZ), x);
        r[h] = v1(b, TCG_OP_vxtns, 1 | is_signed, x);
        const TcgRef same = v2(b, TCG_OP_vcmpeq, 2, x, v1(b, a->u ? TCG_OP_vzxtl : TCG_OP_vsxtl, 1, r[h]));
        const TcgRef out = v1(b, TCG_OP_vnot, 0, same);
        v2(b, TCG_OP_vfcmpge, single, out, out);
    }
    a64_vout(b, a, 1, v2(b, TCG_OP_vcat, 0, r[0], r[1]));
}

void a64_tr_fcvtz_fix_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = fixed_lane(a), fbits = 2 * a64_lane_bits(z) - (unsigned)a->immhb, x = a64_vfp_aux(b, z);

    if (z == 1) {
        fixed_from_half(b, a, fbits, a64_vin(b, a, a->rn, z));
        return;
    }
    const TcgType t = a64_lane_type(z);
    const TcgRef one = a64_vsplat(b, z, a64_fp_power(0, t)), power = a64_vsplat(b, z, a64_fp_power((int)fbits, t));
    const uint64_t limit = a64_fp_power((int)a64_lane_bits(z), t);
    const TcgRef n = a64_vin(b, a, a->rn, z);
    const TcgRef large = v2(b, TCG_OP_vcmpgt, z | TCG_V_SIGNED, absolute(b, z, n), a64_vsplat(b, z, limit - 1));
    const TcgRef scaled = v2(b, TCG_OP_vfmul, x, n, v3(b, TCG_OP_vbsl, 0, large, one, power));
    a64_vout(b, a, z, v1(b, a->u ? TCG_OP_vfcvtiu : TCG_OP_vfcvtis, a64_rounding(x, FP_RTZ), scaled));
}
