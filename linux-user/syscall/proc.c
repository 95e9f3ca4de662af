/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes and threads: clone, exec, exit, prctl. [man 2 clone] [man 2 prctl] */
#include "exec.h"
#include "fds.h"
#include "guestmem.h"
#include "seccomp.h"
#include "syscall.h"
#include "tagged.h"
#include "target.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/log.h"

int64_t lu_sys_exit(LuThread *t, const uint64_t *a)
{
    return lu_thread_exit(t, (int)a[0]);
}

static void log_stats(void)
{
    TcgStats s;

    tcg_stats(&s);
    log_printf("translated: %llu blocks, %llu guest instructions, %llu IR records, %llu host bytes; "
               "%llu invalidations\n",
               (unsigned long long)s.blocks, (unsigned long long)s.guest_insns, (unsigned long long)s.ir_ops,
               (unsigned long long)s.host_bytes, (unsigned long long)s.invalidations);
}

int64_t lu_sys_exit_group(LuThread *t, const uint64_t *a)
{
    if (log_on(LOG_STATS)) {
        log_stats();
    }
    if (lu_gdb_on && !t->vfork_child) {
        lu_gdb_exited((int)a[0]);
    }
    return LU_RAW1(SYS_exit_group, (int)a[0]);
}

int64_t lu_sys_set_tid_address(LuThread *t, const uint64_t *a)
{
    t->clear_tid = a[0];
    return t->tid;
}

/* The kernel itself walks the list if the process is killed. */
int64_t lu_sys_set_robust_list(LuThread *t, const uint64_t *a)
{
    int64_t r = LU_RAW2(SYS_set_robust_list, a[0], a[1]);

    if (r == 0) {
        t->robust_head = a[0];
    }
    return r;
}

/* flags, stack, parent_tid, tls, child_tid: CONFIG_CLONE_BACKWARDS of both guests. */
int64_t lu_sys_clone(LuThread *t, const uint64_t *a)
{
    LuClone c = {
        .flags = a[0] & 0xffffff00, .exit_signal = a[0] & 0xff, .stack = a[1], .tls = a[3],
        .parent_tid = a[2], .child_tid = a[4], .pidfd = a[2],
    };
    return lu_clone(t, &c);
}

#define CLONE3_MIN 64
#define CLONE3_CLEAR_SIGHAND 0x100000000ull
#define CLONE3_CGROUP 0x200000000ull    /* CLONE_INTO_CGROUP */
#define CLONE3_NEWTIME 0x80
#define CLONE3_FLAGS (0xffffff00ull | CLONE3_NEWTIME | CLONE3_CLEAR_SIGHAND | CLONE3_CGROUP)
#define CLONE3_MAX_IDS 32

/* struct clone_args, version 2. */
typedef struct CloneArgs {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    uint64_t set_tid, set_tid_size, cgroup;
} CloneArgs;

static bool clone_args_valid(const CloneArgs *w)
{
    return !(w->flags & ~CLONE3_FLAGS) && !(w->flags & CLONE_DETACHED) && w->exit_signal <= LU_NSIG &&
           !((w->flags & (CLONE_THREAD | CLONE_PARENT)) && w->exit_signal) &&
           (w->stack == 0) == (w->stack_size == 0) && (w->set_tid == 0) == (w->set_tid_size == 0) &&
           w->set_tid_size <= CLONE3_MAX_IDS && !((w->flags & CLONE3_CGROUP) && w->cgroup > INT32_MAX);
}

int64_t lu_sys_clone3(LuThread *t, const uint64_t *a)
{
    CloneArgs w;
    int64_t r = lu_struct_from_guest(&w, sizeof w, a[0], a[1], CLONE3_MIN);

    if (r) {
        return r;
    }
    if (!clone_args_valid(&w)) {
        return -EINVAL;
    }
    if (t->tagged) {
        w.pidfd = lu_untag(w.pidfd);
        w.child_tid = lu_untag(w.child_tid);
        w.parent_tid = lu_untag(w.parent_tid);
        w.set_tid = lu_untag(w.set_tid);
    }
    LuClone c = {
        .flags = w.flags, .exit_signal = w.exit_signal, .stack = w.stack + w.stack_size, .tls = w.tls,
        .parent_tid = w.parent_tid, .child_tid = w.child_tid, .pidfd = w.pidfd,
        .new_form = w.set_tid || (w.flags & (CLONE3_CGROUP | CLONE3_NEWTIME)),
        .set_tid = w.set_tid, .set_tid_n = w.set_tid_size, .cgroup = w.cgroup,
    };
    return lu_clone(t, &c);
}

