/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translators of vector instructions share: what is known of vtype and vl. */
#ifndef GUEST_RISCV_INSN_V_H
#define GUEST_RISCV_INSN_V_H

#include "guest/riscv/insn.h"
#include "guest/riscv/v.h"

/* The context (tcg_build_context): 0, or what is known of vtype, which is legal; vstart is 0.
 *   RV_VC_FULL     all of vtype; vl is VLMAX
 *   RV_VC_PARTIAL  SEW and LMUL; vl is anything. With RV_VC_TAIL RvCpu.vtail is as vl says. */
enum {
    RV_VC_FULL = 1 << 7,
    RV_VC_PARTIAL = 1 << 6,     /* only without FULL */
    RV_VC_TAIL = 1 << 5,        /* likewise */
    RV_VC_POLICY_SHIFT = 5,     /* with FULL, bits 5, 6: vta, vma */
    RV_VC_LMUL_SHIFT = 2,       /* bits 2-4: log2 of LMUL + 3; bits 0-1: log2 of SEW's bytes */
};

/* vtype or vl are no longer known. */
void rv_v_forget(TcgBuild *b);
/* Only vl. */
void rv_v_forget_vl(TcgBuild *b);

/* vtype is to be t (the bits vtype), legal, with this VLMAX; vl and rd follow from avl. */
void rv_v_configure(TcgBuild *b, int rd, RvVType t, uint64_t vtype, unsigned vlmax, TcgRef avl);

/* Likewise with vl kept as it is. False, with nothing done: not known well enough. */
bool rv_v_configure_keep(TcgBuild *b, RvVType t, uint64_t vtype);

/* Translate as IR if the context allows and there is some for it; else false, and nothing done. */
bool rv_v_full(TcgBuild *b, const RvVInsn *i);
/* Likewise as a call that takes its operands as they are: for what is not in IR. */
bool rv_v_call_known(TcgBuild *b, const RvVInsn *i);
/* Likewise for what gives an x or f register: its value, or 0. */
TcgRef rv_v_full_element(TcgBuild *b, const RvVInsn *i);
/* rs2: of those with a stride. */
bool rv_v_full_memory(TcgBuild *b, const RvVInsn *i, int rs1, int rs2);

#endif
