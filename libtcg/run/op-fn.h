/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-line operations: one function for each row of ops.def that tcg_op_fn names. */
#ifndef TCG_RUN_OP_FN_H
#define TCG_RUN_OP_FN_H

#include "tcg/guest.h"

#define OP(name, sig, effects, text) TcgVectorFn tcg_fn_##name;
#include "ir/ops.def"
#undef OP

#endif
