/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions as IR: what the translators of one share. */
#ifndef GUEST_RISCV_INSN_V_FULL_H
#define GUEST_RISCV_INSN_V_FULL_H

#include "guest/riscv/insn-v.h"

/* Nothing; vtype; vtype, and vl is VLMAX. */
typedef enum RvVKnown { RV_V_NOTHING, RV_V_PARTIAL, RV_V_FULL } RvVKnown;
RvVKnown rv_v_known(TcgBuild *b, RvVType *t);

/* RvCpu.vtail is as vl says, from here on. */
void rv_vf_know_tail(TcgBuild *b);

enum { RV_VF_MAX_PIECES = RV_V_GROUP_BYTES / 16 };      /* of a group */

/* An instruction being translated. */
typedef struct RvVFull {
    TcgBuild *b;
    const RvVInsn *i;
    unsigned lane;              /* log2 of SEW's bytes */
    unsigned vlmax;
    unsigned pieces;            /* of a group with elements of SEW; 1 if it is less than that */
    unsigned per;               /* pieces of one register */
    bool partial;               /* not all bytes of the pieces are below vl (rv_vf_below) */
    bool all;                   /* vl is VLMAX */
} RvVFull;

RvVFull rv_vf_make(TcgBuild *b, const RvVInsn *i, RvVType t, RvVKnown known);

/* Pieces of a group of twice the width. */
static inline unsigned rv_vf_wide_pieces(const RvVFull *f)
{
    return ((f->vlmax << (f->lane + 1)) + 15) / 16;
}

/* Bytes of piece k below vl, if the vector is partial. */
TcgRef rv_vf_below(const RvVFull *f, unsigned k);

/* Is a group less than a piece? */
static inline bool rv_vf_is_small(const RvVFull *f)
{
    return f->vlmax << f->lane < 16;
}

/* Piece k of a group; of vd. */
TcgRef rv_vf_get(const RvVFull *f, unsigned reg, unsigned k);
void rv_vf_put(const RvVFull *f, unsigned k, TcgRef v);

/* x in every lane; the scalar as a vector, to be made before anything is put; the scalar as an integer; 1.0, with which
 * inactive elements raise nothing. */
TcgRef rv_vf_splat(const RvVFull *f, uint64_t x);
TcgRef rv_vf_scalar(const RvVFull *f);
TcgRef rv_vf_scalar_bits(const RvVFull *f);
TcgRef rv_vf_one(const RvVFull *f);

/* Lanes of ones where piece k has its mask set; where it is active (0: everywhere). */
TcgRef rv_vf_mask(const RvVFull *f, unsigned k);
TcgRef rv_vf_active(const RvVFull *f, unsigned k);
TcgRef rv_vf_choose(const RvVFull *f, TcgRef m, TcgRef active, TcgRef other);

/* The piece of a mask in which piece k has its bits; of that one, lanes of ones where they are set. */
unsigned rv_vf_mask_piece(const RvVFull *f, unsigned k);
TcgRef rv_vf_lanes_of(const RvVFull *f, TcgRef mask, unsigned k);

/* aux of floating point lanes of 1 << lane bytes (0: of a scalar) that rounds as frm says, which is legal. */
unsigned rv_vf_fp_aux(const RvVFull *f, unsigned lane);

/* Operations of SEW; floating point ones of a lane size, rounding as frm says; +-(x * y) +- z. */
TcgRef rv_vf_op2(const RvVFull *f, TcgOp op, unsigned flags, TcgRef x, TcgRef y);
TcgRef rv_vf_fp(const RvVFull *f, unsigned lane, TcgOp op, unsigned flags, TcgRef x, TcgRef y, TcgRef z);
TcgRef rv_vf_fused(const RvVFull *f, unsigned lane, TcgRef x, TcgRef y, TcgRef z, bool neg_product, bool neg_addend);

/* To integers of the same size, saturating; truncated, or as frm says. */
TcgRef rv_vf_to_integer(const RvVFull *f, unsigned lane, TcgOp op, TcgRef x, bool truncate);

/* Half h of x's lanes of 1 << lane bytes, extended to twice their size. */
TcgRef rv_vf_extend(const RvVFull *f, unsigned lane, TcgRef x, bool is_signed, unsigned h);

/* What is active of piece k of a group of twice the width, of what is of one of SEW (0: all). */
TcgRef rv_vf_wide_active(const RvVFull *f, TcgRef active, unsigned k);

/* The active (0: all) of n pieces r go to vd. Sources may lie there, and the mask: to be called when all are made. */
void rv_vf_put_all(const RvVFull *f, unsigned n, const TcgRef *r, const TcgRef *active);

/* Half h of x's lanes of SEW as floating point of twice the width. */
TcgRef rv_vf_widened(const RvVFull *f, TcgRef x, unsigned h);

/* The result of an operation of one width for a piece, of vs2's x and vs1's y; 0: not here. */
TcgRef rv_vf_lanes(const RvVFull *f, TcgRef x, TcgRef y);

/* Translators by shape. False, or 0: there is no IR for it, and nothing was put. */
bool rv_vf_compare(const RvVFull *f);
bool rv_vf_logic(const RvVFull *f);
TcgRef rv_vf_count(const RvVFull *f);
bool rv_vf_twice_width(const RvVFull *f);
bool rv_vf_half_width(const RvVFull *f);
bool rv_vf_extension(const RvVFull *f, unsigned steps);
bool rv_vf_groups(const RvVFull *f, bool one_key);
bool rv_vf_groups3(const RvVFull *f);
bool rv_vf_move(const RvVFull *f);
bool rv_vf_reduce(const RvVFull *f);
bool rv_vf_fixed(const RvVFull *f);
bool rv_vf_clip(const RvVFull *f);
bool rv_vf_set_first(const RvVFull *f);
bool rv_vf_iota(const RvVFull *f);

#endif
