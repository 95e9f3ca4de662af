/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals. [man 7 signal]
 *
 * The kernel does the work: a guest's handler is the emulator's on_signal, a guest's blocked signal
 * is blocked on the host, what the guest ignores or leaves to its default the host ignores or does
 * itself. So queues, masks, signalfd, sigtimedwait, job control and wait statuses are the kernel's.
 *
 * 1. on_signal only queues what came, asks the thread to leave the guest's code, and blocks
 *    everything in the context it returns to. So normally one signal is queued at most, and
 *    lu_signal_deliver, called between guest instructions, builds its frame and opens the mask again.
 *    A burst becomes a stack of frames, as natively.
 * 2. A system call that sleeps is made by lu_host_syscall only: a signal that is queued before the
 *    kernel is entered makes it return without entering.
 * 3. SIGSEGV and SIGBUS stay unblocked and handled on the host, since guest accesses raise them. If
 *    they are sent while the guest blocks them they are held in the thread.
 * 4. What turns out not to be deliverable (another thread changed its disposition, or the frame
 *    before blocks it) is sent to the thread again with its siginfo.
 */
#include "signal.h"
#include "guestmem.h"
#include "host.h"
#include "map.h"
#include "syscall.h"
#include "target.h"
#include "thread.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/log.h"
#include "tcg/rseq.h"

#define SIG_KEPT (1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1))
#define HOST_SA_RESTORER 0x04000000
#define GUEST_SA_KEPT (SA_NOCLDSTOP | SA_NOCLDWAIT)

/* What the host's kernel takes. */
typedef struct HostAction {
    uint64_t handler, flags, restorer, mask;
} HostAction;

LuActions lu_actions;
uint64_t lu_sigreturn_addr;

static long host_action(int sig, const HostAction *act, HostAction *old)
{
    return LU_RAW4(SYS_rt_sigaction, sig, act, old, 8);
}

