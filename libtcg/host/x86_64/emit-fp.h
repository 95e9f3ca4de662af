/* SPDX-License-Identifier: BSD-2-Clause */
/* What the emitters of scalar and of vector floating point share. */
#ifndef HX86_EMIT_FP_H
#define HX86_EMIT_FP_H

#include "host/x86_64/emit.h"

#include "base/fp.h"

static inline unsigned fp_mode(const TcgIns *i)
{
    return i->aux >> TCG_FP_MODE_SHIFT;
}

static inline bool fp_dynamic(const TcgIns *i)
{
    return (i->aux & TCG_FP_ROUND) == TCG_FP_DYN;
}

static const Opnd fp_none = { .kind = OP_NONE };

static inline Opnd fp_reg(int reg)
{
    return (Opnd){ .kind = OP_REG, .reg = reg };
}

static inline Opnd fp_register(Emit *E, TcgRef v)
{
    return fp_reg(ra_use(E, v));
}

/* In a register, or in memory if this is its last use and it is there. */
static inline Opnd fp_operand(Emit *E, TcgRef v)
{
    return ra_dies(E, v) ? ra_opnd(E, v, true, false) : fp_register(E, v);
}

/* The set of registers that o takes; for ra_def's avoid. */
static inline uint32_t fp_bit(const Opnd *o)
{
    return o->kind == OP_REG ? 1u << o->reg : 0;
}

/* The register for the current scalar, which its instruction leaves with what its first operand has above it; of
 * vectors for the current value. Not one in avoid. */
static inline int fp_define(Emit *E, bool zero_above, uint32_t avoid)
{
    return ra_def(E, zero_above ? ra_widened(E) : E->i, avoid);
}

/* Control byte of ROUNDSD and its like for a rounding; -1: it has none. Inexact is not raised: bit 3. */
static inline int fp_rounding_control(unsigned round)
{
    static const int8_t control[8] = {
        [FP_RNE] = 8, [FP_RTZ] = 11, [FP_RDN] = 9, [FP_RUP] = 10, [FP_RMM] = -1, [FP_RODD] = -1, [6] = -1,
        [TCG_FP_DYN] = 12,
    };

    return control[round];
}

/* dst := o */
static inline void fp_load(Emit *E, int dst, const Opnd *o, TcgType t)
{
    if (o->kind == OP_MEM) {
        x_vload(&E->e, t, dst, o->mem);
    } else {
        x_vmov(&E->e, dst, o->reg);
    }
}

/* The last byte of the opcode of FMA in the form 231. aux has TCG_FP_NEG_*. */
static inline unsigned fp_fma_op(unsigned aux)
{
    const bool addend = aux & TCG_FP_NEG_ADDEND;

    return aux & TCG_FP_NEG_PRODUCT ? (addend ? 0xbe : 0xbc) : (addend ? 0xba : 0xb8);
}

static inline void fp_fma_any(Emit *E, unsigned op, bool wide, int d, int a, const Opnd *b)
{
    if (b->kind == OP_MEM) {
        enc_vex_rm(&E->e, O_66_38(op), wide, false, xr(d), xr(a), b->mem, 0);
    } else {
        enc_vex_rr(&E->e, O_66_38(op), wide, false, xr(d), xr(a), xr(b->reg));
    }
}

/* d := +-(a * b) +- d. The sign of the addend only for scalars. */
static inline void fp_fma(Emit *E, unsigned aux, bool scalar, bool wide, int d, int a, const Opnd *b)
{
    fp_fma_any(E, fp_fma_op(scalar ? aux : aux & TCG_FP_NEG_PRODUCT) | scalar, wide, d, a, b);
}

/* d := +-(d * a) +- b, of scalars (form 213): d keeps what it has above. */
static inline void fp_fma_factor(Emit *E, unsigned aux, bool wide, int d, int a, const Opnd *b)
{
    fp_fma_any(E, (fp_fma_op(aux) - 0x10) | 1, wide, d, a, b);
}

/* Jumps if the guest has not raised inexact, as its flags in memory say. */
uint8_t *em_fp_not_inexact(Emit *E);

/* sel of vectors and scalars; x86: the host's condition. */
void em_fp_select(Emit *E, const TcgIns *i, int x86);

/* Half precision, emit-fp-half.c. False: not inline. */
bool em_half(Emit *E, const TcgIns *i), em_vec_half(Emit *E, const TcgIns *i);
bool em_half_usable(const TcgIns *i);
void em_half_to_single(Emit *E, int d, TcgRef v, int x);        /* d := the value v, in register x; zeroes above */
void em_half_from_single(Emit *E, int d);                       /* d := the single d, rounded */

/* Reciprocal estimates, emit-vec-estimate.c. */
bool em_vec_estimate(Emit *E, const TcgIns *i);

/* Dot products of BFloat16, emit-vec-bfloat.c. */
bool em_vec_bfloat_dot(Emit *E, const TcgIns *i);

/* d := the scalar x of type t in the low bits, zeroes above it. */
void em_low_scalar(Emit *E, int d, int x, TcgType t);

#endif
