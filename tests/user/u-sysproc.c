/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on processes, one by one: what each promises, and the errors that its manual page names. */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/membarrier.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define BAD ((void *)8)

static int tid_word;

static int child_status(pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

static void test_prctl(void)
{
    char name[32] = { 0 };
    int n = -1;

    is(prctl(PR_SET_NAME, "a-name-that-is-too-long"), 0, "PR_SET_NAME");
    is(prctl(PR_GET_NAME, name), 0, "PR_GET_NAME");
    ok(!strcmp(name, "a-name-that-is-"), "PR_GET_NAME: 15 bytes");
    fails(prctl(PR_SET_NAME, BAD), EFAULT, "PR_SET_NAME: bad address");
    is(prctl(PR_SET_PDEATHSIG, SIGUSR1), 0, "PR_SET_PDEATHSIG");
    is(prctl(PR_GET_PDEATHSIG, &n), 0, "PR_GET_PDEATHSIG");
    is(n, SIGUSR1, "PR_GET_PDEATHSIG: the signal");
    fails(prctl(PR_SET_PDEATHSIG, 99), EINVAL, "PR_SET_PDEATHSIG: no signal");
    prctl(PR_SET_PDEATHSIG, 0);
    is(prctl(PR_SET_DUMPABLE, 0), 0, "PR_SET_DUMPABLE");
    is(prctl(PR_GET_DUMPABLE), 0, "PR_GET_DUMPABLE");
    prctl(PR_SET_DUMPABLE, 1);
    fails(prctl(PR_SET_DUMPABLE, 7), EINVAL, "PR_SET_DUMPABLE: value");
    is(prctl(PR_SET_KEEPCAPS, 1), 0, "PR_SET_KEEPCAPS");
    is(prctl(PR_GET_KEEPCAPS), 1, "PR_GET_KEEPCAPS");
    prctl(PR_SET_KEEPCAPS, 0);
    is(prctl(PR_SET_CHILD_SUBREAPER, 1), 0, "PR_SET_CHILD_SUBREAPER");
    is(prctl(PR_GET_CHILD_SUBREAPER, &n), 0, "PR_GET_CHILD_SUBREAPER");
    is(n, 1, "PR_GET_CHILD_SUBREAPER: set");
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    is(prctl(PR_SET_TIMERSLACK, 12345), 0, "PR_SET_TIMERSLACK");
    is(prctl(PR_GET_TIMERSLACK), 12345, "PR_GET_TIMERSLACK");
    is(prctl(PR_GET_TIMING), 0, "PR_GET_TIMING");
    ok(prctl(PR_CAPBSET_READ, 0) >= 0, "PR_CAPBSET_READ");
    fails(prctl(PR_CAPBSET_READ, 999), EINVAL, "PR_CAPBSET_READ: no capability");
    ok(prctl(PR_GET_SECUREBITS) >= 0, "PR_GET_SECUREBITS");
    is(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0, "PR_GET_NO_NEW_PRIVS");
    fails(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL, "PR_GET_NO_NEW_PRIVS: arguments");
    fails(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL, "PR_SET_NO_NEW_PRIVS: value");
    ok(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) >= 0, "PR_GET_THP_DISABLE");
    ok(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0) >= 0, "PR_CAP_AMBIENT");
    ok(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) >= 0, "PR_MCE_KILL_GET");
    fails(prctl(12345), EINVAL, "prctl: unknown option");
    ok(prctl(PR_SET_MM, 99, 0, 0, 0) == -1 && (errno == EPERM || errno == EINVAL), "PR_SET_MM: unknown");
    int spec = prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
    ok(spec >= 0 || errno == ENODEV || errno == EINVAL, "PR_GET_SPECULATION_CTRL");
    is(prctl(PR_GET_SECCOMP), 0, "PR_GET_SECCOMP");
    int *addr = NULL;
    int r = prctl(PR_GET_TID_ADDRESS, &addr);
    ok(r == 0 || errno == EINVAL, "PR_GET_TID_ADDRESS");
    void *m = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    r = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, m, 4096, "named");
    ok(r == 0 || errno == EINVAL, "PR_SET_VMA_ANON_NAME");
    prctl(PR_SET_NAME, "u-sysproc");
}

static long clone3(struct clone_args *a, size_t n)
{
    return syscall(SYS_clone3, a, n);
}

/* One that should fail. */
static long no_clone3(void *a, size_t n)
{
    long r = syscall(SYS_clone3, a, n);

    if (r == 0) {
        _exit(0);
    }
    if (r > 0) {
        waitpid(r, NULL, __WALL);
    }
    return r;
}

