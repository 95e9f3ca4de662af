/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 Advanced SIMD: one source register, integers; across lanes [ArmARM C4.1 Advanced SIMD two-register
 * miscellaneous, across lanes, scalar pairwise, C7.2]. */
#include "guest/aarch64/insn-simd.h"

enum { S = TCG_V_SIGNED };

/* r is made of n (register), z (lane) and b. */
#define MISC(name, r) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned z = (unsigned)a->size; \
        const TcgRef n = a64_v(b, a->rn); \
        a64_vout(b, a, z, r); \
    }

MISC(rev64, v2(b, TCG_OP_vrev, z, n, 3))
MISC(rev32, v2(b, TCG_OP_vrev, z, n, 2))
MISC(rev16, v2(b, TCG_OP_vrev, z, n, 1))
MISC(cnt, v1(b, TCG_OP_vpopcnt, 0, n))
MISC(clz, v1(b, TCG_OP_vclz, z, n))
MISC(not, v1(b, TCG_OP_vnot, 0, n))
MISC(rbit, v1(b, TCG_OP_vrbit, 0, n))
MISC(abs, v1(b, TCG_OP_vabs, z, n))
MISC(neg, v1(b, TCG_OP_vneg, z, n))
MISC(cmgt0, v2(b, TCG_OP_vcmpgt, z | S, n, a64_vzero(b)))
MISC(cmge0, v2(b, TCG_OP_vcmpge, z | S, n, a64_vzero(b)))
MISC(cmeq0, v2(b, TCG_OP_vcmpeq, z, n, a64_vzero(b)))
MISC(cmle0, v2(b, TCG_OP_vcmpge, z | S, a64_vzero(b), n))
MISC(cmlt0, v2(b, TCG_OP_vcmpgt, z | S, a64_vzero(b), n))

/* Fractions of 32 bits from 1/2 (for the root 1/4) to 1; what is less gives ones. Their nine leading bits are an
 * integer that a single has exactly, and the estimate, from 1 to 2 in steps of 1/256, is its own leading bits
 * [ArmARM J1.3 UnsignedRecipEstimate, UnsignedRSqrtEstimate]. */
TcgRef a64_integer_estimate(TcgBuild *b, TcgOp op, TcgRef n)
{
    const TcgRef least = a64_vsplat(b, 2, op == TCG_OP_vfrecpe ? 0x80000000 : 0x40000000);
    const TcgRef leading = v2(b, TCG_OP_vshr, 2, v2(b, TCG_OP_vmax, 2, n, least), 23);
    const TcgRef whole = v1(b, TCG_OP_vfcvtsi, a64_vfp_aux(b, 2), leading);
    const TcgRef x = v2(b, TCG_OP_vsub, 2, whole, a64_vsplat(b, 2, 9 << 23));       /* over 2^9 */
    const TcgRef r = v2(b, TCG_OP_vshl, 2, v1(b, op, a64_vfp_aux(b, 2), x), 8);

    return v2(b, TCG_OP_vor, 0, r, v2(b, TCG_OP_vcmpgt, 2, least, n));
}

MISC(urecpe, a64_integer_estimate(b, TCG_OP_vfrecpe, n))
MISC(ursqrte, a64_integer_estimate(b, TCG_OP_vfrsqrte, n))

/* Leading bits equal to the sign: leading zeroes of x ^ (x >> 1, arithmetic), without the top bit. */
static TcgRef leading_signs(TcgBuild *b, unsigned z, TcgRef n)
{
    const TcgRef x = v2(b, TCG_OP_vxor, 0, n, v2(b, TCG_OP_vsar, z, n, a64_lane_bits(z) - 1));

    return v2(b, TCG_OP_vsub, z, v1(b, TCG_OP_vclz, z, x), a64_vsplat(b, z, 1));
}

MISC(cls, leading_signs(b, z, n))

/* Sums of neighbours at twice the size */

MISC(saddlp, v1(b, TCG_OP_vpairl, z | S, n))
MISC(uaddlp, v1(b, TCG_OP_vpairl, z, n))
MISC(sadalp, v2(b, TCG_OP_vadd, z + 1, a64_v(b, a->rd), v1(b, TCG_OP_vpairl, z | S, n)))
MISC(uadalp, v2(b, TCG_OP_vadd, z + 1, a64_v(b, a->rd), v1(b, TCG_OP_vpairl, z, n)))

/* Saturating: the minimum is what saturates, and becomes the maximum by adding -1. */

static TcgRef all_signs(TcgBuild *b, unsigned z, TcgRef x)
{
    return v2(b, TCG_OP_vsar, z, x, a64_lane_bits(z) - 1);
}

void a64_tr_sqabs_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef r = v1(b, TCG_OP_vabs, z, a64_vin(b, a, a->rn, z)), over = all_signs(b, z, r);

    a64_saturated(b, over);
    a64_vout(b, a, z, v2(b, TCG_OP_vadd, z, r, over));
}

void a64_tr_sqneg_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef n = a64_vin(b, a, a->rn, z), r = v1(b, TCG_OP_vneg, z, n);
    const TcgRef over = all_signs(b, z, v2(b, TCG_OP_vand, 0, n, r));

    a64_saturated(b, over);
    a64_vout(b, a, z, v2(b, TCG_OP_vadd, z, r, over));
}

