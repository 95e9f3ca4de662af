/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-line integer operations: tcg_eval_int behind the signature of tcg_op_fn. */
#include "ir/eval.h"
#include "run/op-fn.h"

static uint64_t eval(TcgOp op, const TcgVal *a, const TcgVal *b, uint32_t imm)
{
    return tcg_eval_int(op, tcg_fn_type(imm), tcg_fn_aux(imm), a->u64[0], b ? b->u64[0] : 0,
                        tcg_fn_number(imm));
}

#define INT(name) \
    void tcg_fn_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm) \
    { \
        d->u64[0] = eval(TCG_OP_##name, a, b, imm); \
    }
TCG_INT_OPS(INT)
