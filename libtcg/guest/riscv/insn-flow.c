/* SPDX-License-Identifier: BSD-2-Clause */
/* Jumps, branches, system instructions. [RVU 2.5, 2.7, 2.8, 6, 7, 19] */
#include "guest/riscv/insn.h"

static uint64_t target(const TcgBuild *b, int64_t offset)
{
    return tcg_build_pc(b) + (uint64_t)offset;
}

/* x1 and x5 are link registers for the return stack [RVU 2.5.1]. */
static bool link(int n)
{
    return n == 1 || n == 5;
}

static void jump_and_link(TcgBuild *b, int rd, int64_t offset, unsigned length)
{
    rv_put_x(b, rd, tcg_const(b, tcg_build_pc(b) + length));
    if (link(rd)) {
        tcg_call(b, target(b, offset));
    } else {
        tcg_jmp(b, target(b, offset));
    }
}

static void jump_register(TcgBuild *b, int rd, int rs1, int64_t imm, unsigned length)
{
    TcgRef to = tcg_add(b, TCG_I64, rv_x(b, rs1), rv_imm(b, imm));

    rv_put_x(b, rd, tcg_const(b, tcg_build_pc(b) + length));
    if (link(rd)) {
        tcg_calli(b, to);
    } else if (link(rs1)) {
        tcg_ret(b, to);
    } else {
        tcg_jmpi(b, to);
    }
}

void rv_tr_jal(TcgBuild *b, const RvArgs *a)
{
    jump_and_link(b, a->rd, a->immJ, 4);
}

void rv_tr_jalr(TcgBuild *b, const RvArgs *a)
{
    jump_register(b, a->rd, a->rs1, a->immI, 4);
}

void rv_tr_c_j(TcgBuild *b, const RvArgs *a)
{
    jump_and_link(b, 0, a->c_j_imm, 2);
}

void rv_tr_c_jr(TcgBuild *b, const RvArgs *a)
{
    jump_register(b, 0, a->rs1, 0, 2);
}

void rv_tr_c_jalr(TcgBuild *b, const RvArgs *a)
{
    jump_register(b, 1, a->rs1, 0, 2);
}

#define RV_BRANCH(name, cc) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        TcgRef f = tcg_cmp(b, TCG_I64, rv_x(b, a->rs1), rv_x(b, a->rs2)); \
        tcg_brcc(b, cc, f, target(b, a->immB)); \
    }
RV_BRANCH(beq, TCG_EQ)
RV_BRANCH(bne, TCG_NE)
RV_BRANCH(blt, TCG_LT)
RV_BRANCH(bge, TCG_GE)
RV_BRANCH(bltu, TCG_LTU)
RV_BRANCH(bgeu, TCG_GEU)

void rv_tr_c_beqz(TcgBuild *b, const RvArgs *a)
{
    tcg_brcc(b, TCG_EQ, tcg_cmp(b, TCG_I64, rv_x(b, a->rs1p + 8), tcg_const(b, 0)), target(b, a->c_b_imm));
}

void rv_tr_c_bnez(TcgBuild *b, const RvArgs *a)
{
    tcg_brcc(b, TCG_NE, tcg_cmp(b, TCG_I64, rv_x(b, a->rs1p + 8), tcg_const(b, 0)), target(b, a->c_b_imm));
}

/* Only an order of earlier writes before later reads needs anything on a host that keeps all others; the back end
 * decides. pred and succ are I O R W. [RVU 2.7] */
void rv_tr_fence(TcgBuild *b, const RvArgs *a)
{
    bool pr = a->pred & 2, pw = a->pred & 1, sr = a->succ & 2, sw = a->succ & 1;
    unsigned kind = (pr && sr ? TCG_FENCE_RR : 0) | (pr && sw ? TCG_FENCE_RW : 0)
        | (pw && sr ? TCG_FENCE_WR : 0) | (pw && sw ? TCG_FENCE_WW : 0);

    if (a->pred == 1 && a->succ == 0 && a->fm == 0) {
        rv_machine_pause(b);                        /* a hint [RVU 4] */
        return;
    }
    if (a->fm == 8 && a->pred == 3 && a->succ == 3) {
        kind &= ~(unsigned)TCG_FENCE_WR;            /* fence.tso */
    }
    if (kind) {
        tcg_op(b, TCG_OP_fence, TCG_NONE, kind, 0, 0, 0);
    }
}

void rv_tr_fence_i(TcgBuild *b, const RvArgs *a)
{
    if (rv_machine(b)) {
        tcg_hcall(b, RV_H_RECHECK, TCG_NONE, 0, 0, 0);
        tcg_exit(b, TCG_EXIT_POLL, tcg_build_pc(b) + 4);
        return;
    }
    tcg_hcall(b, RV_H_FENCE_I, TCG_NONE, 0, 0, 0);
    tcg_exit(b, TCG_EXIT_POLL, tcg_build_pc(b) + 4);
}

void rv_tr_ecall(TcgBuild *b, const RvArgs *a)
{
    tcg_exit(b, TCG_EXIT_SYSCALL, tcg_build_pc(b) + 4);
}

void rv_tr_ebreak(TcgBuild *b, const RvArgs *a)
{
    tcg_exit(b, rv_machine(b) ? RV_EXIT_EBREAK : TCG_EXIT_BREAK, tcg_build_pc(b));
}

