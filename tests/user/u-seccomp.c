/* SPDX-License-Identifier: BSD-2-Clause */
/* Secure computing: filters see the calls of this program, in the numbers of its architecture. */
#define _GNU_SOURCE
#include "tap.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
#elif defined __riscv
#define ARCH AUDIT_ARCH_RISCV64
#else
#define ARCH AUDIT_ARCH_X86_64
#endif

#define BAD ((void *)8)
#define LOAD(what) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, what))
#define RETURN(x) BPF_STMT(BPF_RET | BPF_K, x)
#define IF_NOT(x, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, x, 0, n)
#define INSTALL(f, flags) install(f, sizeof f / sizeof *f, flags)

static long install(struct sock_filter *f, unsigned n, unsigned flags)
{
    struct sock_fprog p = { (unsigned short)n, f };

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

/* Answers `action` to one system call and allows all others. */
static long one_call(long nr, uint32_t action, unsigned flags)
{
    struct sock_filter f[] = {
        LOAD(arch), IF_NOT(ARCH, 3),
        LOAD(nr), IF_NOT((uint32_t)nr, 1), RETURN(action), RETURN(SECCOMP_RET_ALLOW),
    };
    return INSTALL(f, flags);
}

/* Status of a child that runs fn. */
static int in_child(int (*fn)(void))
{
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(fn());
    }
    waitpid(pid, &status, 0);
    return status;
}

static int errno_of_call(void)
{
    if (one_call(SYS_getppid, SECCOMP_RET_ERRNO | 77, 0)) {
        return 1;
    }
    if (syscall(SYS_getppid) != -1 || errno != 77) {
        return 2;
    }
    return getpid() > 0 && prctl(PR_GET_SECCOMP) == 2 ? 0 : 3;
}

/* Both filters answer; the stricter one counts, whichever came first. */
static int two_filters(void)
{
    if (one_call(SYS_getppid, SECCOMP_RET_ERRNO | 5, 0) || one_call(SYS_getppid, SECCOMP_RET_ALLOW, 0) ||
        one_call(SYS_getuid, SECCOMP_RET_ERRNO | 6, 0) || one_call(SYS_getuid, SECCOMP_RET_ERRNO | 7, 0)) {
        return 1;
    }
    if (syscall(SYS_getppid) != -1 || errno != 5) {
        return 2;
    }
    return syscall(SYS_getuid) == -1 && errno == 7 ? 0 : 3;
}

/* Arithmetic, scratch memory and arguments: getpriority(which, 40 + 2) fails with what is computed. */
static int computes(void)
{
    struct sock_filter f[] = {
        LOAD(nr), IF_NOT(SYS_getpriority, 11),
        LOAD(args[1]), BPF_STMT(BPF_ST, 3),
        BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 2), BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_MEM, 3), BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),      /* 2 n - 2 */
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 2), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
        BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS), RETURN(SECCOMP_RET_ALLOW),
    };
    if (INSTALL(f, 0)) {
        return 1;
    }
    return syscall(SYS_getpriority, 0, 42) == -1 && errno == 41 ? 0 : 2;
}

static volatile int trapped;

static void on_sys(int sig, siginfo_t *si, void *uc)
{
    trapped = sig == SIGSYS && si->si_code == 1 && si->si_syscall == SYS_getppid && si->si_arch == ARCH &&
              si->si_errno == 123 && si->si_call_addr != NULL;
}

static int traps(void)
{
    struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

    sigaction(SIGSYS, &sa, NULL);
    if (one_call(SYS_getppid, SECCOMP_RET_TRAP | 123, 0)) {
        return 1;
    }
    syscall(SYS_getppid);
    return trapped ? 0 : 2;
}

static int kills(void)
{
    one_call(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0);
    syscall(SYS_getppid);
    return 0;
}

static int traces_nobody(void)
{
    one_call(SYS_getppid, SECCOMP_RET_TRACE | 1, 0);
    return syscall(SYS_getppid) == -1 && errno == ENOSYS ? 0 : 1;
}

