/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 Advanced SIMD: permutation, table lookup, copy, modified immediate [ArmARM C4.1 Advanced SIMD permute, extract,
 * table lookup, copy, modified immediate, C7.2]. */
#include "guest/aarch64/insn-simd.h"

/* Permutation. For 64 bits ZIP works on the low halves, the result's high half being ZIP2; UZP sees one register. */

static void zip(TcgBuild *b, const A64Args *a, bool second)
{
    const unsigned z = (unsigned)a->size;
    const TcgRef n = a64_v(b, a->rn), m = a64_v(b, a->rm);
    TcgRef x;

    if (a->q) {
        x = v2(b, second ? TCG_OP_vzip2 : TCG_OP_vzip1, z, n, m);
    } else {
        x = v2(b, TCG_OP_vzip1, z, n, m);
        x = second ? a64_vhigh(b, x) : x;
    }
    a64_vout(b, a, z, x);
}

void a64_tr_zip1_v(TcgBuild *b, const A64Args *a)
{
    zip(b, a, false);
}

void a64_tr_zip2_v(TcgBuild *b, const A64Args *a)
{
    zip(b, a, true);
}

void a64_tr_uzp1_v(TcgBuild *b, const A64Args *a)
{
    TcgRef even, odd;

    a64_vpairs(b, a, (unsigned)a->size, &even, &odd);
    a64_vout(b, a, 0, even);
}

void a64_tr_uzp2_v(TcgBuild *b, const A64Args *a)
{
    TcgRef even, odd;

    a64_vpairs(b, a, (unsigned)a->size, &even, &odd);
    a64_vout(b, a, 0, odd);
}

void a64_tr_trn1_v(TcgBuild *b, const A64Args *a)
{
    a64_vout(b, a, 0, v2(b, TCG_OP_vtrn1, (unsigned)a->size, a64_v(b, a->rn), a64_v(b, a->rm)));
}

void a64_tr_trn2_v(TcgBuild *b, const A64Args *a)
{
    a64_vout(b, a, 0, v2(b, TCG_OP_vtrn2, (unsigned)a->size, a64_v(b, a->rn), a64_v(b, a->rm)));
}

void a64_tr_ext_v(TcgBuild *b, const A64Args *a)
{
    TcgRef n = a64_v(b, a->rn), m = a64_v(b, a->rm);

    if (!a->q) {
        n = m = v2(b, TCG_OP_vcat, 0, n, m);
    }
    a64_vout(b, a, 0, v3(b, TCG_OP_vextr, 0, n, m, (unsigned)a->imm4));
}

/* Table lookup */

static void lookup(TcgBuild *b, const A64Args *a, TcgRef x)
{
    const TcgRef index = a64_v(b, a->rm);

    for (unsigned i = 0; i <= (unsigned)a->len; i++) {
        x = v3(b, TCG_OP_vtbx, 16 * i, x, a64_v(b, (a->rn + (int)i) & 31), index);
    }
    a64_vout(b, a, 0, x);
}

void a64_tr_tbl_v(TcgBuild *b, const A64Args *a)
{
    lookup(b, a, a64_vzero(b));
}

void a64_tr_tbx_v(TcgBuild *b, const A64Args *a)
{
    lookup(b, a, a64_v(b, a->rd));
}

/* Copy: the lowest bit set in imm5 tells the lane, the bits above it the index. */

static unsigned copy_lane(const A64Args *a)
{
    return (unsigned)__builtin_ctz((unsigned)a->imm5);
}

static unsigned copy_index(const A64Args *a)
{
    return (unsigned)a->imm5 >> (copy_lane(a) + 1);
}

void a64_tr_dup_elem(TcgBuild *b, const A64Args *a)
{
    const unsigned z = copy_lane(a);

    a64_vout(b, a, z, v2(b, TCG_OP_vdupl, z, a64_v(b, a->rn), copy_index(a)));
}

void a64_tr_dup_gen(TcgBuild *b, const A64Args *a)
{
    const unsigned z = copy_lane(a);

    a64_vout(b, a, z, v1(b, TCG_OP_vdup, z, a64_x(b, a->rn)));
}

void a64_tr_umov(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_op(b, TCG_OP_vext, TCG_I64, copy_lane(a), a64_v(b, a->rn), copy_index(a), 0));
}

void a64_tr_smov(TcgBuild *b, const A64Args *a)
{
    TcgRef x = tcg_op(b, TCG_OP_vext, TCG_I64, copy_lane(a) | TCG_V_SIGNED, a64_v(b, a->rn), copy_index(a), 0);

    a64_put_x(b, a->rd, a->sf ? x : tcg_op1(b, TCG_OP_ext32u, TCG_I64, x));
}

void a64_tr_ins_gen(TcgBuild *b, const A64Args *a)
{
    a64_put_v(b, a->rd, v3(b, TCG_OP_vins, copy_lane(a), a64_v(b, a->rd), a64_x(b, a->rn), copy_index(a)));
}

void a64_tr_ins_elem(TcgBuild *b, const A64Args *a)
{
    const unsigned z = copy_lane(a), from = (unsigned)a->imm4 >> z;

    a64_put_v(b, a->rd, v3(b, TCG_OP_vinsl, z, a64_v(b, a->rd), a64_v(b, a->rn), from << 4 | copy_index(a)));
}

/* Modified immediate [ArmARM J1.3 AdvSIMDExpandImm, VFPExpandImm] */

static uint64_t byte_mask(unsigned imm8)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++) {
        if (imm8 >> i & 1) {
            v |= (uint64_t)0xff << 8 * i;
        }
    }
    return v;
}

static TcgRef modified(TcgBuild *b, const A64Args *a, bool invert)
{
    const unsigned shift = 8u * (unsigned)a->amount;
    uint64_t v = (uint64_t)(uint32_t)a->imm8;

    if (a->msl) {
        v = v << (8 + shift) | (((uint64_t)1 << (8 + shift)) - 1);
    } else if (a->esize == 3) {
        v = byte_mask((unsigned)a->imm8);
    } else {
        v <<= shift;
    }
    return a64_vsplat(b, (unsigned)a->esize, invert ? ~v : v);
}

void a64_tr_movi_v(TcgBuild *b, const A64Args *a)
{
    a64_vout(b, a, 0, modified(b, a, false));
}

void a64_tr_mvni_v(TcgBuild *b, const A64Args *a)
{
    a64_vout(b, a, 0, modified(b, a, true));
}

void a64_tr_orr_imm_v(TcgBuild *b, const A64Args *a)
{
    a64_vout(b, a, 0, v2(b, TCG_OP_vor, 0, a64_v(b, a->rd), modified(b, a, false)));
}

void a64_tr_bic_imm_v(TcgBuild *b, const A64Args *a)
{
    a64_vout(b, a, 0, v2(b, TCG_OP_vandn, 0, a64_v(b, a->rd), modified(b, a, false)));
}

void a64_tr_fmov_imm_v(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->esize;

    a64_vout(b, a, z, a64_vsplat(b, z, a64_fp_expand((unsigned)a->imm8, a64_lane_type(z))));
}
