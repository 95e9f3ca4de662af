/* SPDX-License-Identifier: BSD-2-Clause */
/* AES, GHASH and SHA-256 on whole registers as IR. [RVU 33] */
#include "guest/riscv/insn-v-full.h"

/* Product in GF(2^128), the bits of each byte reversed [SP800-38D 6.3]: x^128 is x^7 + x^2 + x + 1. */
static TcgRef ghash(const RvVFull *f, TcgRef x, TcgRef y)
{
    TcgBuild *b = f->b;
    const TcgRef zero = tcg_vconst(b, 0, 0), fold = tcg_vconst(b, 0x87, 0x87);
#define MUL(aux, p, q) tcg_op(b, TCG_OP_pmull64, TCG_V128, aux, p, q, 0)
#define XOR(p, q) tcg_op2(b, TCG_OP_vxor, TCG_V128, p, q)
#define BYTES(p, q, n) tcg_op(b, TCG_OP_vextr, TCG_V128, 0, p, q, n)

    x = tcg_op1(b, TCG_OP_vrbit, TCG_V128, x);
    y = tcg_op1(b, TCG_OP_vrbit, TCG_V128, y);
    const TcgRef swapped = BYTES(x, x, 8);
    const TcgRef middle = XOR(MUL(0, swapped, y), MUL(TCG_V_HIGH, swapped, y));
    TcgRef low = XOR(MUL(0, x, y), BYTES(zero, middle, 8)), high = XOR(MUL(TCG_V_HIGH, x, y), BYTES(middle, zero, 8));
    const TcgRef top = MUL(TCG_V_HIGH, high, fold);
    high = XOR(high, BYTES(top, zero, 8));
    low = XOR(XOR(low, BYTES(zero, top, 8)), MUL(0, high, fold));
    return tcg_op1(b, TCG_OP_vrbit, TCG_V128, low);
#undef MUL
#undef XOR
#undef BYTES
}

/* AES on pieces, each an element group; vs2 is the round's key. */
static TcgRef aes(const RvVFull *f, TcgRef state, TcgRef key)
{
    TcgBuild *b = f->b;
    const TcgRef none = tcg_vconst(b, 0, 0);

    switch ((RvVOp)f->i->op) {
    case RV_V_vaesem_vv: case RV_V_vaesem_vs:
        state = tcg_op1(b, TCG_OP_aesmc, TCG_V128, tcg_op2(b, TCG_OP_aese, TCG_V128, state, none));
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, state, key);
    case RV_V_vaesef_vv: case RV_V_vaesef_vs:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, tcg_op2(b, TCG_OP_aese, TCG_V128, state, none), key);
    case RV_V_vaesdm_vv: case RV_V_vaesdm_vs:
        state = tcg_op2(b, TCG_OP_vxor, TCG_V128, tcg_op2(b, TCG_OP_aesd, TCG_V128, state, none), key);
        return tcg_op1(b, TCG_OP_aesimc, TCG_V128, state);
    case RV_V_vaesdf_vv: case RV_V_vaesdf_vs:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, tcg_op2(b, TCG_OP_aesd, TCG_V128, state, none), key);
    case RV_V_vgmul:
        return ghash(f, state, key);
    case RV_V_vaesz_vs:
        return tcg_op2(b, TCG_OP_vxor, TCG_V128, state, key);
    default:
        return 0;
    }
}

/* Three operands of 16 bytes each. */
static TcgRef three(const RvVFull *f, TcgRef x, TcgRef y, TcgRef z)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vghsh:   return ghash(f, tcg_op2(f->b, TCG_OP_vxor, TCG_V128, z, y), x);
    case RV_V_vsha2ms: return tcg_vcall(f->b, RV_H_SHA2MS, TCG_V128, x, y, z);
    case RV_V_vsha2ch: return tcg_vcall(f->b, RV_H_SHA2CH, TCG_V128, x, y, z);
    case RV_V_vsha2cl: return tcg_vcall(f->b, RV_H_SHA2CL, TCG_V128, x, y, z);
    default:           return 0;
    }
}

bool rv_vf_groups3(const RvVFull *f)
{
    if (f->lane == 3) {
        tcg_hcall(f->b, RV_H_V_FOURS, TCG_NONE, tcg_const(f->b, rv_v_pack(f->i)), 0, 0);
        return true;
    }
    if (f->lane != 2) {
        return false;
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        rv_vf_put(f, k, three(f, rv_vf_get(f, f->i->vs2, k), rv_vf_get(f, f->i->vs1, k), rv_vf_get(f, f->i->vd, k)));
    }
    return true;
}

bool rv_vf_groups(const RvVFull *f, bool one_key)
{
    if (f->lane != 2) {
        return false;
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef r = aes(f, rv_vf_get(f, f->i->vd, k), rv_vf_get(f, f->i->vs2, one_key ? 0 : k));
        if (!r) {
            return false;
        }
        rv_vf_put(f, k, r);
    }
    return true;
}
