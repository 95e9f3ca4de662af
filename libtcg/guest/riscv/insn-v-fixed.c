/* SPDX-License-Identifier: BSD-2-Clause */
/* Saturating sums and differences as IR: what saturated is where the result is not the one that wraps. [RVU 31.12.1] */
#include "guest/riscv/insn-v-full.h"

/* vxsat is set if a lane of diff is not zero. */
static void note_saturation(TcgBuild *b, TcgRef diff)
{
    const TcgRef same = tcg_op(b, TCG_OP_vcmpeq, TCG_V128, 0, diff, tcg_vconst(b, 0, 0), 0);
    const TcgRef bytes = tcg_op(b, TCG_OP_vmsk, TCG_I64, 0, same, 0, 0);
    const TcgRef any = tcg_setcc(b, TCG_NE, tcg_cmp(b, TCG_I64, bytes, tcg_const(b, 0xffff)));

    tcg_put(b, RV_VXSAT, tcg_or(b, TCG_I64, tcg_get(b, RV_VXSAT), any));
}

bool rv_vf_saturating(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const bool add = i->op == RV_V_vsaddu || i->op == RV_V_vsadd;
    const unsigned flags = i->op == RV_V_vsadd || i->op == RV_V_vssub ? TCG_V_SIGNED : 0;
    TcgBuild *b = f->b;
    TcgRef diff = 0;

    if (!add && i->op != RV_V_vssubu && i->op != RV_V_vssub) {
        return false;
    }
    const TcgRef y0 = i->form != RV_V_VV ? rv_vf_scalar(f) : 0;
    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef x = rv_vf_get(f, i->vs2, k), y = y0 ? y0 : rv_vf_get(f, i->vs1, k), m = rv_vf_active(f, k);
        const TcgRef r = rv_vf_op2(f, add ? TCG_OP_vadds : TCG_OP_vsubs, flags, x, y);
        TcgRef d = tcg_op2(b, TCG_OP_vxor, TCG_V128, r, rv_vf_op2(f, add ? TCG_OP_vadd : TCG_OP_vsub, 0, x, y));
        d = m ? tcg_op2(b, TCG_OP_vand, TCG_V128, d, m) : d;
        diff = diff ? tcg_op2(b, TCG_OP_vor, TCG_V128, diff, d) : d;
        rv_vf_put(f, k, m ? rv_vf_choose(f, m, r, rv_vf_get(f, i->vd, k)) : r);
    }
    note_saturation(b, diff);
    return true;
}
