/* SPDX-License-Identifier: BSD-2-Clause */
/* Privileged instructions, and what other instructions do differently in a machine. */
#include "guest/riscv/insn-v.h"

#include "guest/riscv/priv.h"

static void leave(TcgBuild *b)
{
    tcg_exit(b, TCG_EXIT_POLL, tcg_build_pc(b) + 4);
}

void rv_tr_mret(TcgBuild *b, const RvArgs *a)
{
    tcg_hcall(b, RV_H_MRET, TCG_NONE, 0, 0, 0);
    leave(b);
}

void rv_tr_sret(TcgBuild *b, const RvArgs *a)
{
    tcg_hcall(b, RV_H_SRET, TCG_NONE, 0, 0, 0);
    leave(b);
}

void rv_tr_wfi(TcgBuild *b, const RvArgs *a)
{
    tcg_hcall(b, RV_H_WFI, TCG_NONE, 0, 0, 0);
    tcg_exit(b, TCG_EXIT_HALT, tcg_build_pc(b) + 4);
}

void rv_tr_sfence_vma(TcgBuild *b, const RvArgs *a)
{
    unsigned which = (a->rs1 ? RV_FENCE_PAGE : 0) | (a->rs2 ? RV_FENCE_ASID : 0);

    tcg_hcall(b, RV_H_SFENCE, TCG_NONE, tcg_const(b, which), rv_x(b, a->rs1), 0);
    leave(b);
}

void rv_tr_sfence_order(TcgBuild *b, const RvArgs *a)
{
    tcg_hcall(b, RV_H_SFENCE, TCG_NONE, tcg_const(b, RV_FENCE_ORDER), 0, 0);
}

/* May end at any time [RVU 13]. */
void rv_tr_wrs(TcgBuild *b, const RvArgs *a)
{
    rv_machine_pause(b);
}

void rv_machine_pause(TcgBuild *b)
{
    if (rv_machine(b)) {
        tcg_hcall(b, RV_H_PAUSE, TCG_NONE, 0, 0, 0);
    }
}

/* The helper does it all: rights, side effects, rd. */
void rv_machine_csr(TcgBuild *b, int csr, int rd, int rs1, int op, bool immediate)
{
    bool write = op == 1 || rs1 != 0, read = op != 1 || rd != 0;
    uint64_t what = (unsigned)csr | (uint64_t)rd << RV_CSR_RD_SHIFT | (uint64_t)op << RV_CSR_OP_SHIFT
        | (write ? RV_CSR_WRITE : 0) | (read ? RV_CSR_READ : 0);

    tcg_hcall(b, RV_H_CSR, TCG_NONE, tcg_const(b, what), immediate ? tcg_const(b, (uint64_t)rs1) : rv_x(b, rs1), 0);
    if (write && rv_v_csr_known(b, csr, true)) {
        rv_v_csr_written(b, csr);
    }
}

void rv_machine_cbo(TcgBuild *b, unsigned which, int rs1)
{
    tcg_hcall(b, RV_H_CBO, TCG_NONE, tcg_const(b, which), rv_x(b, rs1), 0);
}

/* A branch to itself with a context that no block has is never linked: the run loop gets it, and sees why. */
void rv_machine_count(TcgBuild *b)
{
    enum { NO_CONTEXT = RV_VC_TAIL };
    const uint64_t pc = tcg_build_pc(b);

    if (tcg_build_first(b) && (pc & 4095) > 4096 - 4) {
        tcg_hcall(b, RV_H_COUNT, TCG_NONE, 0, 0, 0);    /* such a branch would go by the jump cache */
    } else if (tcg_build_first(b)) {
        const unsigned context = tcg_build_context(b);
        tcg_build_context_set(b, NO_CONTEXT);
        tcg_brcc(b, TCG_GEU, tcg_cmp(b, TCG_I64, tcg_get(b, RV_INSNS), tcg_get(b, RV_UNTIL)), pc);
        tcg_build_context_set(b, context);
    }
    tcg_put(b, RV_INSNS, tcg_add(b, TCG_I64, tcg_get(b, RV_INSNS), tcg_const(b, 1)));
}

/* Instructions of these extensions need mstatus.FS, mstatus.VS; vectors of floating point both [RVP 3.1.6.6]. */
static const uint64_t fp_exts = RV_FEAT(f) | RV_FEAT(d) | RV_FEAT(c_d) | RV_FEAT(zfh) | RV_FEAT(zfhmin) | RV_FEAT(zfa)
    | RV_FEAT(zve32f) | RV_FEAT(zve64d) | RV_FEAT(zvfh) | RV_FEAT(zvfhmin);
static const uint64_t vector_exts = RV_FEAT(v) | RV_FEAT(zve32x) | RV_FEAT(zve64x) | RV_FEAT(zve32f) | RV_FEAT(zve64f)
    | RV_FEAT(zve64d) | RV_FEAT(zvfh) | RV_FEAT(zvfhmin) | RV_FEAT(zvbb) | RV_FEAT(zvkb) | RV_FEAT(zvbc) | RV_FEAT(zvkg)
    | RV_FEAT(zvkned) | RV_FEAT(zvknha) | RV_FEAT(zvknhb) | RV_FEAT(zvksed) | RV_FEAT(zvksh);

/* Leaves floating point state as it is? */
static bool only_reads(int row)
{
    switch (row) {
    case RV_ROW_fsw: case RV_ROW_fsd: case RV_ROW_fsh: case RV_ROW_c_fsd: case RV_ROW_c_fsdsp:
    case RV_ROW_fmv_x_w: case RV_ROW_fmv_x_d: case RV_ROW_fmv_x_h:
    case RV_ROW_fclass_s: case RV_ROW_fclass_d: case RV_ROW_fclass_h:
        return true;
    default:
        return false;
    }
}

/* Each vector instruction makes VS dirty: vstart is state, too. */
bool rv_machine_state(TcgBuild *b, int row, unsigned ext)
{
    const uint32_t mode = tcg_build_mode(b);
    const bool fp = fp_exts >> ext & 1, vector = vector_exts >> ext & 1;

    if ((fp && (mode & RV_MODE_FS_OFF)) || (vector && (mode & RV_MODE_VS_OFF))) {
        tcg_build_undef(b, NULL);
        return false;
    }
    const uint64_t dirty = (fp && (mode & RV_MODE_FS_CLEAN) && !only_reads(row) ? MS_FS_DIRTY : 0)
        | (vector && (mode & RV_MODE_VS_CLEAN) ? MS_VS_DIRTY : 0);
    if (dirty) {
        tcg_hcall(b, RV_H_DIRTY, TCG_NONE, tcg_const(b, dirty), 0, 0);      /* comes back in another mode */
        tcg_exit(b, TCG_EXIT_POLL, tcg_build_pc(b));
        return false;
    }
    return true;
}
