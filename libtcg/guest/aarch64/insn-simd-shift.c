/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 Advanced SIMD: shift by an immediate [ArmARM C4.1 Advanced SIMD shift by immediate, C7.2]. */
#include "guest/aarch64/insn-simd.h"

enum { S = TCG_V_SIGNED };

/* immh:immb: the highest bit set in immh tells the lane; a right shift is 2 w - immh:immb, a left one
 * immh:immb - w. */

static unsigned shift_lane(const A64Args *a)
{
    return 28u - (unsigned)__builtin_clz((unsigned)a->immhb);
}

static unsigned right(const A64Args *a)
{
    return 2 * a64_lane_bits(shift_lane(a)) - (unsigned)a->immhb;
}

static unsigned left(const A64Args *a)
{
    return (unsigned)a->immhb - a64_lane_bits(shift_lane(a));
}

static TcgRef shift_right(TcgBuild *b, unsigned aux, TcgRef x, unsigned n)
{
    return v2(b, aux & S ? TCG_OP_vsar : TCG_OP_vshr, TCG_LANE(aux), x, n);
}

/* (x + 2^(n-1)) >> n in unbounded precision: the last bit that was shifted out is added. */
static TcgRef shift_right_round(TcgBuild *b, unsigned aux, TcgRef x, unsigned n)
{
    const unsigned z = TCG_LANE(aux);
    const TcgRef last = v2(b, TCG_OP_vand, 0, v2(b, TCG_OP_vshr, z, x, n - 1), a64_vsplat(b, z, 1));

    return v2(b, TCG_OP_vadd, z, shift_right(b, aux, x, n), last);
}

/* r is made of n (register), k (right shift), z (lane). */
#define RIGHT(name, r) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = shift_lane(a), k = right(a); \
        const TcgRef n = a64_v(b, a->rn); \
        a64_vout(b, a, z, r); \
    }

#define ADD(x) v2(b, TCG_OP_vadd, z, a64_v(b, a->rd), x)
RIGHT(sshr, shift_right(b, z | S, n, k))
RIGHT(ushr, shift_right(b, z, n, k))
RIGHT(ssra, ADD(shift_right(b, z | S, n, k)))
RIGHT(usra, ADD(shift_right(b, z, n, k)))
RIGHT(srshr, shift_right_round(b, z | S, n, k))
RIGHT(urshr, shift_right_round(b, z, n, k))
RIGHT(srsra, ADD(shift_right_round(b, z | S, n, k)))
RIGHT(ursra, ADD(shift_right_round(b, z, n, k)))

void a64_tr_shl_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = shift_lane(a);

    a64_vout(b, a, z, v2(b, TCG_OP_vshl, z, a64_v(b, a->rn), left(a)));
}

/* Insertion: bits of rd stay where the shift brings none. */

static uint64_t lane_ones(unsigned z)
{
    return ~(uint64_t)0 >> (64 - a64_lane_bits(z));
}

void a64_tr_sri_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = shift_lane(a), k = right(a);
    const uint64_t stay = k == a64_lane_bits(z) ? lane_ones(z) : lane_ones(z) & ~(lane_ones(z) >> k);
    const TcgRef d = v2(b, TCG_OP_vand, 0, a64_v(b, a->rd), a64_vsplat(b, z, stay));

    a64_vout(b, a, z, v2(b, TCG_OP_vor, 0, d, v2(b, TCG_OP_vshr, z, a64_v(b, a->rn), k)));
}

void a64_tr_sli_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = shift_lane(a), k = left(a);
    const TcgRef d = v2(b, TCG_OP_vand, 0, a64_v(b, a->rd), a64_vsplat(b, z, ((uint64_t)1 << k) - 1));

    a64_vout(b, a, z, v2(b, TCG_OP_vor, 0, d, v2(b, TCG_OP_vshl, z, a64_v(b, a->rn), k)));
}

/* Saturating to the left: it fits if shifting back restores the operand. */

static void shift_left_sat(TcgBuild *b, const A64Args *a, TcgRef n, TcgRef r, TcgRef fits, TcgRef limit)
{
    a64_saturated(b, v1(b, TCG_OP_vnot, 0, fits));
    a64_vout(b, a, shift_lane(a), v3(b, TCG_OP_vbsl, 0, fits, r, limit));
}