/* Accumulation of the other signedness. A signed accumulator with its sign flipped is an unsigned one; of signed
 * addends the positive ones are added to an unsigned accumulator, the negative ones taken from it. */

void a64_tr_suqadd_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size;
    const A64Args low = { .q = a->q, .scalar = a->scalar };
    const TcgRef flip = a64_vkeep(b, &low, z, a64_vsplat(b, z, (uint64_t)1 << (a64_lane_bits(z) - 1)));
    const TcgRef n = a64_vin(b, a, a->rn, z), d = v2(b, TCG_OP_vxor, 0, a64_vin(b, a, a->rd, z), flip);

    a64_vout(b, a, z, v2(b, TCG_OP_vxor, 0, a64_vadd_sat(b, z, d, n), flip));
}

void a64_tr_usqadd_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef n = a64_vin(b, a, a->rn, z), d = a64_vin(b, a, a->rd, z), negative = all_signs(b, z, n);
    const TcgRef more = v2(b, TCG_OP_vandn, 0, n, negative);
    const TcgRef less = v2(b, TCG_OP_vand, 0, v1(b, TCG_OP_vneg, z, n), negative);

    a64_vout(b, a, z, a64_vsub_sat(b, z, a64_vadd_sat(b, z, d, more), less));
}

/* Narrowing */

void a64_tr_xtn_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size;

    a64_vout_narrow(b, a, z, v1(b, TCG_OP_vxtn, z, a64_v(b, a->rn)));
}

static void narrow_sat(TcgBuild *b, const A64Args *a, unsigned how)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef n = a->scalar ? a64_vin(b, a, a->rn, z + 1) : a64_v(b, a->rn);
    const TcgRef r = v1(b, TCG_OP_vxtns, z | how, n);
    const bool to_signed = how == S;

    a64_saturated(b, v2(b, TCG_OP_vxor, 0, n, v1(b, to_signed ? TCG_OP_vsxtl : TCG_OP_vzxtl, z, r)));
    a64_vout_narrow(b, a, z, r);
}

void a64_tr_sqxtn_v(TcgBuild *b, const A64Args *a)
{
    narrow_sat(b, a, S);
}

void a64_tr_sqxtun_v(TcgBuild *b, const A64Args *a)
{
    narrow_sat(b, a, S | TCG_V_TO_UNSIGNED);
}

void a64_tr_uqxtn_v(TcgBuild *b, const A64Args *a)
{
    narrow_sat(b, a, 0);
}

void a64_tr_shll_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef x = v1(b, TCG_OP_vzxtl, z | (a->q ? TCG_V_HIGH : 0), a64_v(b, a->rn));

    a64_put_v(b, a->rd, v2(b, TCG_OP_vshl, z + 1, x, a64_lane_bits(z)));
}

/* Across lanes */

/* Lane 0 of x into rd. */
static void put_lane(TcgBuild *b, const A64Args *a, unsigned z, TcgRef x)
{
    const A64Args one = { .rd = a->rd, .scalar = 1 };

    a64_vout(b, &one, z, x);
}

void a64_tr_addv_v(TcgBuild *b, const A64Args *a)
{
    const TcgRef n = a64_v(b, a->rn);

    a64_put_v(b, a->rd, v1(b, TCG_OP_vaddv, (unsigned)a->size, a->q ? n : v1(b, TCG_OP_vlo64, 0, n)));
}

static void add_long(TcgBuild *b, const A64Args *a, TcgOp extend)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef n = a64_v(b, a->rn);
    TcgRef x = v1(b, extend, z, n);

    if (a->q) {
        x = v2(b, TCG_OP_vadd, z + 1, x, v1(b, extend, z | TCG_V_HIGH, n));
    }
    a64_put_v(b, a->rd, v1(b, TCG_OP_vaddv, z + 1, x));
}

void a64_tr_saddlv_v(TcgBuild *b, const A64Args *a)
{
    add_long(b, a, TCG_OP_vsxtl);
}

void a64_tr_uaddlv_v(TcgBuild *b, const A64Args *a)
{
    add_long(b, a, TCG_OP_vzxtl);
}

static void reduce(TcgBuild *b, const A64Args *a, TcgOp op, unsigned sign)
{
    const unsigned z = (unsigned)a->size;
    TcgRef x = a64_v(b, a->rn);

    if (!a->q) {
        x = v2(b, TCG_OP_vcat, 0, x, x);
    }
    for (unsigned n = a->q ? 8 : 4; n >= 1u << z; n /= 2) {
        x = v2(b, op, z | sign, x, v3(b, TCG_OP_vextr, 0, x, x, n));
    }
    put_lane(b, a, z, x);
}

void a64_tr_smaxv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vmax, S);
}

void a64_tr_sminv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vmin, S);
}

void a64_tr_umaxv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vmax, 0);
}

void a64_tr_uminv_v(TcgBuild *b, const A64Args *a)
{
    reduce(b, a, TCG_OP_vmin, 0);
}

void a64_tr_addp_pair(TcgBuild *b, const A64Args *a)
{
    a64_put_v(b, a->rd, v1(b, TCG_OP_vaddv, 3, a64_v(b, a->rn)));
}
