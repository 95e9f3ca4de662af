/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 Advanced SIMD: lanes of two sizes [ArmARM C4.1 Advanced SIMD three different, vector x indexed element, C7.2].
 * q tells which halves of narrow operands are read, or of narrow results written. */
#include "guest/aarch64/insn-simd.h"

enum { S = TCG_V_SIGNED };

static unsigned high(const A64Args *a)
{
    return a->q ? TCG_V_HIGH : 0;
}

/* The narrow register n at twice the lane. */
static TcgRef wide(TcgBuild *b, const A64Args *a, int n, unsigned sign)
{
    return v1(b, sign ? TCG_OP_vsxtl : TCG_OP_vzxtl, (unsigned)a->size | high(a), a64_v(b, n));
}

/* r is made of w (the wide lane). */
#define WIDE(name, r) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const unsigned w = (unsigned)a->size + 1; \
        (void)w; \
        a64_put_v(b, a->rd, r); \
    }
WIDE(saddl, v2(b, TCG_OP_vadd, w, wide(b, a, a->rn, S), wide(b, a, a->rm, S)))
WIDE(uaddl, v2(b, TCG_OP_vadd, w, wide(b, a, a->rn, 0), wide(b, a, a->rm, 0)))
WIDE(ssubl, v2(b, TCG_OP_vsub, w, wide(b, a, a->rn, S), wide(b, a, a->rm, S)))
WIDE(usubl, v2(b, TCG_OP_vsub, w, wide(b, a, a->rn, 0), wide(b, a, a->rm, 0)))
WIDE(saddw, v2(b, TCG_OP_vadd, w, a64_v(b, a->rn), wide(b, a, a->rm, S)))
WIDE(uaddw, v2(b, TCG_OP_vadd, w, a64_v(b, a->rn), wide(b, a, a->rm, 0)))
WIDE(ssubw, v2(b, TCG_OP_vsub, w, a64_v(b, a->rn), wide(b, a, a->rm, S)))
WIDE(usubw, v2(b, TCG_OP_vsub, w, a64_v(b, a->rn), wide(b, a, a->rm, 0)))

/* An absolute difference fits the narrow lane as an unsigned number. */
static TcgRef difference(TcgBuild *b, const A64Args *a, unsigned sign)
{
    const unsigned z = (unsigned)a->size;

    return v1(b, TCG_OP_vzxtl, z | high(a), a64_vabd(b, z | sign, a64_v(b, a->rn), a64_v(b, a->rm)));
}

WIDE(sabdl, difference(b, a, S))
WIDE(uabdl, difference(b, a, 0))
WIDE(sabal, v2(b, TCG_OP_vadd, w, a64_v(b, a->rd), difference(b, a, S)))
WIDE(uabal, v2(b, TCG_OP_vadd, w, a64_v(b, a->rd), difference(b, a, 0)))

/* High halves of sums and differences */
static void narrow_high(TcgBuild *b, const A64Args *a, TcgOp op, bool round)
{
    const unsigned z = (unsigned)a->size, bits = a64_lane_bits(z);
    TcgRef x = v2(b, op, z + 1, a64_v(b, a->rn), a64_v(b, a->rm));

    if (round) {
        x = v2(b, TCG_OP_vadd, z + 1, x, a64_vsplat(b, z + 1, (uint64_t)1 << (bits - 1)));
    }
    a64_vout_narrow(b, a, z, v1(b, TCG_OP_vxtn, z, v2(b, TCG_OP_vshr, z + 1, x, bits)));
}

#define NARROW_HIGH(name, op, round) \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        const A64Args v = { .rd = a->rd, .rn = a->rn, .rm = a->rm, .q = a->q, .size = a->size }; \
        narrow_high(b, &v, op, round); \
    }