int64_t lu_sys_unshare(LuThread *t, const uint64_t *a)
{
    lu_fd_self_exe();
    lu_thread_settle();
    return lu_pass(t, SYS_unshare, a);
}

int64_t lu_sys_setns(LuThread *t, const uint64_t *a)
{
    lu_fd_self_exe();
    lu_thread_settle();
    return lu_pass(t, SYS_setns, a);
}

int64_t lu_sys_execve(LuThread *t, const uint64_t *a)
{
    return lu_exec(t, AT_FDCWD, a[0], a[1], a[2], 0);
}

int64_t lu_sys_execveat(LuThread *t, const uint64_t *a)
{
    return lu_exec(t, (int)a[0], a[1], a[2], a[3], (int)a[4]);
}

/* Options of prctl that act on the host process and mean the same there. */
static bool is_plain_option(int option)
{
    switch (option) {
    case PR_SET_PDEATHSIG: case PR_GET_PDEATHSIG: case PR_GET_DUMPABLE: case PR_SET_DUMPABLE:
    case PR_GET_KEEPCAPS: case PR_SET_KEEPCAPS: case PR_GET_TIMING: case PR_SET_TIMING:
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_GET_SECUREBITS: case PR_SET_SECUREBITS: case PR_SET_TIMERSLACK: case PR_GET_TIMERSLACK:
    case PR_MCE_KILL: case PR_MCE_KILL_GET: case PR_SET_PTRACER: case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER: case PR_SET_NO_NEW_PRIVS: case PR_GET_NO_NEW_PRIVS:
    case PR_GET_THP_DISABLE: case PR_SET_THP_DISABLE: case PR_CAP_AMBIENT: case PR_SET_IO_FLUSHER:
    case PR_GET_IO_FLUSHER: case PR_SET_VMA: case PR_SCHED_CORE: case PR_TASK_PERF_EVENTS_DISABLE:
    case PR_TASK_PERF_EVENTS_ENABLE:
        return true;
    default:
        return false;
    }
}

int64_t lu_sys_prctl(LuThread *t, const uint64_t *a)
{
    int64_t r;

    if (is_plain_option((int)a[0])) {
        return lu_pass_args(t, SYS_prctl, a[0], t->tagged ? lu_untag(a[1]) : a[1], a[2], a[3], a[4], 0);
    }
    if ((int)a[0] == PR_GET_TID_ADDRESS) {
        return lu_put64(a[1], t->clear_tid) ? 0 : -EFAULT;
    }
    if ((int)a[0] == PR_GET_SECCOMP) {
        return t->seccomp ? SECCOMP_MODE_FILTER : SECCOMP_MODE_DISABLED;
    }
    if ((int)a[0] == PR_SET_SECCOMP) {
        return a[1] == SECCOMP_MODE_STRICT ? lu_seccomp(t, SECCOMP_SET_MODE_STRICT, 0, 0)
               : a[1] == SECCOMP_MODE_FILTER ? lu_seccomp(t, SECCOMP_SET_MODE_FILTER, 0, a[2]) : -EINVAL;
    }
    if ((int)a[0] == PR_SET_SYSCALL_USER_DISPATCH) {
        return lu_dispatch_set(t, a + 1);
    }
    if (lu_target->abi->prctl(t, a, &r)) {
        return r;
    }
    log_unimp("prctl(%d) is not implemented\n", (int)a[0]);
    return -EINVAL;
}

int64_t lu_sys_seccomp(LuThread *t, const uint64_t *a)
{
    return lu_seccomp(t, (unsigned)a[0], (unsigned)a[1], a[2]);
}