static void test_clone3(void)
{
    struct clone_args a = { .exit_signal = SIGCHLD };
    char big[256] = { 0 };
    int fd = -1, tid = 0, parent_tid = 0;

    fails(no_clone3(&a, 32), EINVAL, "clone3: too small");
    fails(no_clone3(&a, 100000), E2BIG, "clone3: too big");
    fails(no_clone3(BAD, sizeof a), EFAULT, "clone3: bad address");
    memcpy(big, &a, sizeof a);
    big[200] = 1;
    fails(no_clone3((void *)big, sizeof big), E2BIG, "clone3: unknown fields that are set");
    a.flags = CLONE_SIGHAND;
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: CLONE_SIGHAND without CLONE_VM");
    a.flags = CLONE_THREAD;
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: CLONE_THREAD without CLONE_SIGHAND");
    a.flags = CLONE_NEWNS | CLONE_FS;
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: CLONE_NEWNS with CLONE_FS");
    a.flags = CLONE_DETACHED;
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: CLONE_DETACHED");
    a.flags = 0xff;
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: a signal in flags");
    a = (struct clone_args){ .exit_signal = 99 };
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: exit signal");
    a = (struct clone_args){ .exit_signal = SIGCHLD, .stack = 0x10000 };
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: a stack without size");
    a = (struct clone_args){ .exit_signal = SIGCHLD, .flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD };
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: a thread with an exit signal");
    a = (struct clone_args){ .exit_signal = SIGCHLD, .flags = 1ull << 60 };
    fails(no_clone3(&a, sizeof a), EINVAL, "clone3: unknown flag");
    a = (struct clone_args){ .exit_signal = SIGUSR2,
                             .flags = CLONE_PIDFD | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID,
                             .pidfd = (uint64_t)&fd, .child_tid = (uint64_t)&tid, .parent_tid = (uint64_t)&parent_tid };
    signal(SIGUSR2, SIG_IGN);
    fflush(stdout);
    long pid = clone3(&a, sizeof a);
    if (pid == 0) {
        _exit(tid == (int)syscall(SYS_gettid) && tid == getpid() ? 9 : 8);
    }
    ok(pid > 0 && fd >= 0, "clone3: CLONE_PIDFD");
    is(parent_tid, pid, "clone3: CLONE_PARENT_SETTID");
    struct pollfd pf = { fd, POLLIN, 0 };
    is(poll(&pf, 1, 10000), 1, "pidfd: poll");
    siginfo_t si = { 0 };
    is(waitid((idtype_t)P_PIDFD, (id_t)fd, &si, WEXITED | __WALL), 0, "waitid: P_PIDFD");
    ok(si.si_pid == pid && si.si_status == 9 && si.si_code == CLD_EXITED, "waitid: how the child ended");
    fails(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH, "pidfd_send_signal: gone");
    close(fd);
}

static void test_pidfd(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        pause();
        _exit(0);
    }
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    ok(fd >= 0, "pidfd_open");
    is(fcntl(fd, F_GETFD), FD_CLOEXEC, "pidfd_open: close on exec");
    fails(syscall(SYS_pidfd_open, pid, 0x100000), EINVAL, "pidfd_open: flags");
    fails(syscall(SYS_pidfd_open, -1, 0), EINVAL, "pidfd_open: no pid");
    fails(syscall(SYS_pidfd_open, 0x7fffffff, 0), ESRCH, "pidfd_open: no such process");
    fails(syscall(SYS_pidfd_send_signal, fd, 99, NULL, 0), EINVAL, "pidfd_send_signal: no signal");
    fails(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0), EBADF, "pidfd_send_signal: not a pidfd");
    int got = (int)syscall(SYS_pidfd_getfd, fd, 1, 0);
    ok(got >= 0 || errno == EPERM, "pidfd_getfd");
    fails(syscall(SYS_pidfd_getfd, fd, 9999, 0), EBADF, "pidfd_getfd: no such descriptor");
    fails(syscall(SYS_pidfd_getfd, fd, 1, 1), EINVAL, "pidfd_getfd: flags");
    is(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0), 0, "pidfd_send_signal");
    siginfo_t si = { 0 };
    is(waitid((idtype_t)P_PIDFD, (id_t)fd, &si, WEXITED | WNOWAIT), 0, "waitid: WNOWAIT");
    ok(si.si_code == CLD_KILLED && si.si_status == SIGTERM, "waitid: killed");
    memset(&si, 0, sizeof si);
    struct rusage ru;
    is(syscall(SYS_waitid, P_PID, pid, &si, WEXITED, &ru), 0, "waitid: with usage");
    ok(si.si_signo == SIGCHLD && si.si_uid == getuid(), "waitid: siginfo");
    close(got), close(fd);
}