NARROW_HIGH(addhn, TCG_OP_vadd, false)
NARROW_HIGH(raddhn, TCG_OP_vadd, true)
NARROW_HIGH(subhn, TCG_OP_vsub, false)
NARROW_HIGH(rsubhn, TCG_OP_vsub, true)

/* Products, by a register or an element of one */

static TcgRef product(TcgBuild *b, const A64Args *a, TcgRef m, unsigned sign)
{
    return v2(b, TCG_OP_vmull, (unsigned)a->size | sign | high(a), a64_v(b, a->rn), m);
}

#define PRODUCT(name, r) \
    static void name(TcgBuild *b, const A64Args *a, TcgRef m) \
    { \
        a64_put_v(b, a->rd, r); \
    } \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        name(b, a, a64_v(b, a->rm)); \
    } \
    void a64_tr_##name##_e(TcgBuild *b, const A64Args *a) \
    { \
        name(b, a, a64_velement(b, a, (unsigned)a->size)); \
    }

#define INTO(op, x) v2(b, op, (unsigned)a->size + 1, a64_v(b, a->rd), x)
PRODUCT(smull, product(b, a, m, S))
PRODUCT(umull, product(b, a, m, 0))
PRODUCT(smlal, INTO(TCG_OP_vadd, product(b, a, m, S)))
PRODUCT(umlal, INTO(TCG_OP_vadd, product(b, a, m, 0)))
PRODUCT(smlsl, INTO(TCG_OP_vsub, product(b, a, m, S)))
PRODUCT(umlsl, INTO(TCG_OP_vsub, product(b, a, m, 0)))

/* Doubling saturating products */

static TcgRef doubling(TcgBuild *b, const A64Args *a, TcgRef m)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef n = a64_v(b, a->rn);
    const TcgRef p = a->scalar
        ? v2(b, TCG_OP_vmull, z | S, a64_vkeep(b, a, z, n), a64_vkeep(b, a, z, m)) : product(b, a, m, S);

    return a64_vadd_sat(b, (z + 1) | S, p, p);
}

static void put_wide(TcgBuild *b, const A64Args *a, TcgRef x)
{
    if (a->scalar) {
        a64_vout(b, a, (unsigned)a->size + 1, x);
    } else {
        a64_put_v(b, a->rd, x);
    }
}

static TcgRef wide_acc(TcgBuild *b, const A64Args *a)
{
    return a->scalar ? a64_vin(b, a, a->rd, (unsigned)a->size + 1) : a64_v(b, a->rd);
}

#define DOUBLING(name, r) \
    static void name(TcgBuild *b, const A64Args *a, TcgRef m) \
    { \
        put_wide(b, a, r); \
    } \
    void a64_tr_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        name(b, a, a64_v(b, a->rm)); \
    } \
    void a64_tr_##name##_e(TcgBuild *b, const A64Args *a) \
    { \
        name(b, a, a64_velement(b, a, (unsigned)a->size)); \
    }
DOUBLING(sqdmull, doubling(b, a, m))
DOUBLING(sqdmlal, a64_vadd_sat(b, ((unsigned)a->size + 1) | S, wide_acc(b, a), doubling(b, a, m)))
DOUBLING(sqdmlsl, a64_vsub_sat(b, ((unsigned)a->size + 1) | S, wide_acc(b, a), doubling(b, a, m)))

/* Polynomial products */

void a64_tr_pmull8_v(TcgBuild *b, const A64Args *a)
{
    TcgRef n = a64_v(b, a->rn), m = a64_v(b, a->rm);

    if (a->q) {
        n = a64_vhigh(b, n);
        m = a64_vhigh(b, m);
    }
    a64_put_v(b, a->rd, tcg_vcall(b, A64_H_v_pmull8, TCG_V128, n, m, 0));
}

void a64_tr_pmull64_v(TcgBuild *b, const A64Args *a)
{
    a64_put_v(b, a->rd, v2(b, TCG_OP_pmull64, high(a), a64_v(b, a->rn), a64_v(b, a->rm)));
}
