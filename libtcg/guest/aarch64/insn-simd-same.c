/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 Advanced SIMD: three registers of one type, integers [ArmARM C4.1 Advanced SIMD three same, C7.2]. */
#include "guest/aarch64/insn-simd.h"

enum { S = TCG_V_SIGNED };

/* r is made of n, m (registers), z (lane), and b. */
#define SAME(name, r) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = (unsigned)a->size; \
        const TcgRef n = a64_v(b, a->rn), m = a64_v(b, a->rm); \
        a64_vout(b, a, z, r); \
    }

#define ACC a64_v(b, a->rd)

SAME(add, v2(b, TCG_OP_vadd, z, n, m))
SAME(sub, v2(b, TCG_OP_vsub, z, n, m))
SAME(mul, v2(b, TCG_OP_vmul, z, n, m))
SAME(mla, v2(b, TCG_OP_vadd, z, ACC, v2(b, TCG_OP_vmul, z, n, m)))
SAME(mls, v2(b, TCG_OP_vsub, z, ACC, v2(b, TCG_OP_vmul, z, n, m)))
SAME(smax, v2(b, TCG_OP_vmax, z | S, n, m))
SAME(umax, v2(b, TCG_OP_vmax, z, n, m))
SAME(smin, v2(b, TCG_OP_vmin, z | S, n, m))
SAME(umin, v2(b, TCG_OP_vmin, z, n, m))
SAME(sabd, a64_vabd(b, z | S, n, m))
SAME(uabd, a64_vabd(b, z, n, m))
SAME(saba, v2(b, TCG_OP_vadd, z, ACC, a64_vabd(b, z | S, n, m)))
SAME(uaba, v2(b, TCG_OP_vadd, z, ACC, a64_vabd(b, z, n, m)))
SAME(cmgt, v2(b, TCG_OP_vcmpgt, z | S, n, m))
SAME(cmge, v2(b, TCG_OP_vcmpge, z | S, n, m))
SAME(cmhi, v2(b, TCG_OP_vcmpgt, z, n, m))
SAME(cmhs, v2(b, TCG_OP_vcmpge, z, n, m))
SAME(cmeq, v2(b, TCG_OP_vcmpeq, z, n, m))
SAME(cmtst, v2(b, TCG_OP_vtst, z, n, m))
SAME(sshl, v2(b, TCG_OP_vshlv, z | S, n, m))
SAME(ushl, v2(b, TCG_OP_vshlv, z, n, m))

SAME(and, v2(b, TCG_OP_vand, 0, n, m))
SAME(bic, v2(b, TCG_OP_vandn, 0, n, m))
SAME(orr, n == m ? n : v2(b, TCG_OP_vor, 0, n, m))
SAME(orn, v2(b, TCG_OP_vorn, 0, n, m))
SAME(eor, v2(b, TCG_OP_vxor, 0, n, m))
SAME(bsl, v3(b, TCG_OP_vbsl, 0, ACC, n, m))
SAME(bit, v3(b, TCG_OP_vbsl, 0, m, n, ACC))
SAME(bif, v3(b, TCG_OP_vbsl, 0, m, ACC, n))

/* Halving without a wider lane: a + b is 2 (a & b) + (a ^ b), also 2 (a | b) - (a ^ b); a - b is
 * (a ^ b) - 2 (~a & b). */

static TcgRef half_xor(TcgBuild *b, TcgOp shift, unsigned z, TcgRef n, TcgRef m)
{
    return v2(b, shift, z, v2(b, TCG_OP_vxor, 0, n, m), 1);
}

static TcgRef halving_add(TcgBuild *b, TcgOp shift, unsigned z, TcgRef n, TcgRef m)
{
    return v2(b, TCG_OP_vadd, z, v2(b, TCG_OP_vand, 0, n, m), half_xor(b, shift, z, n, m));
}

