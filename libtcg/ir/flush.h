/* SPDX-License-Identifier: BSD-2-Clause */
/* Flushing modes of floating point, while building. */
#ifndef TCG_IR_FLUSH_H
#define TCG_IR_FLUSH_H

#include "ir/block.h"

/* The value of an operation whose mode has FP_FLUSH, or 0 if it is to be recorded as it is. */
TcgRef tcg_flush(TcgBuild *b, TcgOp op, TcgType type, unsigned aux, TcgRef x, TcgRef y, TcgRef z);

/* Records an operation as it is. */
TcgRef tcg_op_append(TcgBuild *b, TcgOp op, TcgType type, unsigned aux, TcgRef x, TcgRef y, TcgRef z);

#endif
