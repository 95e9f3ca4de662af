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

/* Is operand k of the signature there, and not an immediate? */
#define IS_VALUE(sig, k) (sizeof(sig) > (k) + 2 && (sig)[(k) + 1] != 'I')

const TcgOpInfo tcg_op_info[TCG_OP_COUNT] = {
#define OP(name, sig, effects, text) \
    { effects, IS_VALUE(sig, 0) | IS_VALUE(sig, 1) << 1 | IS_VALUE(sig, 2) << 2, sig[0] },
#include "ops.def"
#undef OP
};

static const struct {
    const char *name, *sig;
} rows[TCG_OP_COUNT] = {
#define OP(name, sig, effects, text) { #name, sig },
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