static int strict_dies(void)
{
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)) {
        return 1;
    }
    (void)!write(-1, "x", 1);
    syscall(SYS_getppid);
    return 0;
}

static int strict_exits(void)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    syscall(SYS_exit, 6);
    return 0;
}

static int inherits(void)
{
    int status;

    one_call(SYS_getppid, SECCOMP_RET_ERRNO | 9, 0);
    pid_t pid = fork();
    if (!pid) {
        _exit(syscall(SYS_getppid) == -1 && errno == 9 ? 4 : 5);
    }
    waitpid(pid, &status, 0);
    return status == 4 << 8 ? 0 : 1;
}

static const char *self;

static int execs(void)
{
    one_call(SYS_getppid, SECCOMP_RET_ERRNO | 9, 0);
    execl(self, self, "after-exec", NULL);
    return 1;
}

static volatile int go, thread_errno;

static void *in_thread(void *unused)
{
    while (!go) {
        usleep(1000);
    }
    errno = 0;
    syscall(SYS_getppid);
    thread_errno = errno;
    return NULL;
}

static int all_threads(void)
{
    pthread_t t;

    pthread_create(&t, NULL, in_thread, NULL);
    if (one_call(SYS_getppid, SECCOMP_RET_ERRNO | 8, SECCOMP_FILTER_FLAG_TSYNC)) {
        return 1;
    }
    go = 1;
    pthread_join(t, NULL);
    return thread_errno == 8 ? 0 : 2;
}

static int not_all_threads(void)
{
    pthread_t t;

    go = 0;
    pthread_create(&t, NULL, in_thread, NULL);
    one_call(SYS_getppid, SECCOMP_RET_ERRNO | 8, 0);
    go = 1;
    pthread_join(t, NULL);
    return thread_errno == 0 ? 0 : 2;
}

/* Dispatch by the program itself. [kernel Documentation/admin-guide/syscall-user-dispatch.rst] */

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

static volatile char selector;
static volatile int dispatched_nr, dispatched_code;

static void on_dispatch(int sig, siginfo_t *info, void *uc)
{
    selector = 0;
    dispatched_nr = info->si_syscall;
    dispatched_code = info->si_code;
}

static int dispatches(void)
{
    struct sigaction sa = { .sa_sigaction = on_dispatch, .sa_flags = SA_SIGINFO };
    int fd[2], status;

    sigaction(SIGSYS, &sa, NULL);
    pipe(fd);
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector)) {
        return 1;
    }
    if (syscall(SYS_getppid) < 1) {     /* allowed */
        return 2;
    }
    selector = 1;
    syscall(SYS_close, fd[0]);
    if (selector || dispatched_nr != SYS_close || dispatched_code != 2) {
        return 3;
    }
    if (close(fd[0])) {                 /* it had not been done */
        return 4;
    }
    if (fork() == 0) {
        selector = 1;                   /* not inherited */
        _exit(syscall(SYS_getppid) > 0 ? 0 : 9);
    }
    wait(&status);
    if (status) {
        return 5;
    }
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 0, 0)) {
        return 6;
    }
    selector = 1;
    return syscall(SYS_getppid) > 0 ? 0 : 7;
}

static int dispatches_badly(void)
{
    prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector);
    selector = 7;
    syscall(SYS_getppid);
    return 0;
}

/* Calls from everywhere in user memory are let through. */
static int dispatches_nothing(void)
{
    prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 4096, (1ul << 47) - 8192, NULL);
    return syscall(SYS_getppid) > 0 ? 0 : 1;
}

static void dispatch_errors(void)
{
    fails(prctl(PR_SET_SYSCALL_USER_DISPATCH, 0, 0, 1, 0), EINVAL, "PR_SYS_DISPATCH_OFF has no arguments");
    fails(prctl(PR_SET_SYSCALL_USER_DISPATCH, 9, 0, 0, 0), EINVAL, "no such mode");
    fails(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 4096, ~0ul, 0), EINVAL, "a range that wraps");
    fails(prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, ~0ul), EFAULT, "a selector that cannot be");
}