/* Signed numbers with the sign bit flipped average as unsigned ones. */
static TcgRef rounding_halving_add(TcgBuild *b, uint64_t flip, unsigned z, TcgRef n, TcgRef m)
{
    const TcgRef k = a64_vsplat(b, z, flip);

    if (!flip) {
        return v2(b, TCG_OP_vavg, z, n, m);
    }
    return v2(b, TCG_OP_vxor, 0, k, v2(b, TCG_OP_vavg, z, v2(b, TCG_OP_vxor, 0, n, k), v2(b, TCG_OP_vxor, 0, m, k)));
}

static TcgRef halving_sub(TcgBuild *b, TcgOp shift, unsigned z, TcgRef n, TcgRef m)
{
    return v2(b, TCG_OP_vsub, z, half_xor(b, shift, z, n, m), v2(b, TCG_OP_vandn, 0, m, n));
}

SAME(shadd, halving_add(b, TCG_OP_vsar, z, n, m))
SAME(uhadd, halving_add(b, TCG_OP_vshr, z, n, m))
SAME(srhadd, rounding_halving_add(b, (uint64_t)1 << (a64_lane_bits(z) - 1), z, n, m))
SAME(urhadd, rounding_halving_add(b, 0, z, n, m))
SAME(shsub, halving_sub(b, TCG_OP_vsar, z, n, m))
SAME(uhsub, halving_sub(b, TCG_OP_vshr, z, n, m))

/* Pairwise */

#define PAIRS(name, op, sign) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = (unsigned)a->size; \
        TcgRef even, odd; \
        a64_vpairs(b, a, z, &even, &odd); \
        a64_vout(b, a, z, v2(b, op, z | (sign), even, odd)); \
    }
PAIRS(smaxp, TCG_OP_vmax, S)
PAIRS(umaxp, TCG_OP_vmax, 0)
PAIRS(sminp, TCG_OP_vmin, S)
PAIRS(uminp, TCG_OP_vmin, 0)

void a64_tr_addp_v(TcgBuild *b, const A64Args *a)
{
    TcgRef n = a64_v(b, a->rn), m = a64_v(b, a->rm);

    if (!a->q) {
        n = m = v2(b, TCG_OP_vcat, 0, n, m);
    }
    a64_vout(b, a, (unsigned)a->size, v2(b, TCG_OP_vpadd, (unsigned)a->size, n, m));
}

/* Saturating: lanes that do not count are zero. */

#define SAME_IN(name, r) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = (unsigned)a->size; \
        const TcgRef n = a64_vin(b, a, a->rn, z), m = a64_vin(b, a, a->rm, z); \
        a64_vout(b, a, z, r); \
    }
SAME_IN(sqadd, a64_vadd_sat(b, z | S, n, m))
SAME_IN(uqadd, a64_vadd_sat(b, z, n, m))
SAME_IN(sqsub, a64_vsub_sat(b, z | S, n, m))
SAME_IN(uqsub, a64_vsub_sat(b, z, n, m))

/* Shifts by a register: the signed low byte of each lane, to the right if negative. */

static TcgRef all_signs(TcgBuild *b, unsigned z, TcgRef x)
{
    return v2(b, TCG_OP_vsar, z, x, a64_lane_bits(z) - 1);
}

static TcgRef shift(TcgBuild *b, unsigned aux, TcgRef n, TcgRef m)
{
    return v2(b, TCG_OP_vshlv, aux, n, m);
}

/* Lanes that are shifted to the right. */
static TcgRef goes_right(TcgBuild *b, unsigned z, TcgRef m)
{
    return all_signs(b, z, z ? v2(b, TCG_OP_vshl, z, m, a64_lane_bits(z) - 8) : m);
}