static void test_wait(void)
{
    siginfo_t si;
    int status;

    signal(SIGCHLD, SIG_DFL);
    fails(waitpid(-1, &status, WNOHANG), ECHILD, "waitpid: no children");
    fails(waitid(P_ALL, 0, &si, WEXITED | WNOHANG), ECHILD, "waitid: no children");
    memset(&si, 0x5a, sizeof si);
    fails(waitid(P_ALL, 0, &si, 0), EINVAL, "waitid: no event");
    ok(si.si_signo == 0 && ((char *)&si)[sizeof si - 1] == 0x5a, "waitid: what it writes");
    fails(waitid(P_ALL, 0, (void *)8, 0), EFAULT, "waitid: where it writes");
    fails(waitid((idtype_t)77, 0, &si, WEXITED), EINVAL, "waitid: kind");
    fails(waitid(P_PID, 0, &si, WEXITED), EINVAL, "waitid: pid 0");
    fails(waitpid(-1, &status, 0x100), EINVAL, "waitpid: options");
    fails(wait4(INT32_MIN, &status, WNOHANG, NULL), ESRCH, "wait4: the smallest number");
    fflush(stdout);
    int go[2];
    char c = 0;
    is(pipe(go), 0, "a pipe");
    pid_t pid = fork();
    if (!pid) {
        raise(SIGSTOP);
        _exit(read(go[0], &c, 1) == 1 ? 5 : 6);     /* not before its going on was seen */
    }
    memset(&si, 0, sizeof si);
    is(waitid(P_PID, (id_t)pid, &si, WSTOPPED), 0, "waitid: WSTOPPED");
    ok(si.si_code == CLD_STOPPED && si.si_status == SIGSTOP, "waitid: stopped");
    memset(&si, 1, sizeof si);
    is(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG), 0, "waitid: WNOHANG");
    is(si.si_pid, 0, "waitid: WNOHANG, nothing yet");
    kill(pid, SIGCONT);
    is(waitid(P_PID, (id_t)pid, &si, WCONTINUED), 0, "waitid: WCONTINUED");
    is(si.si_code, CLD_CONTINUED, "waitid: continued");
    is(write(go[1], &c, 1), 1, "let it end");
    close(go[0]), close(go[1]);
    struct rusage ru;
    is(wait4(pid, &status, 0, &ru), pid, "wait4");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "wait4: status");
    ok(ru.ru_maxrss > 0, "wait4: usage");
    pid = fork();
    if (!pid) {
        _exit(0);
    }
    fails(wait4(pid, BAD, 0, NULL), EFAULT, "wait4: bad status address");
    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (!pid) {
        _exit(0);
    }
    fails(waitpid(pid, &status, 0), ECHILD, "waitpid: SIGCHLD is ignored");
    signal(SIGCHLD, SIG_DFL);
}

static void test_limits(void)
{
    struct rlimit r, old;
    struct rlimit64 r64;

    is(getrlimit(RLIMIT_NOFILE, &old), 0, "getrlimit");
    r = old;
    r.rlim_cur = 64;
    is(setrlimit(RLIMIT_NOFILE, &r), 0, "setrlimit");
    is(prlimit64(0, RLIMIT_NOFILE, NULL, &r64), 0, "prlimit64");
    is(r64.rlim_cur, 64, "prlimit64: what was set");
    fails(fcntl(0, F_DUPFD, 64), EINVAL, "RLIMIT_NOFILE: too high");
    int fd, n = 0, opened[70];
    while (n < 70 && (fd = dup(0)) >= 0) {
        opened[n++] = fd;
    }
    ok(n < 64 && errno == EMFILE, "RLIMIT_NOFILE: EMFILE");
    fails(dup2(0, 64), EBADF, "RLIMIT_NOFILE: dup2");
    while (n > 0) {
        close(opened[--n]);
    }
    setrlimit(RLIMIT_NOFILE, &old);
    r.rlim_cur = 10;
    r.rlim_max = 5;
    fails(setrlimit(RLIMIT_NOFILE, &r), EINVAL, "setrlimit: above the maximum");
    fails(getrlimit(99, &r), EINVAL, "getrlimit: unknown");
    fails(getrlimit(RLIMIT_CORE, BAD), EFAULT, "getrlimit: bad address");
    fails(prlimit64(0x7fffffff, RLIMIT_CORE, NULL, &r64), ESRCH, "prlimit64: no such process");
    static const int all[] = { RLIMIT_AS, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_MEMLOCK,
                               RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_NPROC, RLIMIT_RTPRIO, RLIMIT_RTTIME,
                               RLIMIT_SIGPENDING, RLIMIT_STACK };
    int good = 0;
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        good += getrlimit(all[i], &r) == 0 && r.rlim_cur <= r.rlim_max;
    }
    is(good, 13, "getrlimit: all of them");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        r.rlim_cur = r.rlim_max = 100;
        setrlimit(RLIMIT_FSIZE, &r);
        char name[64];
        snprintf(name, sizeof name, "/tmp/u-sysproc-%d", getpid());
        int f = open(name, O_RDWR | O_CREAT, 0600);
        unlink(name);
        signal(SIGXFSZ, SIG_IGN);
        int a = pwrite(f, "0123456789", 10, 95) == 5;
        int b = pwrite(f, "x", 1, 100) == -1 && errno == EFBIG;
        signal(SIGXFSZ, SIG_DFL);
        (void)!pwrite(f, "x", 1, 100);
        _exit(a && b ? 1 : 2);
    }
    int status = child_status(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ, "RLIMIT_FSIZE: SIGXFSZ");
    pid = fork();
    if (!pid) {
        r.rlim_cur = 1;
        r.rlim_max = 2;
        setrlimit(RLIMIT_CPU, &r);
        for (volatile unsigned long k = 0;; k++) {
        }
    }
    status = child_status(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU, "RLIMIT_CPU: SIGXCPU");
}