static void host_mask(uint64_t mask)
{
    LU_RAW4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

uint64_t lu_signal_host_mask(uint64_t mask)
{
    return mask & ~SIG_KEPT;
}

void lu_signal_block(void)
{
    host_mask(~SIG_KEPT);
}

void lu_signal_unblock(LuThread *t)
{
    if (!t->pending) {
        host_mask(lu_signal_host_mask(t->mask));
    }
}

/* An error of the emulator itself: says so, and ends as the signal would end us. */
static void die_inside(int sig, const siginfo_t *info, const ucontext_t *uc)
{
    char text[160];
    int n = snprintf(text, sizeof text,
                     "%s: internal error: signal %d at host pc %#llx, address %p, guest pc %#llx\n",
                     lu_target->program, sig, (unsigned long long)uc->uc_mcontext.gregs[REG_RIP],
                     info->si_addr, lu_self ? (unsigned long long)lu_self->env->pc : 0ull);
    LU_RAW3(SYS_write, 2, text, n);
    lu_signal_die(sig);
}

static void enqueue(LuThread *t, const siginfo_t *info)
{
    if (t->tail - t->head < LU_QUEUE) {
        memcpy(&t->queue[t->tail % LU_QUEUE], info, sizeof(LuSignal));
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        t->tail++;
    }
    t->pending = 1;
    if (t->env) {
        tcg_kick(t->env);
    }
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    LuThread *t = lu_self;

    if (sig == SIGBUS && info->si_code < 0 && lu_trace_nudge(t, info)) {
        if (t) {
            lu_host_syscall_fixup(uc->uc_mcontext.gregs);
        }
        return;
    }
    if (__builtin_expect(lu_gdb_on, 0) && sig == SIGBUS && info->si_code == LU_SI_STOP) {
        if (t) {
            t->gdb.nudged = true;
            t->pending = 1;
            tcg_kick(t->env);
            lu_host_syscall_fixup(uc->uc_mcontext.gregs);
        }
        return;
    }

    if ((sig == SIGSEGV || sig == SIGBUS) && info->si_code > 0) {
        if (lu_copy_fixup((uint64_t *)&uc->uc_mcontext.gregs[REG_RIP])) {
            return;
        }
        if (t && t->env && tcg_signal_fault(t->env, info, uc)) {
            return;
        }
        if (!t || !t->rseq.addr || info->si_code != SI_KERNEL) {
            die_inside(sig, info, uc);
        }
        t->rseq.broken = true;      /* the kernel could not use the guest's area or descriptor */
    }
    if (!t) {
        return;
    }
    if ((sig == SIGSEGV || sig == SIGBUS) && (t->mask & lu_sigbit(sig))) {
        unsigned i = sig == SIGBUS;
        memcpy(&t->held[i], info, sizeof(LuSignal));
        t->has_held[i] = 1;
        return;
    }
    enqueue(t, info);
    lu_host_syscall_fixup(uc->uc_mcontext.gregs);
    uint64_t all = ~SIG_KEPT;
    memcpy(&uc->uc_sigmask, &all, 8);
}

static HostAction our_action(uint64_t guest_flags)
{
    return (HostAction){
        (uint64_t)on_signal,
        SA_SIGINFO | SA_ONSTACK | SA_RESTART | HOST_SA_RESTORER | (guest_flags & GUEST_SA_KEPT),
        (uint64_t)lu_host_sigreturn, ~SIG_KEPT,
    };
}

void lu_signal_stack(LuThread *t)
{
    stack_t st = { .ss_sp = t->host_stack, .ss_size = sizeof t->host_stack };
    LU_RAW2(SYS_sigaltstack, &st, NULL);
}

void lu_signal_init(LuThread *t)
{
    static const int kept[] = { SIGSEGV, SIGBUS };
    uint64_t unblock = SIG_KEPT;

    lu_signal_stack(t);
    for (unsigned i = 0; i < 2; i++) {
        HostAction act = our_action(0), old = { 0, 0, 0, 0 };
        host_action(kept[i], &act, &old);
        t->actions->act[kept[i]].handler = old.handler;
    }
    LU_RAW4(SYS_rt_sigprocmask, SIG_UNBLOCK, &unblock, &t->mask, 8);
}

static bool default_is_ignore(int sig)
{
    return sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT;
}

static bool default_stops(int sig)
{
    return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU || sig == SIGSTOP;
}

/* Sets the host's disposition to what the guest's asks for. */
static long apply_action(int sig, const LuAction *a, HostAction *old)
{
    HostAction h;

    bool watched = lu_gdb_on && a->handler == LU_SIG_DFL && !default_is_ignore(sig) && !default_stops(sig);
    if ((a->handler == LU_SIG_DFL || a->handler == LU_SIG_IGN) && !watched) {
        if (lu_sigbit(sig) & SIG_KEPT) {
            return 0;
        }
        h = (HostAction){ a->handler, (a->flags & GUEST_SA_KEPT) | HOST_SA_RESTORER,
                          (uint64_t)lu_host_sigreturn, 0 };
    } else {
        h = our_action(a->flags);
    }
    return host_action(sig, &h, old);
}

int64_t lu_signal_action(LuThread *t, int sig, const LuAction *act, LuAction *old)
{
    if (sig < 1 || sig > LU_NSIG || (act && (sig == SIGKILL || sig == SIGSTOP))) {
        return -EINVAL;
    }
    LuAction *mine = &t->actions->act[sig];
    HostAction host = { 0, 0, 0, 0 };

    /* What was ignored when we started is known to the kernel only. */
    if (mine->handler == LU_SIG_DFL && !(lu_sigbit(sig) & SIG_KEPT) &&
        host_action(sig, NULL, &host) == 0 && host.handler == LU_SIG_IGN) {
        mine->handler = LU_SIG_IGN;
    }
    if (old) {
        *old = *mine;
    }
    if (!act) {
        return 0;
    }
    *mine = *act;
    mine->mask &= ~(lu_sigbit(SIGKILL) | lu_sigbit(SIGSTOP));
    return apply_action(sig, mine, NULL);
}

#define LIBC_SIGSETXID 33

void lu_signal_reclaim(LuThread *t)
{
    apply_action(LIBC_SIGSETXID, &t->actions->act[LIBC_SIGSETXID], NULL);
}

void lu_signal_watch_all(LuThread *t)
{
    for (int sig = 1; sig <= LU_NSIG; sig++) {
        LuAction now;
        if (sig != SIGKILL && lu_signal_action(t, sig, NULL, &now) == 0 && now.handler == LU_SIG_DFL) {
            apply_action(sig, &now, NULL);
        }
    }
}

void lu_signal_clear_handlers(LuThread *t)
{
    for (int sig = 1; sig <= LU_NSIG; sig++) {
        LuAction *a = &t->actions->act[sig];
        if (a->handler != LU_SIG_DFL && a->handler != LU_SIG_IGN) {
            *a = (LuAction){ LU_SIG_DFL, 0, 0, 0 };
            apply_action(sig, a, NULL);
        }
    }
}

void lu_signal_die(int sig)
{
    HostAction dfl = { LU_SIG_DFL, HOST_SA_RESTORER, (uint64_t)lu_host_sigreturn, 0 };
    uint64_t bit = lu_sigbit(sig);

    if (lu_gdb_on && lu_self && !lu_self->vfork_child) {
        lu_gdb_killed(sig);
    }
    if (lu_self && lu_self->trace.on) {
        lu_self->trace.pass = 1;
    }
    host_mask(~0ull);
    host_action(sig, &dfl, NULL);
    LU_RAW3(SYS_tgkill, LU_RAW1(SYS_getpid, 0), LU_RAW1(SYS_gettid, 0), sig);
    LU_RAW4(SYS_rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, 8);
    for (;;) {
        LU_RAW1(SYS_exit_group, 128 + sig);
    }
}

bool lu_signal_on_alt(const LuThread *t, uint64_t sp)
{
    return t->alt_size && sp > t->alt_sp && sp - t->alt_sp <= t->alt_size;
}

uint64_t lu_signal_sp(LuThread *t, uint64_t flags)
{
    uint64_t sp = *lu_sp(t);

    if ((flags & SA_ONSTACK) && t->alt_size && !lu_signal_on_alt(t, sp)) {
        return t->alt_sp + t->alt_size;
    }
    return sp;
}

#define LU_SS_AUTODISARM (1u << 31)

void lu_signal_alt_save(const LuThread *t, uint64_t out[3])
{
    out[0] = t->alt_sp;
    out[1] = t->alt_size
                 ? (lu_signal_on_alt(t, *lu_sp((LuThread *)t)) ? SS_ONSTACK : 0) | t->alt_flags
                 : SS_DISABLE;
    out[2] = t->alt_size;
}

void lu_signal_alt_restore(LuThread *t, const uint64_t in[3])
{
    unsigned flags = (unsigned)in[1];

    if (flags & SS_DISABLE) {
        t->alt_sp = t->alt_size = 0;
        t->alt_flags = 0;
    } else if (!(flags & ~(LU_SS_AUTODISARM | SS_ONSTACK)) && !lu_signal_on_alt(t, *lu_sp(t))) {
        t->alt_sp = in[0];
        t->alt_size = in[2];
        t->alt_flags = flags & LU_SS_AUTODISARM;
    }
}

/* A signal with its default action: the host's kernel shall perform it. */
static void perform_default(LuThread *t, int sig, const LuSignal *s)
{
    if (default_is_ignore(sig)) {
        return;
    }
    if (default_stops(sig)) {
        t->trace.pass = t->trace.on;
        LU_RAW4(SYS_rt_tgsigqueueinfo, LU_RAW1(SYS_getpid, 0), LU_RAW1(SYS_gettid, 0), sig, s);
        return;
    }
    lu_signal_die(sig);
}

/* Builds the frame of one signal for a handler. */
static void run_handler(LuThread *t, int sig, const void *info)
{
    LuAction *slot = &t->actions->act[sig], act = *slot;
    uint64_t saved = t->use_frame_mask ? t->frame_mask : t->mask;

    t->use_frame_mask = false;
    if (__builtin_expect(t->rseq.lost != 0, 0)) {
        lu_rseq_restore(t);
    }
    tcg_rseq_signal(t->env);
    if (act.flags & SA_RESETHAND) {
        slot->handler = LU_SIG_DFL;
        apply_action(sig, slot, NULL);
    }
    uint64_t sp = lu_signal_sp(t, act.flags), before = t->mask;
    if (!lu_target->abi->frame_push(t, sp, sig, info, &act, saved)) {
        lu_signal_die(SIGSEGV);
    }
    if (t->alt_flags & LU_SS_AUTODISARM) {
        t->alt_sp = t->alt_size = 0;
        t->alt_flags = 0;
    }
    t->mask |= act.mask;
    if (!(act.flags & SA_NODEFER)) {
        t->mask |= lu_sigbit(sig);
    }
    t->grown |= t->mask & ~before;
}

/* A system call was interrupted: pc is behind it, the first argument still there. */
static void settle_call(LuThread *t, bool handler, uint64_t flags)
{
    int how = t->restart;

    if (!how) {
        return;
    }
    t->restart = 0;
    if (how == LU_ERESTARTSYS && handler && !(flags & SA_RESTART)) {
        lu_args(t)[0] = (uint64_t)-EINTR;
    } else {
        t->env->pc -= lu_target->abi->syscall_len;
    }
}

/* Does with a signal what its disposition says. */
static void dispose(LuThread *t, int sig, LuSignal *s)
{
    const LuAction *a = &t->actions->act[sig];
    if (lu_strace_on || log_on(LOG_INT)) {
        lu_strace_signal(t, s);
    }
    if (t->mask & t->grown & lu_sigbit(sig)) {
        /* A frame built after it came blocks it. */
        LU_RAW4(SYS_rt_tgsigqueueinfo, LU_RAW1(SYS_getpid, 0), LU_RAW1(SYS_gettid, 0), sig, s);
    } else if (a->handler == LU_SIG_DFL) {
        perform_default(t, sig, s);
    } else if (a->handler != LU_SIG_IGN) {
        settle_call(t, true, a->flags);
        run_handler(t, sig, s);
    }
}

static void deliver_one(LuThread *t, LuSignal *s)
{
    int sig;

    if (t->rseq.broken) {
        lu_signal_die(SIGSEGV);
    }

    memcpy(&sig, s, sizeof sig);
    if (__builtin_expect(lu_gdb_on, 0) && !(t->mask & t->grown & lu_sigbit(sig))) {
        sig = lu_gdb_signal(t, s);
        if (!sig) {
            return;
        }
        memcpy(s, &sig, sizeof sig);
    }
    if (__builtin_expect(t->trace.on, 0) && !(t->mask & t->grown & lu_sigbit(sig))) {
        sig = lu_trace_signal(t, s);
        if (!sig) {
            return;
        }
    }
    dispose(t, sig, s);
}

void lu_signal_deliver(LuThread *t)
{
    /* The queue can only grow while SIGSEGV or SIGBUS are sent: everything else is blocked here. */
    while (t->head != t->tail) {
        LuSignal s = t->queue[t->head % LU_QUEUE];
        t->head++;
        deliver_one(t, &s);
    }
    settle_call(t, false, 0);
    if (t->use_frame_mask) {
        t->use_frame_mask = false;
        t->mask = t->frame_mask;
    }
    t->grown = 0;
    t->pending = 0;
    if (t->head != t->tail) {
        t->pending = 1;
        return;
    }
    host_mask(lu_signal_host_mask(t->mask));
}

void lu_signal_force(LuThread *t, int sig, int code, uint64_t addr)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = sig;
    info.si_code = code;
    info.si_addr = (void *)addr;
    lu_signal_force_info(t, &info);
}

