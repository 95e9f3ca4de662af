/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes several operations for a lane, as IR: quotients, classes of numbers, rotations, counts of bits, carry-less
 * products. [RVU 31.11.11, 31.13.14, 33] */
#include "guest/riscv/insn-v-full.h"

enum { MAX_QUOTIENTS = 8 };     /* of a group, that are made one by one */

/* Quotients and remainders, lane by lane; what is divided by zero has ones. 0: there are too many. */
static TcgRef quotients(const RvVFull *f, TcgRef x, TcgRef y, TcgOp op)
{
    const bool is_signed = op == TCG_OP_divs || op == TCG_OP_rems;
    const unsigned lanes = 16u >> f->lane, flags = f->lane | (is_signed ? TCG_V_SIGNED : 0);
    const TcgType t = f->lane == 3 ? TCG_I64 : TCG_I32;
    TcgBuild *b = f->b;
    TcgRef r = x;

    if (f->vlmax > MAX_QUOTIENTS) {
        return 0;
    }
    for (unsigned n = 0; n < lanes && n < f->vlmax; n++) {
        const TcgRef q = tcg_op2(b, op, t, tcg_op(b, TCG_OP_vext, TCG_I64, flags, x, n, 0),
                                 tcg_op(b, TCG_OP_vext, TCG_I64, flags, y, n, 0));
        r = tcg_op(b, TCG_OP_vins, TCG_V128, f->lane, r, q, n);
    }
    if (op == TCG_OP_rems || op == TCG_OP_remu) {
        return r;
    }
    return tcg_op2(b, TCG_OP_vor, TCG_V128, r, rv_vf_op2(f, TCG_OP_vcmpeq, 0, y, rv_vf_splat(f, 0)));
}

/* 1 << n in each lane, n at most 15: low byte and next byte from a table, the latter with n - 8; nothing in the others. */
static TcgRef power_of_2(const RvVFull *f, TcgRef n)
{
    TcgBuild *b = f->b;
    const uint64_t outside = f->lane == 1 ? 0x0800 : f->lane == 2 ? 0xf0f00800 : 0xf0f0f0f0f0f00800;
    const TcgRef both = tcg_op2(b, TCG_OP_vor, TCG_V128, n, tcg_op(b, TCG_OP_vshl, TCG_V128, f->lane, n, 8, 0));
    const TcgRef at = tcg_op2(b, TCG_OP_vxor, TCG_V128, both, rv_vf_splat(f, outside));

    return tcg_op(b, TCG_OP_vtbx, TCG_V128, 0, tcg_vconst(b, 0, 0), tcg_vconst(b, 0x8040201008040201, 0), at);
}

/* The class of a number [RVU 20.9]: with k = 0 for zeroes, 1 for subnormal, 2 for normal numbers and 3 for infinities it
 * is 4 + k, or 3 - k of what is negative, which is that with the three bits inverted. NaNs are 8, quiet ones 9. */
static TcgRef class(const RvVFull *f, TcgRef x)
{
    static const uint8_t frac_bits[4] = { 0, 10, 23, 52 };
    const unsigned bits = 8u << f->lane, frac = frac_bits[f->lane];
    const uint64_t sign = (uint64_t)1 << (bits - 1), infinity = sign - ((uint64_t)1 << frac);
    const uint64_t above[3] = { 0, ((uint64_t)1 << frac) - 1, infinity - 1 };
    TcgBuild *b = f->b;
    const TcgRef size = tcg_op2(b, TCG_OP_vand, TCG_V128, x, rv_vf_splat(f, sign - 1));
    TcgRef n = rv_vf_splat(f, 4);

    for (unsigned k = 0; k < 3; k++) {
        const TcgRef more = rv_vf_op2(f, TCG_OP_vcmpgt, TCG_V_SIGNED, size, rv_vf_splat(f, above[k]));
        n = rv_vf_op2(f, TCG_OP_vsub, 0, n, more);
    }
    const TcgRef negative = tcg_op(b, TCG_OP_vsar, TCG_V128, f->lane, x, bits - 1, 0);
    n = tcg_op2(b, TCG_OP_vxor, TCG_V128, n, tcg_op2(b, TCG_OP_vand, TCG_V128, negative, rv_vf_splat(f, 7)));
    const TcgRef not_quiet = rv_vf_splat(f, infinity + ((uint64_t)1 << (frac - 1)) - 1);
    const TcgRef quiet = rv_vf_op2(f, TCG_OP_vcmpgt, TCG_V_SIGNED, size, not_quiet);
    const TcgRef nan = rv_vf_op2(f, TCG_OP_vcmpgt, TCG_V_SIGNED, size, rv_vf_splat(f, infinity));
    n = rv_vf_choose(f, nan, rv_vf_op2(f, TCG_OP_vsub, 0, rv_vf_splat(f, 8), quiet), n);
    return power_of_2(f, n);
}

