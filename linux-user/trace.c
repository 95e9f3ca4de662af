/* SPDX-License-Identifier: BSD-2-Clause */
/* The traced side of ptrace: trace.h. [man 2 ptrace] */
#include "trace.h"
#include "host.h"
#include "syscall.h"
#include "target.h"
#include "thread.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "tcg/rseq.h"

#define GUEST_NR_EXECVE 221     /* asm-generic */

static void fill(LuThread *t, LuTraceKind kind)
{
    LuTrace *r = &t->trace;
    const LuAbi *abi = lu_target->abi;

    r->magic = LU_TRACE_MAGIC;
    r->machine = abi->elf_machine;
    r->kind = kind;
    r->tls = abi->tls_get ? abi->tls_get(t->env) : 0;
    r->mask = t->mask;
    r->deliver = r->changed = r->mask_changed = r->flush = 0;
    abi->regs_get(t->env, &r->regs);
}

static void take_over(LuThread *t)
{
    LuTrace *r = &t->trace;

    if (r->changed) {
        lu_target->abi->regs_set(t->env, &r->regs);
        if (lu_target->abi->tls_get) {
            lu_target->abi->tls_set(t->env, r->tls);
        }
    }
    if (r->mask_changed) {
        t->mask = r->mask & ~(lu_sigbit(SIGKILL) | lu_sigbit(SIGSTOP));
    }
    if (r->flush) {
        tcg_invalidate(0, ~0ull);
    }
}

/* Stops until the tracer lets go; what it has changed is taken over. */
static void report(LuThread *t, LuTraceKind kind)
{
    siginfo_t info;

    lu_signal_block();
    fill(t, kind);
    memset(&info, 0, sizeof info);
    info.si_signo = SIGBUS;
    info.si_code = LU_SI_REPORT;
    info.si_value.sival_ptr = &t->trace;
    LU_RAW4(SYS_rt_tgsigqueueinfo, LU_RAW1(SYS_getpid, 0), LU_RAW1(SYS_gettid, 0), SIGBUS, &info);
    take_over(t);
    lu_signal_unblock(t);
}

/* A thread was nudged before it had its LuThread. */
static __thread volatile bool missed;

bool lu_trace_nudge(LuThread *t, const void *siginfo)
{
    const siginfo_t *info = siginfo;

    if (info->si_code == LU_SI_REPORT) {
        if (t) {
            t->trace.on = 0;            /* there was nobody */
            t->trace.go = LU_TRACE_CONT;
        }
        return true;
    }
    if (info->si_code != LU_SI_TRACE) {
        return false;
    }
    if (!t) {
        missed = true;
    }
    if (t && t->env) {
        t->trace.on = t->trace.nudged = 1;
        t->gdb.nudged = true;
        t->pending = 1;
        tcg_kick(t->env);
    }
    return true;
}

/* What the tracer wants delivered is delivered, without being asked about. */
static void deliver(LuThread *t)
{
    siginfo_t info;

    if (!t->trace.deliver) {
        return;
    }
    memset(&info, 0, sizeof info);
    memcpy(&info, t->trace.info, sizeof t->trace.info);
    t->trace.deliver = 0;
    if (t->trace.kind == LU_TRACE_ENTER || t->trace.kind == LU_TRACE_LEAVE || t->trace.kind == LU_TRACE_EXEC) {
        LU_RAW3(SYS_tgkill, LU_RAW1(SYS_getpid, 0), LU_RAW1(SYS_gettid, 0), info.si_signo);
    } else {
        lu_signal_inject(t, &info);
    }
}

int lu_trace_run(LuThread *t)
{
    LuTrace *r = &t->trace;

    r->stepped = 0;
    if (__atomic_exchange_n(&r->nudged, 0, __ATOMIC_RELAXED)) {
        report(t, LU_TRACE_ASKED);
        deliver(t);
        return TCG_EXIT_POLL;
    }
    if (r->go != LU_TRACE_STEPPING) {
        return tcg_run(t->env);
    }
    r->stepped = 1;
    tcg_rseq_signal(t->env);
    return tcg_step(t->env);
}

