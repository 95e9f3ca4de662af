/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and interrupts [RVP 3.1.6 to 3.1.16, 10.1.1]. */
#include "guest/riscv/insn.h"
#include "guest/riscv/priv.h"
#include "run/soft.h"

static uint64_t vector(uint64_t tvec, uint64_t cause)
{
    uint64_t base = tvec & ~(uint64_t)3;

    return (tvec & 1) && (cause & RV_INTERRUPT) ? base + 4 * (cause & 63) : base;
}

static bool delegated(const RvHart *h, uint64_t cause)
{
    if (h->priv == RV_M) {
        return false;
    }
    if (h->firmware) {
        return true;
    }
    return (cause & RV_INTERRUPT ? h->mideleg : h->medeleg) >> (cause & 63) & 1;
}

void rv_trap(RvHart *h, uint64_t cause, uint64_t tval)
{
    uint64_t s = h->mstatus;

    h->cpu.env.excl_addr = ~(uint64_t)0;
    h->polls = 0;
    if (delegated(h, cause)) {
        h->sepc = h->cpu.env.pc;
        h->scause = cause;
        h->stval = tval;
        s = (s & ~(MS_SPIE | MS_SPP)) | (s & MS_SIE ? MS_SPIE : 0) | (uint64_t)h->priv << MS_SPP_SHIFT;
        h->mstatus = s & ~MS_SIE;
        h->priv = RV_S;
        h->cpu.env.pc = vector(h->stvec, cause);
        return;
    }
    h->mepc = h->cpu.env.pc;
    h->mcause = cause;
    h->mtval = tval;
    s = (s & ~(MS_MPIE | MS_MPP)) | (s & MS_MIE ? MS_MPIE : 0) | (uint64_t)h->priv << MS_MPP_SHIFT;
    h->mstatus = s & ~MS_MIE;
    h->priv = RV_M;
    h->cpu.env.pc = vector(h->mtvec, cause);
}

void rv_raise(RvHart *h, uint64_t cause, uint64_t tval)
{
    rv_trap(h, cause, tval);
    tcg_helper_leave(&h->cpu.env, TCG_EXIT_NEXT);
}

/* The trap value is the instruction [RVP 3.1.16]. */
static uint64_t insn_bits(RvHart *h)
{
    uint16_t low = 0, high = 0;

    if (!rv_mmu_peek(h, h->cpu.env.pc, &low, 2)) {
        return 0;
    }
    if ((low & 3) == 3 && rv_mmu_peek(h, h->cpu.env.pc + 2, &high, 2)) {
        return low | (uint32_t)high << 16;
    }
    return low;
}

void rv_raise_illegal(RvHart *h)
{
    rv_raise(h, RV_X_ILLEGAL, insn_bits(h));
}

void rv_machine_raise(TcgEnv *env, TcgMmuFault fault, int access, uint64_t gva)
{
    static const uint8_t cause[][3] = {             /* load, store, fetch */
        [TCG_MMU_PAGE] = { RV_X_LOAD_PAGE, RV_X_STORE_PAGE, RV_X_FETCH_PAGE },
        [TCG_MMU_ACCESS] = { RV_X_LOAD_ACCESS, RV_X_STORE_ACCESS, RV_X_FETCH_ACCESS },
        [TCG_MMU_ALIGN] = { RV_X_LOAD_ALIGN, RV_X_STORE_ALIGN, RV_X_FETCH_ALIGN },
    };

    rv_trap((RvHart *)env, cause[fault][access], gva);
}

/* Interrupts */

uint64_t rv_pending(const RvHart *h)
{
    uint64_t soft = __atomic_load_n(&h->mip, __ATOMIC_SEQ_CST), lines = __atomic_load_n(&h->irq, __ATOMIC_SEQ_CST);

    if (h->menvcfg & ENV_STCE) {
        soft &= ~((uint64_t)1 << RV_IRQ_STI);       /* then it is the comparison's alone [RVP 17] */
    }
    return soft | lines;
}

bool rv_has_work(const RvHart *h)
{
    return (rv_pending(h) & h->mie) != 0;
}

int rv_interrupt_now(const RvHart *h)
{
    /* by priority [RVP 3.1.9] */
    static const uint8_t order[] = { RV_IRQ_MEI, RV_IRQ_MSI, RV_IRQ_MTI, RV_IRQ_SEI, RV_IRQ_SSI, RV_IRQ_STI };
    uint64_t p = rv_pending(h) & h->mie, m = p & ~h->mideleg, s = p & h->mideleg;

    if (!p) {
        return -1;
    }
    if (h->priv == RV_M && !(h->mstatus & MS_MIE)) {
        m = 0;
    }
    if (h->priv == RV_M || (h->priv == RV_S && !(h->mstatus & MS_SIE))) {
        s = 0;
    }
    p = m ? m : s;
    for (unsigned k = 0; p && k < sizeof order; k++) {
        if (p >> order[k] & 1) {
            return order[k];
        }
    }
    return -1;
}

void rv_machine_interrupt(TcgEnv *env)
{
    RvHart *h = (RvHart *)env;
    int irq = rv_interrupt_now(h);

    if (irq >= 0) {
        rv_trap(h, RV_INTERRUPT | (uint64_t)irq, 0);
    }
}

int rv_machine_leave(TcgEnv *env, int reason)
{
    RvHart *h = (RvHart *)env;

    switch (reason) {
    case TCG_EXIT_SYSCALL:
        if (h->firmware && h->priv == RV_S) {
            return reason;
        }
        env->pc -= 4;
        rv_trap(h, RV_X_ECALL_U + (uint64_t)h->priv, 0);
        return TCG_EXIT_NEXT;
    case RV_EXIT_EBREAK:
        rv_trap(h, RV_X_BREAK, env->pc);
        return TCG_EXIT_NEXT;
    case TCG_EXIT_HALT:
        if (!rv_has_work(h)) {
            h->polls = 0;
        } else if (++h->polls < RV_POLLS) {
            return TCG_EXIT_NEXT;
        }
        return reason;
    default:
        rv_trap(h, RV_X_ILLEGAL, insn_bits(h));
        return TCG_EXIT_NEXT;
    }
}

void rv_irq_set(RvHart *h, RvIrq irq, bool level)
{
    uint64_t bit = (uint64_t)1 << irq;

    if (level) {
        if (!(__atomic_fetch_or(&h->irq, bit, __ATOMIC_SEQ_CST) & bit)) {
            tcg_machine_wake(&h->cpu.env);
        }
    } else {
        __atomic_fetch_and(&h->irq, ~bit, __ATOMIC_SEQ_CST);
    }
}

void rv_timer_update(RvHart *h)
{
    uint64_t when = __atomic_load_n(&h->stimecmp, __ATOMIC_SEQ_CST);

    rv_irq_set(h, RV_IRQ_STI, (h->menvcfg & ENV_STCE) && tcg_machine->time(tcg_machine->opaque) >= when);
}