void lu_signal_inject(LuThread *t, const void *siginfo)
{
    int sig = ((const siginfo_t *)siginfo)->si_signo;
    LuSignal s;

    memcpy(&s, siginfo, sizeof s);
    if (t->mask & lu_sigbit(sig)) {
        LU_RAW4(SYS_rt_tgsigqueueinfo, LU_RAW1(SYS_getpid, 0), LU_RAW1(SYS_gettid, 0), sig, &s);
        return;
    }
    dispose(t, sig, &s);
    lu_signal_unblock(t);
}

void lu_signal_force_info(LuThread *t, const void *given)
{
    siginfo_t copy;
    const siginfo_t *siginfo = &copy;

    memcpy(&copy, given, sizeof copy);
    int sig = copy.si_signo;

    if (__builtin_expect(lu_gdb_on, 0)) {
        sig = lu_gdb_signal(t, siginfo);
        if (!sig) {
            return;
        }
    }
    if (__builtin_expect(t->trace.on, 0)) {
        sig = lu_trace_signal(t, &copy);
        if (!sig) {
            return;
        }
    }
    const LuAction *a = &t->actions->act[sig];

    if (lu_strace_on || log_on(LOG_INT)) {
        lu_strace_signal(t, siginfo);
    }
    if ((t->mask & lu_sigbit(sig)) || a->handler == LU_SIG_DFL || a->handler == LU_SIG_IGN) {
        lu_signal_die(sig);
    }
    run_handler(t, sig, siginfo);
    if (!t->pending) {
        uint64_t mask = lu_signal_host_mask(t->mask);
        const uint64_t args[6] = { SIG_SETMASK, (uint64_t)&mask, 0, 8, 0, 0 };
        if (lu_host_syscall(&t->pending, SYS_rt_sigprocmask, args) == 0) {
            t->grown = 0;
        }
    }
}

void lu_signal_fault(LuThread *t, const TcgFault *fault)
{
    TcgFault f = *fault;

    /* The guard below the stack, whatever else is ours, and what no host address can be, is not
     * there. */
    if (f.sig == SIGSEGV &&
        (f.code == SI_KERNEL || (f.code == SEGV_ACCERR && lu_map_prot(f.addr) < 0))) {
        f.code = SEGV_MAPERR;
    }
    t->fault = f;
    lu_signal_force(t, f.sig, f.code, f.addr);
    memset(&t->fault, 0, sizeof t->fault);
}

void lu_signal_unhold(LuThread *t)
{
    static const int kept[] = { SIGSEGV, SIGBUS };

    for (unsigned i = 0; i < 2; i++) {
        if (t->has_held[i] && !(t->mask & lu_sigbit(kept[i]))) {
            t->has_held[i] = 0;
            lu_signal_block();
            enqueue(t, (const siginfo_t *)&t->held[i]);
        }
    }
}