static void test_sched(void)
{
    struct sched_param p = { 0 };
    cpu_set_t set;
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t prio;
        uint64_t run, dead, period;
        uint32_t min, max;
    } at = { 0 };

    is(sched_getscheduler(0), SCHED_OTHER, "sched_getscheduler");
    is(sched_setscheduler(0, SCHED_BATCH, &p), 0, "sched_setscheduler: SCHED_BATCH");
    is(sched_getscheduler(0), SCHED_BATCH, "sched_getscheduler: SCHED_BATCH");
    sched_setscheduler(0, SCHED_OTHER, &p);
    fails(sched_setscheduler(0, 77, &p), EINVAL, "sched_setscheduler: unknown");
    p.sched_priority = 5;
    fails(sched_setscheduler(0, SCHED_OTHER, &p), EINVAL, "sched_setscheduler: priority");
    fails(sched_setscheduler(0, SCHED_OTHER, BAD), EFAULT, "sched_setscheduler: bad address");
    fails(sched_getparam(0x7fffffff, &p), ESRCH, "sched_getparam: no such process");
    fails(sched_getparam(-1, &p), EINVAL, "sched_getparam: negative");
    is(sched_get_priority_max(SCHED_FIFO), 99, "sched_get_priority_max");
    is(sched_get_priority_min(SCHED_RR), 1, "sched_get_priority_min");
    fails(sched_get_priority_max(77), EINVAL, "sched_get_priority_max: unknown");
    struct timespec ts;
    is(sched_rr_get_interval(0, &ts), 0, "sched_rr_get_interval");
    ok(syscall(SYS_sched_getaffinity, 0, sizeof set, &set) > 0, "sched_getaffinity: bytes");
    fails(syscall(SYS_sched_getaffinity, 0, 1, &set), EINVAL, "sched_getaffinity: too small");
    is(sched_getaffinity(0, sizeof set, &set), 0, "sched_getaffinity");
    is(sched_setaffinity(0, sizeof set, &set), 0, "sched_setaffinity");
    cpu_set_t none;
    CPU_ZERO(&none);
    fails(sched_setaffinity(0, sizeof none, &none), EINVAL, "sched_setaffinity: no processor");
    is(syscall(SYS_sched_getattr, 0, &at, sizeof at, 0), 0, "sched_getattr");
    is(at.policy, SCHED_OTHER, "sched_getattr: policy");
    at.nice = 3;
    is(syscall(SYS_sched_setattr, 0, &at, 0), 0, "sched_setattr");
    is(getpriority(PRIO_PROCESS, 0), 3, "getpriority");
    is(syscall(SYS_getpriority, PRIO_PROCESS, 0), 17, "getpriority: what the kernel returns");
    fails(getpriority(77, 0), EINVAL, "getpriority: which");
    fails(setpriority(PRIO_PROCESS, 0x7fffffff, 0), ESRCH, "setpriority: no such process");
    unsigned cpu = 9999, node = 9999;
    is(syscall(SYS_getcpu, &cpu, &node, NULL), 0, "getcpu");
    ok(cpu < 4096 && node < 256, "getcpu: sensible");
    fails(syscall(SYS_getcpu, BAD, NULL, NULL), EFAULT, "getcpu: bad address");
    ok(sched_getcpu() >= 0, "sched_getcpu");
    is(sched_yield(), 0, "sched_yield");
    fails(syscall(SYS_ioprio_get, 77, 0), EINVAL, "ioprio_get: which");
    ok(syscall(SYS_ioprio_get, 1, 0) >= 0, "ioprio_get");
}

