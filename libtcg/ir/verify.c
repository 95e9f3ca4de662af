/* SPDX-License-Identifier: BSD-2-Clause */
/* Checking IR: operands come before their users and have the classes that ops.def asks for. */
#include "ir/block.h"

static bool is_int(TcgType t)
{
    return t == TCG_I32 || t == TCG_I64;
}

static bool fits(char kind, TcgType want, TcgType have)
{
    switch (kind) {
    case 't': return is_int(want) ? is_int(have) : want == have;
    case 'q': return is_int(have);
    case 'l': return have == TCG_FL;
    case 'v': return have == TCG_V128;
    default:  return have != TCG_NONE;
    }
}

static const char *check(const TcgBuild *b, TcgRef r)
{
    const TcgIns *i = &b->ins[r];
    const TcgRef ops[3] = { i->a, i->b, i->c };

    if (i->op >= TCG_OP_COUNT) {
        return "unknown operation";
    }
    const char *sig = tcg_op_sig((TcgOp)i->op);
    bool index = (i->op == TCG_OP_ld || i->op == TCG_OP_st) && (i->aux & TCG_MO_INDEX);
    bool call = i->op == TCG_OP_hcall || i->op == TCG_OP_vcall;
    for (unsigned k = 0; k < 3 && sig[k + 1]; k++) {
        char kind = index && k == 1 ? 'q' : sig[k + 1];
        if (kind == 'I' || (call && (ops[k] == 0 || k == 2))) {
            continue;
        }
        if (ops[k] == 0 || ops[k] >= r) {
            return "operand is missing or comes later";
        }
        if (!fits(kind, (TcgType)i->type, tcg_ins_type(&b->ins[ops[k]]))) {
            return "operand of the wrong class";
        }
    }
    return NULL;
}

const char *tcg_verify(const TcgBuild *b, TcgRef *at)
{
    for (TcgRef r = 1; r < b->n; r++) {
        const char *why = check(b, r);
        if (why) {
            *at = r;
            return why;
        }
    }
    return NULL;
}
