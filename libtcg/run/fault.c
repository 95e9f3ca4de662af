/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of guest accesses: from C code here, from generated code in the host's part. */
#include "run/host.h"
#include "run/thread.h"

#include <signal.h>
#include <ucontext.h>

/* Host code that a handler returns into, on the stack of the interrupted C code. */
static void __attribute__((noreturn)) leave_from_fault(TcgThread *t)
{
    __builtin_longjmp(t->leave, 1);
}

/* The host's address of a fault with what the guest's had in its ignored byte. */
static uint64_t with_tag(const TcgThread *t, uint64_t addr)
{
    return tcg_state.guest->top_byte_ignored ? addr | (t->access_addr & (uint64_t)255 << 56) : addr;
}

bool tcg_signal_fault(TcgEnv *env, void *info, void *uc)
{
    TcgThread *t = tcg_thread(env);
    const siginfo_t *si = info;
    mcontext_t *mc = &((ucontext_t *)uc)->uc_mcontext;

    if (!t->in_guest_access) {
        return tcg_state.config.tier != 0 && tcg_host_fault(env, info, uc);
    }
    t->fault = (TcgFault){
        .sig = si->si_signo,
        .code = si->si_code == SI_KERNEL ? SEGV_MAPERR : si->si_code,
        .addr = si->si_code == SI_KERNEL ? t->access_addr : with_tag(t, (uint64_t)(uintptr_t)si->si_addr),
        .write = (mc->gregs[REG_ERR] & 2) != 0,
    };
    t->in_guest_access = 0;
    t->leave_reason = TCG_EXIT_FAULT;
    mc->gregs[REG_RIP] = (greg_t)(uintptr_t)leave_from_fault;
    mc->gregs[REG_RDI] = (greg_t)(uintptr_t)t;
    mc->gregs[REG_RSP] = ((mc->gregs[REG_RSP] - 256) & ~(greg_t)15) - 8;
    return true;
}