static void test_ids(void)
{
    uid_t r, e, s;
    struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct d[2];

    is(getresuid(&r, &e, &s), 0, "getresuid");
    ok(r == getuid() && e == geteuid(), "getresuid: the same");
    fails(syscall(SYS_getresuid, BAD, &e, &s), EFAULT, "getresuid: bad address");
    is(setresuid(-1, -1, -1), 0, "setresuid: no change");
    is(syscall(SYS_capget, &h, d), 0, "capget");
    h.version = 0;
    fails(syscall(SYS_capget, &h, d), EINVAL, "capget: version");
    is(h.version, _LINUX_CAPABILITY_VERSION_3, "capget: tells the version");
    h.pid = -1;
    fails(syscall(SYS_capget, &h, d), EINVAL, "capget: pid");
    gid_t g[64];
    int n = getgroups(64, g);
    ok(n >= 0, "getgroups");
    is(getgroups(0, NULL), n, "getgroups: asks for the number");
    fails(getgroups(-1, g), EINVAL, "getgroups: negative");
    is(setfsuid(-1), geteuid(), "setfsuid: the old one");
    fails(getpgid(-1), ESRCH, "getpgid: negative");
    fails(getsid(0x7fffffff), ESRCH, "getsid: no such process");
    fails(setpgid(-1, 0), EINVAL, "setpgid: negative");
    fails(setpgid(0, -1), EINVAL, "setpgid: negative group");
    fails(setpgid(0x7fffffff, 0), ESRCH, "setpgid: no such process");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        int a = setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid();
        int b = setsid() == -1 && errno == EPERM;
        int c = setpgid(0, 0) == -1 && errno == EPERM;
        _exit(a + 2 * b + 4 * c);
    }
    is(WEXITSTATUS(child_status(pid)), 7, "setsid");
    fails(kill(0x7fffffff, 0), ESRCH, "kill: no such process");
    fails(kill(getpid(), 99), EINVAL, "kill: no signal");
    fails(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL, "tgkill: thread 0");
    fails(syscall(SYS_tgkill, getpid(), 0x7fffffff, 0), ESRCH, "tgkill: no such thread");
    fails(syscall(SYS_tkill, -1, 0), EINVAL, "tkill: negative");
    siginfo_t si = { .si_signo = SIGUSR1, .si_code = SI_USER };
    fails(syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR1, &si), EPERM, "rt_sigqueueinfo: forged");
    umask(077);
    is(umask(022), 077, "umask: the old one");
}

static void test_misc(void)
{
    struct utsname u;
    struct sysinfo s;
    struct tms tm;
    struct rusage ru;
    struct itimerval it = { { 0, 0 }, { 100, 0 } }, old;

    is(uname(&u), 0, "uname");
    ok(!strcmp(u.sysname, "Linux"), "uname: Linux");
    fails(syscall(SYS_uname, BAD), EFAULT, "uname: bad address");
    is(sysinfo(&s), 0, "sysinfo");
    ok(s.totalram > 0 && s.mem_unit > 0 && s.procs > 0, "sysinfo: numbers");
    ok(times(&tm) != -1, "times");
    is(getrusage(RUSAGE_SELF, &ru), 0, "getrusage");
    is(getrusage(RUSAGE_THREAD, &ru), 0, "getrusage: RUSAGE_THREAD");
    fails(getrusage(77, &ru), EINVAL, "getrusage: who");
    is(setitimer(ITIMER_VIRTUAL, &it, &old), 0, "setitimer");
    is(getitimer(ITIMER_VIRTUAL, &old), 0, "getitimer");
    ok(old.it_value.tv_sec >= 99, "getitimer: what is left");
    it.it_value.tv_sec = 0;
    setitimer(ITIMER_VIRTUAL, &it, NULL);
    fails(getitimer(7, &old), EINVAL, "getitimer: which");
    it.it_value.tv_usec = 1000000;
    fails(setitimer(ITIMER_REAL, &it, NULL), EINVAL, "setitimer: microseconds");
    is(personality(0xffffffff), 0, "personality");
    is(personality(PER_SVR4), 0, "personality: another");
    is(personality(0), PER_SVR4, "personality: the one before");
    is(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) > 0, 1, "membarrier: query");
    fails(syscall(SYS_membarrier, 0x40000000, 0, 0), EINVAL, "membarrier: command");
    is(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0), 0, "membarrier: register");
    is(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), 0, "membarrier: private");
    char from[16] = "vm-readv", to[16] = { 0 };
    struct iovec l = { to, 9 }, r = { from, 9 };
    is(process_vm_readv(getpid(), &l, 1, &r, 1, 0), 9, "process_vm_readv");
    ok(!strcmp(to, "vm-readv"), "process_vm_readv: bytes");
    fails(process_vm_readv(getpid(), &l, 1, &r, 1, 1), EINVAL, "process_vm_readv: flags");
    fails(process_vm_readv(0x7fffffff, &l, 1, &r, 1, 0), ESRCH, "process_vm_readv: no such process");
    r.iov_base = BAD;
    fails(process_vm_writev(getpid(), &l, 1, &r, 1, 0), EFAULT, "process_vm_writev: bad address");
    is(syscall(SYS_kcmp, getpid(), getpid(), 0, 1, 1) == 0 || errno == EPERM || errno == ENOSYS, 1, "kcmp");
    uint64_t random[4] = { 0 };
    is(syscall(SYS_getrandom, random, sizeof random, 0), 32, "getrandom");
    ok(random[0] && random[0] != random[1], "getrandom: bytes");
    fails(syscall(SYS_getrandom, random, 8, 0x100), EINVAL, "getrandom: flags");
    fails(syscall(SYS_getrandom, BAD, 8, 0), EFAULT, "getrandom: bad address");
    fails(syscall(SYS_unshare, 0x1), EINVAL, "unshare: flags");
    fails(syscall(SYS_setns, -1, 0), EBADF, "setns: bad descriptor");
    fails(syscall(99999), ENOSYS, "a system call that is none");
    fails(syscall(-1), ENOSYS, "system call -1");
    void *head;
    size_t len;
    is(syscall(SYS_get_robust_list, 0, &head, &len), 0, "get_robust_list");
    is(len, 24, "get_robust_list: length");
    fails(syscall(SYS_set_robust_list, head, 23), EINVAL, "set_robust_list: length");
    ok(syscall(SYS_set_tid_address, &tid_word) == syscall(SYS_gettid), "set_tid_address");
}

