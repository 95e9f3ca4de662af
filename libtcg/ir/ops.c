/* SPDX-License-Identifier: BSD-2-Clause */
/* What ops.def says, as tables. */
#include "tcg/ir.h"

#define M_ TCG_EFF_M
#define W_ TCG_EFF_W
#define F_ TCG_EFF_F
#define S_ TCG_EFF_S
#define E_ TCG_EFF_E
#define G_ TCG_EFF_G
#define P_ TCG_EFF_P

static const struct {
    const char *name, *sig;
    unsigned effects;
} rows[TCG_OP_COUNT] = {
#define OP(name, sig, effects, text) { #name, sig, effects },
#include "ops.def"
#undef OP
};

const char *tcg_op_name(TcgOp op)
{
    return op < TCG_OP_COUNT ? rows[op].name : "?";
}

const char *tcg_op_sig(TcgOp op)
{
    return op < TCG_OP_COUNT ? rows[op].sig : "-";
}

unsigned tcg_op_effects(TcgOp op)
{
    return rows[op].effects;
}

TcgType tcg_ins_type(const TcgIns *i)
{
    char kind = rows[i->op].sig[0];

    return kind == 'l' ? TCG_FL : kind == '-' ? TCG_NONE : (TcgType)i->type;
}