void a64_tr_sqshl_imm_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = shift_lane(a), k = left(a), w = a64_lane_bits(z);
    const TcgRef n = a64_vin(b, a, a->rn, z), r = v2(b, TCG_OP_vshl, z, n, k);
    const TcgRef fits = v2(b, TCG_OP_vcmpeq, z, v2(b, TCG_OP_vsar, z, r, k), n);

    shift_left_sat(b, a, n, r, fits, v2(b, TCG_OP_vxor, 0, v2(b, TCG_OP_vsar, z, n, w - 1),
                                        a64_vsplat(b, z, lane_ones(z) >> 1)));
}

void a64_tr_uqshl_imm_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = shift_lane(a), k = left(a);
    const TcgRef n = a64_vin(b, a, a->rn, z), r = v2(b, TCG_OP_vshl, z, n, k);
    const TcgRef fits = v2(b, TCG_OP_vcmpeq, z, v2(b, TCG_OP_vshr, z, r, k), n);

    shift_left_sat(b, a, n, r, fits, a64_vsplat(b, z, lane_ones(z)));
}

void a64_tr_sqshlu_imm_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = shift_lane(a), k = left(a), w = a64_lane_bits(z);
    const TcgRef n = a64_vin(b, a, a->rn, z), r = v2(b, TCG_OP_vshl, z, n, k);
    const TcgRef negative = v2(b, TCG_OP_vsar, z, n, w - 1);
    const TcgRef same = v2(b, TCG_OP_vcmpeq, z, v2(b, TCG_OP_vshr, z, r, k), n);

    shift_left_sat(b, a, n, r, v2(b, TCG_OP_vandn, 0, same, negative), v1(b, TCG_OP_vnot, 0, negative));
}

/* Narrowing; shifts work at twice the lane. */

#define NARROW(name, shift) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = shift_lane(a); \
        a64_vout_narrow(b, a, z, v1(b, TCG_OP_vxtn, z, shift(b, z + 1, a64_v(b, a->rn), right(a)))); \
    }
NARROW(shrn, shift_right)
NARROW(rshrn, shift_right_round)

typedef TcgRef ShiftFn(TcgBuild *b, unsigned aux, TcgRef x, unsigned n);

/* sign: TCG_V_SIGNED or 0, of the source; to_unsigned: TCG_V_TO_UNSIGNED or 0. */
static void narrow_sat(TcgBuild *b, const A64Args *a, ShiftFn *shift, unsigned sign, unsigned to_unsigned)
{
    const unsigned z = shift_lane(a);
    const TcgRef n = a->scalar ? a64_vin(b, a, a->rn, z + 1) : a64_v(b, a->rn);
    const TcgRef x = shift(b, (z + 1) | sign, n, right(a));
    const TcgRef r = v1(b, TCG_OP_vxtns, z | sign | to_unsigned, x);
    const TcgOp back = sign && !to_unsigned ? TCG_OP_vsxtl : TCG_OP_vzxtl;

    a64_saturated(b, v2(b, TCG_OP_vxor, 0, x, v1(b, back, z, r)));
    a64_vout_narrow(b, a, z, r);
}

#define NARROW_SAT(name, shift, sign, to_unsigned) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        narrow_sat(b, a, shift, sign, to_unsigned); \
    }
NARROW_SAT(sqshrn, shift_right, S, 0)
NARROW_SAT(sqrshrn, shift_right_round, S, 0)
NARROW_SAT(sqshrun, shift_right, S, TCG_V_TO_UNSIGNED)
NARROW_SAT(sqrshrun, shift_right_round, S, TCG_V_TO_UNSIGNED)
NARROW_SAT(uqshrn, shift_right, 0, 0)
NARROW_SAT(uqrshrn, shift_right_round, 0, 0)

/* Widening */

#define WIDEN(name, extend) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = shift_lane(a); \
        const TcgRef x = v1(b, extend, z | (a->q ? TCG_V_HIGH : 0), a64_v(b, a->rn)); \
        a64_put_v(b, a->rd, left(a) ? v2(b, TCG_OP_vshl, z + 1, x, left(a)) : x); \
    }
WIDEN(sshll, TCG_OP_vsxtl)
WIDEN(ushll, TCG_OP_vzxtl)
