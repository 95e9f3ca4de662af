/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translators of SVE instructions share. */
#ifndef GUEST_AARCH64_INSN_SVE_H
#define GUEST_AARCH64_INSN_SVE_H

#include "guest/aarch64/insn-simd.h"
#include "guest/aarch64/sve.h"

/* Predicates: a bit for each byte. */
static inline TcgRef a64_p(TcgBuild *b, int n)
{
    return tcg_get(b, A64_P0 + n);
}

static inline void a64_put_p(TcgBuild *b, int n, TcgRef v)
{
    tcg_put(b, A64_P0 + n, v);
}

/* Piece k of 128 bits of a vector. All pieces of operands are to be read before one is written. */
static inline TcgRef a64_z(TcgBuild *b, int n, unsigned k)
{
    return tcg_get(b, (k ? A64_ZH0 : A64_V0) + n);
}

static inline void a64_put_z(TcgBuild *b, int n, unsigned k, TcgRef v)
{
    tcg_put(b, (k ? A64_ZH0 : A64_V0) + n, v);
}

/* What the helper saturate does: result = x + k, in the range of 32 or 64 bits. */
enum { A64_SAT_64 = 1, A64_SAT_SIGNED = 2, A64_SAT_SUB = 4 };

/* Constants for the helpers of predicates: size in bits 0 to 2, the vector length in units of 16 bytes in 4 to 7, and
 * these. */
enum {
    A64_WHILE_64 = 1 << 8, A64_WHILE_SIGNED = 1 << 9, A64_WHILE_LESS = 1 << 10, A64_WHILE_EQUAL = 1 << 11,
    A64_WHILE_RW = 1 << 12,
    A64_PRED_ZIP1 = 0 << 8, A64_PRED_ZIP2 = 1 << 8, A64_PRED_UZP1 = 2 << 8, A64_PRED_UZP2 = 3 << 8,
    A64_PRED_TRN1 = 4 << 8, A64_PRED_TRN2 = 5 << 8, A64_PRED_REV = 6 << 8, A64_PRED_UNPACK = 7 << 8,
    A64_PRED_UPPER = 8,         /* UNPACK: the upper half */
};

/* Is p known to have all elements active? Piece k of a predicate as lanes of ones; the flags of a result whose bits are
 * all in the mask g of element bits. */
bool a64_pred_known_full(const TcgBuild *b, TcgRef p, unsigned size);

/* Is the instruction to be translated for the predicate pg with all elements active? If it is not known, true, and code
 * that goes on at this instruction with the context A64_CONTEXT_PARTIAL if some are not. The latter by itself: if cc
 * holds. */
bool a64_pred_full(TcgBuild *b, int pg, unsigned size);
void a64_sve_leave_if(TcgBuild *b, TcgCond cc, TcgRef flags);

TcgRef a64_pred_mask(TcgBuild *b, TcgRef p, unsigned size, unsigned k);
void a64_pred_flags(TcgBuild *b, TcgRef g, TcgRef result);

/* Operations that insn-sve-width.c has, for pieces of 128 bits: operands as the row's flags want them (but for SWAP, MX
 * and inactive lanes); the operation, or 0 if there is no IR for it; a result narrowed into d as they say. */
void a64_sve_prepare(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef *x, TcgRef *y);
TcgRef a64_sve_integer(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef x, TcgRef y, TcgRef a);
TcgRef a64_sve_floating(TcgBuild *b, const A64SveInsn *i, TcgRef x, TcgRef y, TcgRef a);
TcgRef a64_sve_narrowed(TcgBuild *b, const A64SveInsn *i, uint32_t flags, TcgRef r, TcgRef d);

/* Translates an operation as IR if there is some for it; else false, and nothing done. x: its scalar, or 0. */
bool a64_sve_inline(TcgBuild *b, const A64SveInsn *i, TcgRef x);

#endif