void lu_trace_stepped(LuThread *t)
{
    LuTrace *r = &t->trace;

    if (!r->stepped) {
        return;
    }
    r->stepped = 0;
    if (r->on && r->go == LU_TRACE_STEPPING && !t->stop) {
        report(t, LU_TRACE_STEP);
        deliver(t);
    }
}

uint64_t lu_trace_enter(LuThread *t, uint64_t nr)
{
    LuTrace *r = &t->trace;
    uint64_t *place = (uint64_t *)((char *)t->env + lu_target->abi->nr_off);

    r->entered = 1;
    r->nr = nr;
    memcpy(r->args, lu_args(t), sizeof r->args);
    if (r->go == LU_TRACE_SYSCALL) {
        report(t, LU_TRACE_ENTER);
        nr = *place;
        deliver(t);
    } else {
        fill(t, (LuTraceKind)r->kind);      /* for stops within the call */
    }
    return nr;
}

void lu_trace_leave(LuThread *t, int64_t result)
{
    LuTrace *r = &t->trace;
    uint64_t *a0 = lu_args(t), first = *a0;
    bool again = result <= -LU_ERESTARTSYS && result > -LU_ENORESULT;

    const bool entered = r->entered;

    r->entered = 0;
    if (r->go != LU_TRACE_SYSCALL || !entered || t->stop) {
        return;
    }
    r->result = again ? -LU_ERESTARTSYS : result == -LU_ENORESULT ? (int64_t)first : result;
    if (again) {
        *a0 = (uint64_t)r->result;
    }
    report(t, LU_TRACE_LEAVE);
    if (again && *a0 == (uint64_t)r->result) {
        *a0 = first;
    }
    deliver(t);
}

int lu_trace_signal(LuThread *t, void *siginfo)
{
    LuTrace *r = &t->trace;
    int sig;

    memcpy(r->info, siginfo, sizeof r->info);
    report(t, LU_TRACE_SIGNAL);
    if (!r->on) {                       /* the tracer is gone */
        memcpy(&sig, siginfo, sizeof sig);
        return sig;
    }
    if (!r->deliver) {
        return 0;
    }
    r->deliver = 0;
    memcpy(siginfo, r->info, sizeof r->info);
    memcpy(&sig, siginfo, sizeof sig);
    return sig;
}

void lu_trace_exec(LuThread *t)
{
    t->trace.on = t->trace.entered = 1;
    t->trace.nr = GUEST_NR_EXECVE;
    report(t, LU_TRACE_EXEC);
    deliver(t);
    lu_trace_leave(t, 0);
}

void lu_trace_child(LuThread *child, const LuThread *t, uint64_t flags, int exit_signal)
{
    const uint32_t options = t->trace.options;
    uint32_t wanted = flags & CLONE_VFORK ? PTRACE_O_TRACEVFORK
                      : exit_signal == SIGCHLD ? PTRACE_O_TRACEFORK : PTRACE_O_TRACECLONE;
    bool on = t->trace.on && ((options & wanted) || (flags & CLONE_PTRACE)) && !(flags & CLONE_UNTRACED);

    /* Somebody may have attached to the child already. */
    child->trace.starting = on;
    child->trace.options = on ? options : 0;
    child->trace.go = LU_TRACE_CONT;
    child->trace.entered = child->trace.stepped = child->trace.helper = child->trace.pass = child->trace.deliver = 0;
    child->trace.on = on;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (*(volatile uint32_t *)&child->trace.nudged) {
        child->trace.on = 1;
    }
}

void lu_trace_begin(LuThread *t)
{
    if (missed) {
        t->trace.on = t->trace.nudged = 1;
    }
    if (t->trace.starting) {
        t->trace.starting = 0;
        report(t, LU_TRACE_START);
        deliver(t);
    }
}
