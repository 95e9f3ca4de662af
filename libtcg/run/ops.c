/* SPDX-License-Identifier: BSD-2-Clause */
/* Which operations have an out-of-line function. */
#include "run/op-fn.h"
#include "run/thread.h"

#define FN(name) [TCG_OP_##name] = tcg_fn_##name

TcgVectorFn *const tcg_op_fn[TCG_OP_COUNT] = {
    FN(ll), FN(sc), FN(clrex), FN(fence), FN(cas),
    FN(xchg), FN(xadd), FN(xand), FN(xor_), FN(xxor), FN(xsmax), FN(xsmin), FN(xumax), FN(xumin),
};
