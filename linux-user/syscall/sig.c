/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal system calls. [man 2 sigaction] [man 2 sigaltstack] */
#include "guestmem.h"
#include "syscall.h"
#include "target.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

/* The kernel's struct sigaction: handler, flags, restorer (some architectures), mask. */
static bool get_action(LuAction *a, uint64_t from)
{
    uint64_t w[4];
    unsigned n = lu_target->abi->action_restorer ? 4 : 3;

    if (!lu_copy_from_guest(w, from, n * 8)) {
        return false;
    }
    *a = (LuAction){ w[0], w[1], n == 4 ? w[2] : 0, w[n - 1] };
    return true;
}

static bool put_action(uint64_t to, const LuAction *a)
{
    if (lu_target->abi->action_restorer) {
        const uint64_t w[4] = { a->handler, a->flags, a->restorer, a->mask };
        return lu_copy_to_guest(to, w, sizeof w);
    }
    const uint64_t w[3] = { a->handler, a->flags, a->mask };
    return lu_copy_to_guest(to, w, sizeof w);
}

int64_t lu_sys_rt_sigaction(LuThread *t, const uint64_t *a)
{
    LuAction act, old;

    if (a[3] != 8) {
        return -EINVAL;
    }
    if (a[1] && !get_action(&act, a[1])) {
        return -EFAULT;
    }
    int64_t r = lu_signal_action(t, (int)a[0], a[1] ? &act : NULL, &old);
    if (r == 0 && a[2] && !put_action(a[2], &old)) {
        return -EFAULT;
    }
    return r;
}

int64_t lu_sys_rt_sigprocmask(LuThread *t, const uint64_t *a)
{
    uint64_t old = t->mask, set, now = old;

    if (a[3] != 8) {
        return -EINVAL;
    }
    if (a[1]) {
        if (!lu_copy_from_guest(&set, a[1], 8)) {
            return -EFAULT;
        }
        switch ((int)a[0]) {
        case SIG_BLOCK: now = old | set; break;
        case SIG_UNBLOCK: now = old & ~set; break;
        case SIG_SETMASK: now = set; break;
        default: return -EINVAL;
        }
        now &= ~(lu_sigbit(SIGKILL) | lu_sigbit(SIGSTOP));
        if (now != old) {
            uint64_t host = lu_signal_host_mask(now);
            int64_t r = lu_pass_args(t, SYS_rt_sigprocmask, SIG_SETMASK, (uint64_t)&host, 0, 8, 0,
                                     0);
            if (r) {
                return r;
            }
            t->mask = now;
            lu_signal_unhold(t);
        }
    }
    return a[2] && !lu_put64(a[2], old) ? -EFAULT : 0;
}

int64_t lu_sys_rt_sigpending(LuThread *t, const uint64_t *a)
{
    uint64_t set = 0;

    if (a[1] > 8) {
        return -EINVAL;
    }
    int64_t r = lu_pass_args(t, SYS_rt_sigpending, (uint64_t)&set, 8, 0, 0, 0, 0);
    if (r) {
        return r;
    }
    set |= t->has_held[0] ? lu_sigbit(SIGSEGV) : 0;
    set |= t->has_held[1] ? lu_sigbit(SIGBUS) : 0;
    return lu_copy_to_guest(a[0], &set, a[1]) ? 0 : -EFAULT;
}

#define MIN_ALT 2048
#define AUTODISARM (1u << 31)

int64_t lu_sys_sigaltstack(LuThread *t, const uint64_t *a)
{
    uint64_t in[3], out[3];

    lu_signal_alt_save(t, out);
    if (a[0]) {
        if (!lu_copy_from_guest(in, a[0], sizeof in)) {
            return -EFAULT;
        }
        unsigned flags = (unsigned)in[1], mode = flags & ~AUTODISARM;
        if (lu_signal_on_alt(t, *lu_sp(t))) {
            return -EPERM;
        }
        if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK) {
            return -EINVAL;
        }
        if (mode == SS_DISABLE) {
            t->alt_sp = t->alt_size = 0;
            t->alt_flags = 0;
        } else {
            if (in[2] < MIN_ALT) {
                return -ENOMEM;
            }
            t->alt_sp = in[0];
            t->alt_size = in[2];
            t->alt_flags = flags & AUTODISARM;
        }
    }
    out[1] &= 0xffffffff;
    return a[1] && !lu_copy_to_guest(a[1], out, sizeof out) ? -EFAULT : 0;
}

int64_t lu_sys_rt_sigreturn(LuThread *t, const uint64_t *a)
{
    uint64_t mask;

    if (!lu_target->abi->frame_pop(t, &mask)) {
        lu_signal_force(t, SIGSEGV, SI_KERNEL, 0);
        return -LU_ENORESULT;
    }
    mask &= ~(lu_sigbit(SIGKILL) | lu_sigbit(SIGSTOP));
    t->grown |= mask & ~t->mask;
    t->mask = mask;
    uint64_t host = lu_signal_host_mask(t->mask);
    const uint64_t args[6] = { SIG_SETMASK, (uint64_t)&host, 0, 8, 0, 0 };
    /* If a signal is waiting, its delivery sets the mask. */
    if (lu_host_syscall(&t->pending, SYS_rt_sigprocmask, args) == 0) {
        t->grown = 0;
    }
    lu_signal_unhold(t);
    return -LU_ENORESULT;
}