/* To the right the last bit that goes out, the lowest after a shift by one less, is added. */
static TcgRef shift_round(TcgBuild *b, unsigned aux, TcgRef n, TcgRef m)
{
    const unsigned z = TCG_LANE(aux);
    const TcgRef one = a64_vsplat(b, z, 1), less = shift(b, aux, n, v2(b, TCG_OP_vadd, z, m, one));
    const TcgRef last = v2(b, TCG_OP_vand, 0, v2(b, TCG_OP_vand, 0, less, goes_right(b, z, m)), one);

    return v2(b, TCG_OP_vadd, z, shift(b, aux, n, m), last);
}

/* To the left it fits if shifting back restores the operand; x is the shifted n. */
static TcgRef shift_saturate(TcgBuild *b, unsigned aux, TcgRef n, TcgRef m, TcgRef x)
{
    const unsigned z = TCG_LANE(aux);
    const TcgRef back = shift(b, aux, x, v1(b, TCG_OP_vneg, z, m));
    const TcgRef fits = v2(b, TCG_OP_vor, 0, v2(b, TCG_OP_vcmpeq, z, back, n), goes_right(b, z, m));
    const uint64_t ones = ~(uint64_t)0 >> (64 - a64_lane_bits(z));
    const TcgRef limit = aux & S ? v2(b, TCG_OP_vxor, 0, all_signs(b, z, n), a64_vsplat(b, z, ones >> 1))
                                 : a64_vsplat(b, z, ones);

    a64_saturated(b, v1(b, TCG_OP_vnot, 0, fits));
    return v3(b, TCG_OP_vbsl, 0, fits, x, limit);
}

SAME_IN(srshl, shift_round(b, z | S, n, m))
SAME_IN(urshl, shift_round(b, z, n, m))
SAME_IN(sqshl, shift_saturate(b, z | S, n, m, shift(b, z | S, n, m)))
SAME_IN(uqshl, shift_saturate(b, z, n, m, shift(b, z, n, m)))
SAME_IN(sqrshl, shift_saturate(b, z | S, n, m, shift_round(b, z | S, n, m)))
SAME_IN(uqrshl, shift_saturate(b, z, n, m, shift_round(b, z, n, m)))

/* Doubling products, high half: only the smallest number squared does not fit, and wraps to the smallest number,
 * which nothing else gives. */

static void doubling_high(TcgBuild *b, const A64Args *a, TcgRef m, unsigned round)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef n = a64_vin(b, a, a->rn, z);
    const TcgRef p = v2(b, TCG_OP_vmulhd, z | (round ? TCG_V_ROUND : 0), n, a64_vkeep(b, a, z, m));
    const TcgRef over = v2(b, TCG_OP_vcmpeq, z, p, a64_vsplat(b, z, (uint64_t)1 << (a64_lane_bits(z) - 1)));

    a64_saturated(b, over);
    a64_vout(b, a, z, v2(b, TCG_OP_vxor, 0, p, over));
}

/* The accumulator is added to, or subtracted from, a whole number of result units, so that rounding is the product's
 * own; what is subtracted is rounded down where it is in the middle. A product of the two least numbers is wrapped to
 * the least one, which no other product gives: there adding is subtracting. */
static void doubling_high_add(TcgBuild *b, const A64Args *a, TcgRef m, bool sub)
{
    const unsigned z = (unsigned)a->size, s = z | TCG_V_SIGNED;
    const TcgRef n = a64_vin(b, a, a->rn, z), d = a64_vin(b, a, a->rd, z), kept = a64_vkeep(b, a, z, m);
    const TcgRef least = a64_vsplat(b, z, (uint64_t)1 << (a64_lane_bits(z) - 1));
    TcgRef p = v2(b, TCG_OP_vmulhd, z | TCG_V_ROUND, n, kept);
    const TcgRef wrapped = v2(b, TCG_OP_vcmpeq, z, p, least);

    if (sub) {
        const TcgRef low = v2(b, TCG_OP_vshl, z, v2(b, TCG_OP_vmul, z, n, kept), 1);
        p = v2(b, TCG_OP_vadd, z, p, v2(b, TCG_OP_vcmpeq, z, low, least));
    }
    const TcgRef more = v2(b, TCG_OP_vadds, s, d, p), less = v2(b, TCG_OP_vsubs, s, d, p);
    const TcgRef r = v3(b, TCG_OP_vbsl, 0, wrapped, sub ? more : less, sub ? less : more);

    a64_saturated(b, v2(b, TCG_OP_vxor, 0, r, v2(b, sub ? TCG_OP_vsub : TCG_OP_vadd, z, d, p)));
    a64_vout(b, a, z, r);
}