static void test_futex(void)
{
    uint32_t f = 5, g = 0;
    struct timespec ts = { 0, 1000000 }, bad = { 0, 2000000000 };

    fails(syscall(SYS_futex, &f, FUTEX_WAIT, 4, NULL), EAGAIN, "FUTEX_WAIT: another value");
    fails(syscall(SYS_futex, &f, FUTEX_WAIT, 5, &ts), ETIMEDOUT, "FUTEX_WAIT: timeout");
    fails(syscall(SYS_futex, &f, FUTEX_WAIT, 5, &bad), EINVAL, "FUTEX_WAIT: nanoseconds");
    fails(syscall(SYS_futex, (char *)&f + 1, FUTEX_WAIT, 5, &ts), EINVAL, "FUTEX_WAIT: not aligned");
    fails(syscall(SYS_futex, BAD, FUTEX_WAIT, 5, &ts), EFAULT, "FUTEX_WAIT: bad address");
    is(syscall(SYS_futex, &f, FUTEX_WAKE, 1), 0, "FUTEX_WAKE: nobody");
    is(syscall(SYS_futex, &f, FUTEX_REQUEUE, 1, 1, &g), 0, "FUTEX_REQUEUE: nobody");
    fails(syscall(SYS_futex, &f, FUTEX_CMP_REQUEUE, 1, 1, &g, 4), EAGAIN, "FUTEX_CMP_REQUEUE: another value");
    is(syscall(SYS_futex, &f, FUTEX_WAKE_OP, 1, 1, &g, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)), 0,
       "FUTEX_WAKE_OP");
    is(g, 3, "FUTEX_WAKE_OP: the addition");
    fails(syscall(SYS_futex, &f, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0), EINVAL, "FUTEX_WAIT_BITSET: no bits");
    fails(syscall(SYS_futex, &f, 99, 0), ENOSYS, "futex: unknown operation");
    f = 0;
    is(syscall(SYS_futex, &f, FUTEX_LOCK_PI, 0, NULL), 0, "FUTEX_LOCK_PI");
    is(f & FUTEX_TID_MASK, syscall(SYS_gettid), "FUTEX_LOCK_PI: owner");
    fails(syscall(SYS_futex, &f, FUTEX_LOCK_PI, 0, NULL), EDEADLK, "FUTEX_LOCK_PI: again");
    is(syscall(SYS_futex, &f, FUTEX_UNLOCK_PI), 0, "FUTEX_UNLOCK_PI");
    fails(syscall(SYS_futex, &f, FUTEX_UNLOCK_PI), EPERM, "FUTEX_UNLOCK_PI: not the owner");
    struct { uint64_t val, uaddr; uint32_t flags, pad; } w = { 4, (uint64_t)&f, 2, 0 };
    ok(syscall(SYS_futex_waitv, &w, 1, 0, NULL, 0) == -1 && (errno == EAGAIN || errno == ENOSYS), "futex_waitv");
}

