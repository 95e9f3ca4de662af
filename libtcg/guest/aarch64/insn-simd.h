/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translators of SIMD&FP instructions share.
 *
 * Lanes are numbered by log2 of their bytes. Vector and scalar forms of an instruction share a translator: the row
 * says scalar (one lane) or q (64 or 128 bits). Work is done on whole registers. Where lanes that are not the
 * instruction's could raise a flag or saturate, operands come from a64_vin, which has zeroes there. */
#ifndef GUEST_AARCH64_INSN_SIMD_H
#define GUEST_AARCH64_INSN_SIMD_H

#include "guest/aarch64/insn.h"

/* Vector operations; an operand that ops.def calls an immediate is a plain number. */
static inline TcgRef v1(TcgBuild *b, TcgOp op, unsigned aux, TcgRef x)
{
    return tcg_op(b, op, TCG_V128, aux, x, 0, 0);
}

static inline TcgRef v2(TcgBuild *b, TcgOp op, unsigned aux, TcgRef x, TcgRef y)
{
    return tcg_op(b, op, TCG_V128, aux, x, y, 0);
}

static inline TcgRef v3(TcgBuild *b, TcgOp op, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    return tcg_op(b, op, TCG_V128, aux, x, y, z);
}

static inline unsigned a64_lane_bits(unsigned lane)
{
    return 8u << lane;
}

/* The F type of a lane of 2, 4 or 8 bytes. */
static inline TcgType a64_lane_type(unsigned lane)
{
    return lane == 1 ? TCG_F16 : lane == 2 ? TCG_F32 : TCG_F64;
}

/* Lanes of the instruction's operands. */
static inline unsigned a64_lane_count(const A64Args *a, unsigned lane)
{
    return a->scalar ? 1 : (a->q ? 16u : 8u) >> lane;
}

/* aux of floating point in the current mode and rounding, of scalars and of lanes. */
static inline unsigned a64_fp_aux(const TcgBuild *b)
{
    return tcg_fp_mode(a64_fp_mode(b)) | TCG_FP_DYN;
}

static inline unsigned a64_vfp_aux(const TcgBuild *b, unsigned lane)
{
    return a64_fp_aux(b) | lane << TCG_FP_LANE_SHIFT;
}

/* aux with another rounding. */
static inline unsigned a64_rounding(unsigned aux, unsigned round)
{
    return (aux & ~(unsigned)TCG_FP_ROUND) | round;
}

/* Lane of the rows of simd-fp.isa. */
static inline unsigned a64_fp_lane(const A64Args *a)
{
    return a->half ? 1 : 2 + (unsigned)a->sz;
}

/* A scalar in the low bits of register n. */
static inline TcgRef a64_f(TcgBuild *b, TcgType t, int n)
{
    return tcg_op(b, TCG_OP_vlow, t, 0, a64_v(b, n), 0, 0);
}

/* Upper 64 bits of x as the lower ones. */
static inline TcgRef a64_vhigh(TcgBuild *b, TcgRef x)
{
    return v3(b, TCG_OP_vextr, 0, x, x, 8);
}

static inline TcgRef a64_vzero(TcgBuild *b)
{
    return tcg_vconst(b, 0, 0);
}

/* v in every lane. */
TcgRef a64_vsplat(TcgBuild *b, unsigned lane, uint64_t v);

/* Lane 0 of x (scalar), its low half or all of it, the rest zero. */
TcgRef a64_vkeep(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef x);

/* Register n kept so. */
TcgRef a64_vin(TcgBuild *b, const A64Args *a, int n, unsigned lane);

/* Writes register rd with what a64_vkeep keeps of x. */
void a64_vout(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef x);

/* Writes the low half x (high half zero) of a narrowing instruction: into the high half of rd if q. */
void a64_vout_narrow(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef x);

/* The second operand of a row by element, in every lane. */
TcgRef a64_velement(TcgBuild *b, const A64Args *a, unsigned lane);

/* Remembers saturation in the lanes where diff is not zero. */
void a64_saturated(TcgBuild *b, TcgRef diff);

/* x + y or x - y, saturating, remembering it; aux is the lane and TCG_V_SIGNED. */
TcgRef a64_vadd_sat(TcgBuild *b, unsigned aux, TcgRef x, TcgRef y);
TcgRef a64_vsub_sat(TcgBuild *b, unsigned aux, TcgRef x, TcgRef y);

/* |x - y|; aux likewise. */
TcgRef a64_vabd(TcgBuild *b, unsigned aux, TcgRef x, TcgRef y);

/* The two registers of a pairwise instruction: even elements of rn:rm and odd ones. */
void a64_vpairs(TcgBuild *b, const A64Args *a, unsigned lane, TcgRef *even, TcgRef *odd);

/* Complex numbers in pairs of lanes [ArmARM C7.2 FCMLA, FCADD]: the parts of n that a product with so many quarter
 * turns takes, each in both lanes; m turned: parts swapped for odd turns, with signs changed. */
TcgRef a64_complex_part(TcgBuild *b, unsigned lane, unsigned turn, TcgRef n);
TcgRef a64_complex_turned(TcgBuild *b, unsigned lane, unsigned turn, TcgRef m);

/* vfrecpe or vfrsqrte of halves, of all or of the lower four. 0: not in this mode. */
TcgRef a64_half_estimate(TcgBuild *b, TcgOp op, bool all, TcgRef n);

/* URECPE (op is vfrecpe) or URSQRTE (vfrsqrte) of every lane. */
TcgRef a64_integer_estimate(TcgBuild *b, TcgOp op, TcgRef n);

/* acc and a product of matrices, two rows of n by two rows of m: two dot products by op (vdot, vbfdot) with aux. */
TcgRef a64_matrix(TcgBuild *b, TcgOp op, unsigned aux, TcgRef n, TcgRef m, TcgRef acc);

/* x with the sign of every lane changed. */
TcgRef a64_negative(TcgBuild *b, unsigned lane, TcgRef x);

/* FRECPX of every lane. */
TcgRef a64_reciprocal_exponent(TcgBuild *b, unsigned lane, TcgRef n);

/* The 8-bit floating point immediate as a value of type t [ArmARM J1.3 VFPExpandImm]. */
uint64_t a64_fp_expand(unsigned imm8, TcgType t);

/* 2 to the power n as a value of type t. */
uint64_t a64_fp_power(int n, TcgType t);

/* Immediates of helpers. */

/* f_one: lane | count << 4 | operation << 8 | argument << 16. */
typedef enum A64FpFn {
    A64_FP_RECPE, A64_FP_RSQRTE,
    A64_FP_FROM_S, A64_FP_FROM_U,   /* argument: fraction bits */
} A64FpFn;

static inline uint32_t a64_fp_imm(A64FpFn fn, unsigned lane, unsigned count, unsigned arg)
{
    return lane | count << 4 | (unsigned)fn << 8 | arg << 16;
}

#endif