#define HIGH(name, function, arg) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        function(b, a, a64_v(b, a->rm), arg); \
    } \
    void a64_tr_##name##_e(TcgBuild *b, const A64Args *a) \
    { \
        function(b, a, a64_velement(b, a, (unsigned)a->size), arg); \
    }
HIGH(sqdmulh, doubling_high, 0)
HIGH(sqrdmulh, doubling_high, 1)
HIGH(sqrdmlah, doubling_high_add, false)
HIGH(sqrdmlsh, doubling_high_add, true)

/* By element, lanes of one size */

#define ELEMENT(name, r) \
    void a64_tr_##name##_e(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = (unsigned)a->size; \
        const TcgRef p = v2(b, TCG_OP_vmul, z, a64_v(b, a->rn), a64_velement(b, a, z)); \
        a64_vout(b, a, z, r); \
    }
ELEMENT(mul, p)
ELEMENT(mla, v2(b, TCG_OP_vadd, z, ACC, p))
ELEMENT(mls, v2(b, TCG_OP_vsub, z, ACC, p))

/* Dot products: a quarter of the lanes, each the sum of four */

SAME(sdot, v3(b, TCG_OP_vdot, S, n, m, ACC))
SAME(udot, v3(b, TCG_OP_vdot, 0, n, m, ACC))
SAME(usdot, v3(b, TCG_OP_vdot, TCG_V_MIXED, n, m, ACC))

#define DOT_ELEMENT(name, aux, x, y) \
    void a64_tr_##name##_e(TcgBuild *b, const A64Args *a) \
    { \
        const TcgRef n = a64_v(b, a->rn), m = a64_velement(b, a, 2); \
        a64_vout(b, a, 2, v3(b, TCG_OP_vdot, aux, x, y, ACC)); \
    }
DOT_ELEMENT(sdot, S, n, m)
DOT_ELEMENT(udot, 0, n, m)
DOT_ELEMENT(usdot, TCG_V_MIXED, n, m)
DOT_ELEMENT(sudot, TCG_V_MIXED, m, n)

/* Matrices of 2 rows, the second one transposed: result 2 i + j is row i of n times row j of m. */
TcgRef a64_matrix(TcgBuild *b, TcgOp op, unsigned aux, TcgRef n, TcgRef m, TcgRef acc)
{
    acc = v3(b, op, aux, v2(b, TCG_OP_vtrn1, 2, n, n), v2(b, TCG_OP_vuzp1, 2, m, m), acc);
    return v3(b, op, aux, v2(b, TCG_OP_vtrn2, 2, n, n), v2(b, TCG_OP_vuzp2, 2, m, m), acc);
}

static void matrix(TcgBuild *b, const A64Args *a, unsigned aux)
{
    a64_put_v(b, a->rd, a64_matrix(b, TCG_OP_vdot, aux, a64_v(b, a->rn), a64_v(b, a->rm), ACC));
}

void a64_tr_smmla_v(TcgBuild *b, const A64Args *a)
{
    matrix(b, a, S);
}

void a64_tr_ummla_v(TcgBuild *b, const A64Args *a)
{
    matrix(b, a, 0);
}

void a64_tr_usmmla_v(TcgBuild *b, const A64Args *a)
{
    matrix(b, a, TCG_V_MIXED);
}

/* Polynomial product of bytes */
SAME(pmul, tcg_vcall(b, A64_H_v_pmul, TCG_V128, n, m, 0))