static void test_ptrace(void)
{
    static long word = 0x1122334455667788;
    int status;
    siginfo_t si;

    fails(ptrace(PTRACE_PEEKDATA, getppid(), &word, NULL), ESRCH, "ptrace: not traced");
    fails(ptrace(PTRACE_ATTACH, 0x7fffffff, NULL, NULL), ESRCH, "PTRACE_ATTACH: no such process");
    fails(ptrace(PTRACE_ATTACH, getpid(), NULL, NULL), EPERM, "PTRACE_ATTACH: oneself");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        signal(SIGUSR1, SIG_IGN);
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGUSR1);
        raise(SIGTERM);
        _exit(word == 77 ? 5 : 6);
    }
    waitpid(pid, &status, 0);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1, "PTRACE_TRACEME: stops at an ignored signal");
    errno = 0;
    is(ptrace(PTRACE_PEEKDATA, pid, &word, NULL), word, "PTRACE_PEEKDATA");
    is(ptrace(PTRACE_POKEDATA, pid, &word, (void *)77), 0, "PTRACE_POKEDATA");
    is(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), 0, "PTRACE_GETSIGINFO");
    ok(si.si_signo == SIGUSR1 && si.si_pid == pid, "PTRACE_GETSIGINFO: which");
    is(ptrace(PTRACE_CONT, pid, NULL, (void *)SIGUSR1), 0, "PTRACE_CONT");
    waitpid(pid, &status, 0);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTERM, "the next stop");
    is(ptrace(PTRACE_CONT, pid, NULL, NULL), 0, "PTRACE_CONT: without the signal");
    waitpid(pid, &status, 0);
    is(status, 5 << 8, "it ends by itself, with the word that was written");
    pid = fork();
    if (!pid) {
        for (;;) {
            pause();
        }
    }
    is(ptrace(PTRACE_ATTACH, pid, NULL, NULL), 0, "PTRACE_ATTACH");
    waitpid(pid, &status, 0);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "PTRACE_ATTACH: stops");
    is(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACEEXIT), 0, "PTRACE_SETOPTIONS");
    is(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0, "PTRACE_DETACH");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    is(WTERMSIG(status), SIGKILL, "PTRACE_DETACH: its own again");
    pid = fork();
    if (!pid) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execl("/proc/self/exe", "u-sysproc", "exit", NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "exec of a traced process: SIGTRAP");
    ptrace(PTRACE_CONT, pid, NULL, NULL);
    waitpid(pid, &status, 0);
    is(status, 9 << 8, "exec of a traced process: goes on");
}

static void test_keys(void)
{
    char buf[64];
    int key = (int)syscall(SYS_add_key, "user", "rhea:test", "payload", 7, KEY_SPEC_PROCESS_KEYRING);

    if (key < 0) {
        ok(errno == ENOSYS || errno == EPERM || errno == EDQUOT, "keys: not allowed here");
        return;
    }
    is(syscall(SYS_keyctl, KEYCTL_READ, key, buf, sizeof buf), 7, "KEYCTL_READ");
    ok(!memcmp(buf, "payload", 7), "KEYCTL_READ: payload");
    is(syscall(SYS_keyctl, KEYCTL_UPDATE, key, "other", 5), 0, "KEYCTL_UPDATE");
    ok(syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, buf, sizeof buf) > 10, "KEYCTL_DESCRIBE");
    is(syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "user", "rhea:test", 0), key, "KEYCTL_SEARCH");
    is(syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_PROCESS_KEYRING), 0, "KEYCTL_UNLINK");
    fails(syscall(SYS_keyctl, 9999), EOPNOTSUPP, "keyctl: unknown");
    fails(syscall(SYS_add_key, "no-such-type", "x", "y", 1, KEY_SPEC_PROCESS_KEYRING), ENODEV, "add_key: type");
}

static void test_landlock(void)
{
    struct landlock_ruleset_attr at = { .handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE };
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

    if (version < 0) {
        ok(errno == ENOSYS || errno == EOPNOTSUPP, "landlock: not in this kernel");
        return;
    }
    fails(syscall(SYS_landlock_create_ruleset, &at, 0, 0), EINVAL, "landlock: size");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        int rules = (int)syscall(SYS_landlock_create_ruleset, &at, 8, 0);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int r = (int)syscall(SYS_landlock_restrict_self, rules, 0);
        int fd = open("/tmp/u-sysproc-landlock", O_WRONLY | O_CREAT, 0600);
        _exit(rules >= 0 && r == 0 && fd == -1 && errno == EACCES && open("/proc/self/status", O_RDONLY) >= 0 ? 7 : 1);
    }
    is(WEXITSTATUS(child_status(pid)), 7, "landlock: restricts");
}

static volatile int shared_word, shared_done;