void rv_tr_c_ebreak(TcgBuild *b, const RvArgs *a)
{
    rv_tr_ebreak(b, a);
}

void rv_tr_c_illegal(TcgBuild *b, const RvArgs *a)
{
    tcg_build_undef(b, NULL);
}

/* Zicsr. User mode sees the floating point registers and the counters. */
enum { CSR_FFLAGS = 1, CSR_FRM = 2, CSR_FCSR = 3, CSR_CYCLE = 0xc00, CSR_TIME = 0xc01, CSR_INSTRET = 0xc02 };

static bool csr_known(int csr, bool write)
{
    return (csr >= CSR_FFLAGS && csr <= CSR_FCSR) || (!write && csr >= CSR_CYCLE && csr <= CSR_INSTRET);
}

/* op: 1 write, 2 set, 3 clear */
static void csr(TcgBuild *b, const RvArgs *a, int op, bool immediate)
{
    if (op != 1 && a->rs1 == 0 && rv_v_csr_read(b, a->csr, a->rd)) {
        return;
    }
    if (rv_machine(b)) {
        rv_machine_csr(b, a->csr, a->rd, a->rs1, op, immediate);
        return;
    }
    bool write = op == 1 || a->rs1 != 0, read = op != 1 || a->rd != 0;
    TcgRef n = tcg_const(b, (uint64_t)a->csr), old = 0;
    const bool vector = rv_v_csr_known(b, a->csr, write), mode_stays = vector && rv_v_csr_keeps_mode(b, a, op, immediate);

    if (!vector && !csr_known(a->csr, write)) {
        tcg_build_undef(b, NULL);
        return;
    }
    TcgRef x = immediate ? tcg_const(b, (uint64_t)a->rs1) : rv_x(b, a->rs1), mask = tcg_const(b, 31);
    bool flags = a->csr == CSR_FFLAGS;
    if (read) {
        old = flags ? tcg_and(b, TCG_I64, tcg_op(b, TCG_OP_fflags, TCG_I64, 0, 0, 0, 0), mask)
                    : tcg_hcall(b, vector ? RV_H_V_CSR_READ : RV_H_CSR_READ, TCG_I64, n, 0, 0);
    }
    if (write) {
        TcgRef v = op == 1 ? x : op == 2 ? tcg_or(b, TCG_I64, old, x) : tcg_andn(b, TCG_I64, old, x);
        if (flags) {
            tcg_op(b, TCG_OP_fflags_set, TCG_NONE, 0, tcg_and(b, TCG_I64, v, mask), 0, 0);
        } else {
            tcg_hcall(b, vector ? RV_H_V_CSR_WRITE : RV_H_CSR_WRITE, TCG_NONE, n, v, 0);
        }
    }
    if (read) {
        rv_put_x(b, a->rd, old);
    }
    if (write && vector) {
        rv_v_csr_written(b, a->csr);
    }
    if (write && a->csr != CSR_FFLAGS && !mode_stays) {
        tcg_exit(b, TCG_EXIT_POLL, tcg_build_pc(b) + 4);    /* the rounding modes are in the block's key */
    }
}

void rv_tr_csrrw(TcgBuild *b, const RvArgs *a)
{
    csr(b, a, 1, false);
}

void rv_tr_csrrs(TcgBuild *b, const RvArgs *a)
{
    csr(b, a, 2, false);
}

void rv_tr_csrrc(TcgBuild *b, const RvArgs *a)
{
    csr(b, a, 3, false);
}

void rv_tr_csrrwi(TcgBuild *b, const RvArgs *a)
{
    csr(b, a, 1, true);
}

void rv_tr_csrrsi(TcgBuild *b, const RvArgs *a)
{
    csr(b, a, 2, true);
}

void rv_tr_csrrci(TcgBuild *b, const RvArgs *a)
{
    csr(b, a, 3, true);
}

/* Zicbom, Zicboz: 64-byte blocks */
void rv_tr_cbo_clean(TcgBuild *b, const RvArgs *a)
{
    if (rv_machine(b)) {
        rv_machine_cbo(b, RV_CBO_CLEAN, a->rs1);
        return;
    }
    tcg_ld(b, TCG_I64, TCG_MO_8, rv_x(b, a->rs1), 0);       /* may fault, does nothing else [RVU 19.3.1] */
}

void rv_tr_cbo_inval(TcgBuild *b, const RvArgs *a)
{
    if (rv_machine(b)) {
        rv_machine_cbo(b, RV_CBO_INVAL, a->rs1);
    } else {
        rv_tr_cbo_clean(b, a);
    }
}

void rv_tr_cbo_zero(TcgBuild *b, const RvArgs *a)
{
    if (rv_machine(b)) {
        rv_machine_cbo(b, RV_CBO_ZERO, a->rs1);
        return;
    }
    tcg_hcall(b, RV_H_CBO_ZERO, TCG_NONE, rv_x(b, a->rs1), 0, 0);
}

void rv_tr_nop(TcgBuild *b, const RvArgs *a)
{
}

/* May-be-operations that are not: 0 [RVU 11.1] */
void rv_tr_mop(TcgBuild *b, const RvArgs *a)
{
    rv_put_x(b, a->rd, tcg_const(b, 0));
}
