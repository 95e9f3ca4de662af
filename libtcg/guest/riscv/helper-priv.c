/* SPDX-License-Identifier: BSD-2-Clause */
/* Privileged instructions, out of line. */
#include "guest/riscv/priv.h"
#include "guest/riscv/insn.h"
#include "run/soft.h"

#include <sched.h>

static void __attribute__((noreturn)) go_on(RvHart *h, uint64_t pc)
{
    h->cpu.env.pc = pc;
    tcg_helper_leave(&h->cpu.env, TCG_EXIT_POLL);
}

uint64_t rv_helper_mret(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvHart *h = (RvHart *)env;
    uint64_t s = h->mstatus;

    if (h->priv != RV_M) {
        rv_raise_illegal(h);
    }
    h->priv = s >> MS_MPP_SHIFT & 3;
    s = (s & ~(MS_MIE | MS_MPP)) | (s & MS_MPIE ? MS_MIE : 0) | MS_MPIE;
    h->mstatus = h->priv == RV_M ? s : s & ~MS_MPRV;
    go_on(h, h->mepc);
}

uint64_t rv_helper_sret(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvHart *h = (RvHart *)env;
    uint64_t s = h->mstatus;

    if (h->priv == RV_U || (h->priv == RV_S && (s & MS_TSR))) {
        rv_raise_illegal(h);
    }
    h->priv = s >> MS_SPP_SHIFT & 1;
    h->mstatus = (s & ~(MS_SIE | MS_SPP | MS_MPRV)) | (s & MS_SPIE ? MS_SIE : 0) | MS_SPIE;
    go_on(h, h->sepc);
}

/* The exit to the owner follows in the block. [RVP 3.3.3, 3.1.6.5] */
uint64_t rv_helper_wfi(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    RvHart *h = (RvHart *)env;

    if (h->priv == RV_U || (h->priv == RV_S && (h->mstatus & MS_TW))) {
        rv_raise_illegal(h);
    }
    return 0;
}

/* which: RV_FENCE_* */
uint64_t rv_helper_sfence(TcgEnv *env, uint64_t which, uint64_t gva, uint64_t z)
{
    RvHart *h = (RvHart *)env;

    if (h->priv == RV_U || (h->priv == RV_S && (h->mstatus & MS_TVM) && !(which & RV_FENCE_ORDER))) {
        rv_raise_illegal(h);
    }
    if (which & RV_FENCE_ORDER) {
        return 0;
    }
    if (which & RV_FENCE_PAGE) {
        tcg_tlb_clear_page(env, gva);
    } else if (which & RV_FENCE_ASID) {
        tcg_tlb_clear_local(env);
    } else {
        tcg_tlb_clear(env, FLUSH_TLB);
    }
    return 0;
}

/* bits: MS_FS_DIRTY, MS_VS_DIRTY */
uint64_t rv_helper_dirty(TcgEnv *env, uint64_t bits, uint64_t y, uint64_t z)
{
    RvHart *h = (RvHart *)env;

    h->mstatus |= bits;
    go_on(h, env->pc);
}

/* FENCE.I: stores drop translations as they happen, but for what tcg_code_recheck looks for. */
uint64_t rv_helper_recheck(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    tcg_code_recheck();
    return 0;
}

uint64_t rv_helper_count(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    const RvHart *h = (const RvHart *)env;

    if (h->cpu.count.insns >= h->cpu.count.until) {
        tcg_helper_leave(env, TCG_EXIT_POLL);
    }
    return 0;
}

/* The hart waits for another one, which may want this host CPU. */
uint64_t rv_helper_pause(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    sched_yield();
    return 0;
}

/* A block operation needs the right to load or to store, and faults as a store [RVU 19.3.1]. */
static void check_block(TcgEnv *env, uint64_t addr)
{
    RvHart *h = (RvHart *)env;
    TcgMmuPage page;
    unsigned mmu = rv_mmu_index(h);

    if (rv_mmu_translate(env, addr, 1, TCG_LOAD, mmu, &page) != TCG_MMU_OK) {
        TcgMmuFault fault = rv_mmu_translate(env, addr, 1, TCG_STORE, mmu, &page);
        if (fault != TCG_MMU_OK) {
            rv_machine_raise(env, fault, TCG_STORE, addr);
            tcg_helper_leave(env, TCG_EXIT_NEXT);
        }
    }
}

/* which: RV_CBO_*. [RVU 19.4.2] */
uint64_t rv_helper_cbo(TcgEnv *env, uint64_t which, uint64_t addr, uint64_t z)
{
    static const uint64_t zero[8];
    RvHart *h = (RvHart *)env;
    uint64_t bits = which == RV_CBO_ZERO ? ENV_CBZE : which == RV_CBO_INVAL ? ENV_CBIE : ENV_CBCFE;

    if ((h->priv != RV_M && !(h->menvcfg & bits)) || (h->priv == RV_U && !(h->senvcfg & bits))) {
        rv_raise_illegal(h);
    }
    if (which != RV_CBO_ZERO) {
        check_block(env, addr);
        return 0;
    }
    tcg_soft_write(env, addr & ~(uint64_t)(sizeof zero - 1), zero, sizeof zero);
    return 0;
}
