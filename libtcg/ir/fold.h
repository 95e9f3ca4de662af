/* SPDX-License-Identifier: BSD-2-Clause */
/* Folding while building. */
#ifndef TCG_IR_FOLD_H
#define TCG_IR_FOLD_H

#include "ir/block.h"

/* The value of an operation if it needs no record of its own, else 0. */
TcgRef tcg_fold(TcgBuild *b, TcgOp op, TcgType type, unsigned aux, TcgRef x, TcgRef y, TcgRef z);

/* Whether a condition is known; *taken then says what it is. */
bool tcg_fold_cond(TcgBuild *b, TcgCond cc, TcgRef flags, bool *taken);

#endif
