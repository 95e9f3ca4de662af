/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector instructions on whole registers as IR: vl is VLMAX, nothing is masked. A group is so many pieces of 16 bytes.
 * [RVU 31] */
#include "guest/riscv/insn-v.h"

void rv_v_forget(TcgBuild *b)
{
}

void rv_v_configure(TcgBuild *b, int rd, RvVType t, uint64_t vtype, unsigned vlmax, TcgRef avl)
{
    TcgRef max = tcg_const(b, vlmax), f = tcg_cmp(b, TCG_I64, avl, max), vl = tcg_sel(b, TCG_I64, TCG_LTU, f, avl, max);
    (void)t;
    tcg_put(b, RV_VL, vl);
    tcg_put(b, RV_VTYPE, tcg_const(b, vtype));
    tcg_put(b, RV_VSTART, tcg_const(b, 0));
    rv_put_x(b, rd, vl);
}

bool rv_v_full(TcgBuild *b, const RvVInsn *i)
{
    return false;
}

bool rv_v_full_memory(TcgBuild *b, const RvVInsn *i, int rs1)
{
    return false;
}