/* Runs beside its parent in the same memory, so it must not use what libc keeps per thread. */
static int in_same_memory(void *arg)
{
    shared_word = (int)syscall(SYS_getpid);
    for (int i = 0; i < 1000 && !shared_done; i++) {
        struct timespec ts = { 0, 5000000 };
        syscall(SYS_nanosleep, &ts, NULL);
    }
    syscall(SYS_chdir, "/proc");
    syscall(SYS_close, *(int *)arg);
    return 11;
}

static void test_shared_memory(void)
{
    enum { SIZE = 65536 };
    char *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), cwd[256], was[256];
    int fd = dup(0), status = 0;

    getcwd(was, sizeof was);
    fflush(stdout);
    shared_word = shared_done = 0;
    pid_t pid = clone(in_same_memory, stack + SIZE, CLONE_VM | SIGCHLD, &fd);
    ok(pid > 0, "clone: CLONE_VM");
    while (pid > 0 && !shared_word && waitpid(pid, &status, WNOHANG) == 0) {
        sched_yield();
    }
    is(shared_word, pid, "CLONE_VM: a process that writes to our memory, while we run");
    shared_done = 1;
    is(waitpid(pid, &status, 0), pid, "CLONE_VM: a child");
    is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 11, "CLONE_VM: its exit status");
    ok(getcwd(cwd, sizeof cwd) && !strcmp(cwd, was), "CLONE_VM: a directory of its own");
    is(fcntl(fd, F_GETFD), 0, "CLONE_VM: descriptors of its own");
    pid = clone(in_same_memory, stack + SIZE, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD, &fd);
    is(waitpid(pid, &status, 0), pid, "CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND: a child");
    is(status, 11 << 8, "CLONE_SIGHAND: its exit status");
    ok(getcwd(cwd, sizeof cwd) && !strcmp(cwd, "/proc"), "CLONE_FS: the directory is shared");
    fails(fcntl(fd, F_GETFD), EBADF, "CLONE_FILES: the descriptors are shared");
    (void)!chdir(was);
    pid = clone(in_same_memory, stack + SIZE, CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD, &fd);
    ok(pid > 0, "clone: CLONE_PARENT");
    fails(waitpid(pid, &status, 0), ECHILD, "CLONE_PARENT: not our child");
    munmap(stack, SIZE);
}

static volatile int thread_ran;

static int thread_apart(void *arg)
{
    syscall(SYS_chdir, "/proc");
    syscall(SYS_close, *(int *)arg);
    thread_ran = (int)syscall(SYS_gettid);
    syscall(SYS_exit, 0);
    return 0;
}

static void test_thread_apart(void)
{
    enum { SIZE = 65536 };
    char *stack = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), cwd[256], was[256];
    int fd = dup(0);

    getcwd(was, sizeof was);
    int tid = clone(thread_apart, stack + SIZE, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, &fd);
    ok(tid > 0, "clone: a thread that shares nothing but memory");
    for (int i = 0; i < 2000 && !thread_ran && tid > 0; i++) {
        usleep(5000);
    }
    is(thread_ran, tid, "that thread ran");
    ok(getcwd(cwd, sizeof cwd) && !strcmp(cwd, was), "without CLONE_FS: a directory of its own");
    is(fcntl(fd, F_GETFD), 0, "without CLONE_FILES: descriptors of its own");
    close(fd);
}

static void test_chosen_id(void)
{
    int want = getpid() + (getpid() > 2000 ? -1000 : 1000), fd = -1;     /* below pid_max in any case */
    uint64_t id = (uint32_t)want;
    struct clone_args a = { .exit_signal = SIGCHLD, .set_tid = (uint64_t)&id, .set_tid_size = 1 };

    fails(no_clone3(&(struct clone_args){ .exit_signal = SIGCHLD, .set_tid_size = 1 }, sizeof a), EINVAL,
          "clone3: set_tid_size without set_tid");
    long pid = clone3(&a, sizeof a);
    if (pid == 0) {
        _exit(getpid() == want ? 3 : 4);
    }
    ok(pid == want || errno == EPERM || errno == EEXIST, "clone3: set_tid");
    is(pid > 0 ? child_status((pid_t)pid) : 3 << 8, 3 << 8, "clone3: the chosen id");
    a = (struct clone_args){ .exit_signal = SIGCHLD, .flags = 0x200000000ull, .cgroup = 0x7777 };
    fails(no_clone3(&a, sizeof a), EBADF, "clone3: CLONE_INTO_CGROUP, bad descriptor");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return 9;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    test_prctl();
    test_clone3();
    test_shared_memory();
    test_thread_apart();
    test_chosen_id();
    test_pidfd();
    test_wait();
    test_limits();
    test_sched();
    test_ids();
    test_misc();
    test_futex();
    test_ptrace();
    test_keys();
    test_landlock();
    return tap_done();
}
