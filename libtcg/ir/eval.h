/* SPDX-License-Identifier: BSD-2-Clause */
/* The meaning of the pure integer operations, for constant folding and for tier 0. */
#ifndef TCG_IR_EVAL_H
#define TCG_IR_EVAL_H

#include "tcg/ir.h"

/* Value of an integer operation (ops.def, "integer"; not the flags and memory rows). x, y, z are the operands'
 * values, z the immediate for rows that have one. Results of type I32 come back zero-extended. */
uint64_t tcg_eval_int(TcgOp op, TcgType type, unsigned aux, uint64_t x, uint64_t y, uint64_t z);

/* Is op one that tcg_eval_int knows? */
static inline bool tcg_eval_knows(TcgOp op)
{
    return op >= TCG_OP_add && op <= TCG_OP_crc32c;
}

/* Flags as NZCV in bits 31..28, of cmp, cmn, tst and (with the old flags' C in carry) adcf, sbcf. */
uint32_t tcg_eval_flags(TcgOp op, TcgType type, uint64_t x, uint64_t y, bool carry);

/* Does the condition hold in nzcv? */
bool tcg_eval_cond(TcgCond cc, uint32_t nzcv);

#endif
