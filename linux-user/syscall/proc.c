/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes and threads: clone, exec, exit, prctl. [man 2 clone] [man 2 prctl] */
#include "exec.h"
#include "fds.h"
#include "guestmem.h"
#include "syscall.h"
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
#define CLONE3_CGROUP 0x200000000ull    /* CLONE_INTO_CGROUP */

int64_t lu_sys_clone3(LuThread *t, const uint64_t *a)
{
    uint64_t w[11] = {
        0
    }; /* flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid n cgroup */

    if (a[1] < CLONE3_MIN) {
        return -EINVAL;
    }
    if (a[1] > 4096) {
        return -E2BIG;
    }
    if (!lu_copy_from_guest(w, a[0], a[1] < sizeof w ? a[1] : sizeof w)) {
        return -EFAULT;
    }
    if (w[9] || (w[0] & (CLONE3_CGROUP | 0xff)) || w[4] > 64 || (w[5] == 0) != (w[6] == 0)) {
        /* Chosen thread ids and cgroups are what callers fall back from. */
        bool asked = w[9] || (w[0] & CLONE3_CGROUP);
        if (asked) {
            log_unimp("clone3: flags %#llx, %llu ids\n", (unsigned long long)w[0],
                      (unsigned long long)w[9]);
        }
        return asked ? -ENOSYS : -EINVAL;
    }
    LuClone c = {
        .flags = w[0], .exit_signal = w[4], .stack = w[5] + w[6], .tls = w[7],
        .parent_tid = w[3], .child_tid = w[2], .pidfd = w[1],
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
    case PR_GET_SECCOMP:
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
        return lu_pass(t, SYS_prctl, a);
    }
    if ((int)a[0] == PR_GET_TID_ADDRESS) {
        return lu_put64(a[1], t->clear_tid) ? 0 : -EFAULT;
    }
    if (lu_target->abi->prctl(t, a, &r)) {
        return r;
    }
    log_unimp("prctl(%d) is not implemented\n", (int)a[0]);
    return -EINVAL;
}

/* Filters would see the host's numbers and our own calls: refused, as by a kernel without them. */
int64_t lu_sys_seccomp(LuThread *t, const uint64_t *a)
{
    log_unimp("seccomp(%d) is not implemented\n", (int)a[0]);
    return a[0] == SECCOMP_GET_ACTION_AVAIL ? -EOPNOTSUPP : -EINVAL;
}
