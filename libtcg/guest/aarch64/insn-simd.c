/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translators of SIMD&FP instructions share. */
#include "guest/aarch64/insn-simd.h"

TcgRef a64_vsplat(TcgBuild *b, unsigned lane, uint64_t v)
{
    for (unsigned w = a64_lane_bits(lane); w < 64; w *= 2) {
        v = (v & (((uint64_t)1 << w) - 1)) | v << w;
    }
    return tcg_vconst(b, v, v);
}

TcgRef a64_vkeep(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef x)
{
    if (!a->scalar) {
        return a->q ? x : v1(b, TCG_OP_vlo64, 0, x);
    }
    switch (lane) {
    case 0:  return v2(b, TCG_OP_vand, 0, x, tcg_vconst(b, 0xff, 0));
    case 3:  return v1(b, TCG_OP_vlo64, 0, x);
    default: {
        const TcgType t = a64_lane_type(lane);
        return tcg_op(b, TCG_OP_vzext, TCG_V128, t, tcg_op(b, TCG_OP_vlow, t, 0, x, 0, 0), 0, 0);
    }
    }
}

TcgRef a64_vin(TcgBuild *b, const A64Args *a, int n, unsigned lane)
{
    return a64_vkeep(b, a, lane, a64_v(b, n));
}

void a64_vout(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef x)
{
    a64_put_v(b, a->rd, a64_vkeep(b, a, lane, x));
}

void a64_vout_narrow(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef x)
{
    if (a->scalar) {
        a64_vout(b, a, lane, x);
    } else {
        a64_put_v(b, a->rd, a->q ? v2(b, TCG_OP_vcat, 0, a64_v(b, a->rd), x) : x);
    }
}

TcgRef a64_velement(TcgBuild *b, const A64Args *a, unsigned lane)
{
    unsigned reg = (unsigned)a->rm, index;

    if (lane == 1) {
        index = (unsigned)(a->h << 2 | a->l << 1 | a->m);
    } else {
        reg |= (unsigned)a->m << 4;
        index = lane == 2 ? (unsigned)(a->h << 1 | a->l) : (unsigned)a->h;
    }
    return v2(b, TCG_OP_vdupl, lane, a64_v(b, (int)reg), index);
}

void a64_saturated(TcgBuild *b, TcgRef diff)
{
    tcg_put(b, A64_QC, v2(b, TCG_OP_vor, 0, tcg_get(b, A64_QC), diff));
}

TcgRef a64_vadd_sat(TcgBuild *b, unsigned aux, TcgRef x, TcgRef y)
{
    const TcgRef r = v2(b, TCG_OP_vadds, aux, x, y);

    a64_saturated(b, v2(b, TCG_OP_vxor, 0, r, v2(b, TCG_OP_vadd, TCG_LANE(aux), x, y)));
    return r;
}

TcgRef a64_vsub_sat(TcgBuild *b, unsigned aux, TcgRef x, TcgRef y)
{
    const TcgRef r = v2(b, TCG_OP_vsubs, aux, x, y);

    a64_saturated(b, v2(b, TCG_OP_vxor, 0, r, v2(b, TCG_OP_vsub, TCG_LANE(aux), x, y)));
    return r;
}

TcgRef a64_vabd(TcgBuild *b, unsigned aux, TcgRef x, TcgRef y)
{
    return v2(b, TCG_OP_vsub, TCG_LANE(aux), v2(b, TCG_OP_vmax, aux, x, y), v2(b, TCG_OP_vmin, aux, x, y));
}

void a64_vpairs(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef *even, TcgRef *odd)
{
    TcgRef n = a64_v(b, a->rn), m = a64_v(b, a->rm);

    if (!a->q) {
        n = m = v2(b, TCG_OP_vcat, 0, n, m);
    }
    *even = v2(b, TCG_OP_vuzp1, lane, n, m);
    *odd = v2(b, TCG_OP_vuzp2, lane, n, m);
}