static void test_errors(void)
{
    struct sock_filter good[] = { RETURN(SECCOMP_RET_ALLOW) }, *many = calloc(5000, sizeof *many);
    struct sock_filter no_end[] = { LOAD(nr) }, far[] = { BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0), good[0] };
    struct sock_filter odd[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), good[0] };
    struct sock_filter beyond[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), good[0] };
    struct sock_filter byte[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), good[0] };
    struct sock_filter zero[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), good[0] };
    struct sock_filter slot[] = { BPF_STMT(BPF_ST, 16), good[0] };
    struct sock_filter unset[] = { BPF_STMT(BPF_LD | BPF_MEM, 1), good[0] };
    uint32_t action = SECCOMP_RET_TRAP;

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    fails(INSTALL(no_end, 0), EINVAL, "a program that does not return");
    fails(INSTALL(far, 0), EINVAL, "a jump over the end");
    fails(INSTALL(odd, 0), EINVAL, "a load that is not aligned");
    fails(INSTALL(beyond, 0), EINVAL, "a load behind the data");
    fails(INSTALL(byte, 0), EINVAL, "a load of a byte");
    fails(INSTALL(zero, 0), EINVAL, "a division by 0");
    fails(INSTALL(slot, 0), EINVAL, "scratch memory that is not there");
    fails(INSTALL(unset, 0), EINVAL, "scratch memory never written");
    fails(install(good, 0, 0), EINVAL, "an empty program");
    fails(install(many, 4097, 0), EINVAL, "a program too long");
    fails(install(BAD, 1, 0), EFAULT, "a program that cannot be read");
    fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, BAD), EFAULT, "a header that cannot be read");
    fails(INSTALL(good, 0x100), EINVAL, "unknown flags");
    fails(syscall(SYS_seccomp, 99, 0, NULL), EINVAL, "unknown operation");
    fails(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL, "strict mode has no flags");
    is(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action), 0, "SECCOMP_GET_ACTION_AVAIL");
    action = 0x12340000;
    fails(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action), EOPNOTSUPP, "SECCOMP_GET_ACTION_AVAIL: none");
    fails(prctl(PR_SET_SECCOMP, 7), EINVAL, "PR_SET_SECCOMP: mode");
    free(many);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return syscall(SYS_getppid) == -1 && errno == 9 && prctl(PR_GET_SECCOMP) == 2 ? 3 : 4;
    }
    setvbuf(stdout, NULL, _IONBF, 0);
    self = argv[0];
    is(in_child(errno_of_call), 0, "SECCOMP_RET_ERRNO");
    is(in_child(two_filters), 0, "the stricter of two filters");
    is(in_child(computes), 0, "a filter that computes");
    is(in_child(traps), 0, "SECCOMP_RET_TRAP");
    is(in_child(kills) & 0x7f, SIGSYS, "SECCOMP_RET_KILL_PROCESS");
    is(in_child(traces_nobody), 0, "SECCOMP_RET_TRACE without a tracer");
    is(in_child(strict_dies) & 0x7f, SIGKILL, "strict mode kills");
    is(in_child(strict_exits), 6 << 8, "strict mode allows exit");
    is(in_child(inherits), 0, "a child inherits");
    is(in_child(execs), 3 << 8, "exec keeps filters");
    is(in_child(all_threads), 0, "SECCOMP_FILTER_FLAG_TSYNC");
    is(in_child(not_all_threads), 0, "without it other threads are free");
    is(in_child(dispatches), 0, "dispatch of system calls");
    is(in_child(dispatches_badly) & 0x7f, SIGSYS, "a selector without meaning kills");
    is(in_child(dispatches_nothing), 0, "a range that is let through");
    dispatch_errors();
    test_errors();
    return tap_done();
}