/* To the left by the low bits of y, or to the right. */
static TcgRef rotated(const RvVFull *f, TcgRef x, TcgRef y, bool right)
{
    TcgBuild *b = f->b;
    const unsigned bits = 8u << f->lane;

    y = right ? tcg_op(b, TCG_OP_vneg, TCG_V128, f->lane, y, 0, 0) : y;
    const TcgRef n = tcg_op2(b, TCG_OP_vand, TCG_V128, y, rv_vf_splat(f, bits - 1));
    const TcgRef rest = rv_vf_op2(f, TCG_OP_vsub, 0, n, rv_vf_splat(f, bits));
    return tcg_op2(b, TCG_OP_vor, TCG_V128, rv_vf_op2(f, TCG_OP_vshlv, 0, x, n), rv_vf_op2(f, TCG_OP_vshlv, 0, x, rest));
}

static TcgRef population(const RvVFull *f, TcgRef x)
{
    x = tcg_op1(f->b, TCG_OP_vpopcnt, TCG_V128, x);
    for (unsigned lane = 0; lane < f->lane; lane++) {
        x = tcg_op(f->b, TCG_OP_vpairl, TCG_V128, lane, x, 0, 0);
    }
    return x;
}

/* Trailing zeroes are the bits that get set when 1 is subtracted, and were not. */
static TcgRef trailing_zeroes(const RvVFull *f, TcgRef x)
{
    return population(f, tcg_op2(f->b, TCG_OP_vandn, TCG_V128, rv_vf_op2(f, TCG_OP_vsub, 0, x, rv_vf_splat(f, 1)), x));
}

static TcgRef reversed_bits(const RvVFull *f, TcgRef x)
{
    x = tcg_op1(f->b, TCG_OP_vrbit, TCG_V128, x);
    return f->lane ? tcg_op(f->b, TCG_OP_vrev, TCG_V128, 0, x, f->lane, 0) : x;
}

static TcgRef carryless(const RvVFull *f, TcgRef x, TcgRef y, TcgOp part)
{
    TcgBuild *b = f->b;

    if (f->lane != 3) {
        return 0;
    }
    return rv_vf_op2(f, part, 0, tcg_op(b, TCG_OP_pmull64, TCG_V128, 0, x, y, 0),
                     tcg_op(b, TCG_OP_pmull64, TCG_V128, TCG_V_HIGH, x, y, 0));
}

TcgRef rv_vf_lanes(const RvVFull *f, TcgRef x, TcgRef y)
{
    switch ((RvVOp)f->i->op) {
    case RV_V_vdivu:   return quotients(f, x, y, TCG_OP_divu);
    case RV_V_vdiv:    return quotients(f, x, y, TCG_OP_divs);
    case RV_V_vremu:   return quotients(f, x, y, TCG_OP_remu);
    case RV_V_vrem:    return quotients(f, x, y, TCG_OP_rems);
    case RV_V_vfclass: return class(f, x);
    case RV_V_vrol:    return rotated(f, x, y, false);
    case RV_V_vror:    return rotated(f, x, y, true);
    case RV_V_vcpop_v: return population(f, x);
    case RV_V_vclz:    return tcg_op(f->b, TCG_OP_vclz, TCG_V128, f->lane, x, 0, 0);
    case RV_V_vctz:    return trailing_zeroes(f, x);
    case RV_V_vbrev:   return reversed_bits(f, x);
    case RV_V_vclmul:  return carryless(f, x, y, TCG_OP_vuzp1);
    case RV_V_vclmulh: return carryless(f, x, y, TCG_OP_vuzp2);
    default:           return 0;
    }
}
