/* SPDX-License-Identifier: BSD-2-Clause */
/* ptrace of one guest by another. [man 2 ptrace] */
#define _GNU_SOURCE
#include "tap.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __aarch64__
typedef struct Regs { uint64_t x[31], sp, pc, pstate; } Regs;
#define PC(r) (r).pc
#define SP(r) (r).sp
#define ARG(r, n) (r).x[n]
#define NR(r) (r).x[8]
#define ARCH 0xc00000b7u
#define TRAP asm volatile("brk #0")
#define TRAP_LENGTH 4
#elif defined __riscv
typedef struct Regs { uint64_t pc, x[31]; } Regs;
#define PC(r) (r).pc
#define SP(r) (r).x[1]
#define ARG(r, n) (r).x[9 + (n)]
#define NR(r) (r).x[16]
#define ARCH 0xc00000f3u
#define TRAP asm volatile(".option push\n.option norvc\nebreak\n.option pop")
#define TRAP_LENGTH 4
#else
#include <sys/user.h>
typedef struct user_regs_struct Regs;
#define PC(r) (r).rip
#define SP(r) (r).rsp
#define ARG(r, n) *((n) ? &(r).rsi : &(r).rdi)
#define NR(r) (r).orig_rax
#define ARCH 0xc000003eu
#define TRAP asm volatile("int3")
#define TRAP_LENGTH 0
#endif

static long pt(long request, pid_t pid, void *addr, void *data)
{
    return syscall(SYS_ptrace, request, (long)pid, addr, data);
}

static int get_regs(pid_t pid, Regs *r)
{
    struct iovec v = { r, sizeof *r };

    return pt(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &v) || v.iov_len != sizeof *r;
}

static int set_regs(pid_t pid, Regs *r)
{
    struct iovec v = { r, sizeof *r };

    return pt(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &v);
}

/* Waits for the next stop of pid: its status, or -1. */
static int next(pid_t pid)
{
    int status = -1;

    return waitpid(pid, &status, __WALL) == pid ? status : -1;
}

static int stopped_by(int sig, int event)
{
    return (event << 8 | sig) << 8 | 0x7f;
}

static void reap(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    while (waitpid(pid, &status, __WALL) == pid && !WIFEXITED(status) && !WIFSIGNALED(status)) {
    }
}

static void pause_always(void)
{
    for (;;) {
        pause();
    }
}

static pid_t traced(void (*body)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        if (pt(PTRACE_TRACEME, 0, 0, 0)) {
            _exit(99);
        }
        raise(SIGSTOP);
        body();
        _exit(0);
    }
    return pid;
}

static void body_steps(void);

/* Registers and system calls */

static volatile long shared;

static void body_calls(void)
{
    syscall(SYS_getppid);
    long r = syscall(SYS_close, -77);
    shared = r;
    _exit(errno == EBADF ? 5 : 6);
}

static void calls(void)
{
    struct ptrace_syscall_info info;
    siginfo_t si;
    Regs r;
    int status, seen_enter = 0, seen_leave = 0, n = 0, changed = 0;
    pid_t pid = traced(body_calls);

    is(next(pid), stopped_by(SIGSTOP, 0), "the first stop");
    is(pt(PTRACE_GETSIGINFO, pid, 0, &si), 0, "GETSIGINFO");
    ok(si.si_signo == SIGSTOP && si.si_pid == pid, "the signal's siginfo");
    is(get_regs(pid, &r), 0, "GETREGSET");
    ok(PC(r) && SP(r), "registers");
    is(pt(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACESYSGOOD), 0, "SETOPTIONS");
    fails(pt(PTRACE_SETOPTIONS, pid, 0, (void *)0x80000000ul), EINVAL, "unknown options");
    while (pt(PTRACE_SYSCALL, pid, 0, 0) == 0 && (status = next(pid)) == stopped_by(SIGTRAP | 0x80, 0) && n++ < 50) {
        long size = pt(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info);
        get_regs(pid, &r);
        if (size > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_close
            && (int)info.entry.args[0] == -77) {
            ok(info.arch == ARCH, "the architecture");
            ok(info.instruction_pointer == PC(r) && info.stack_pointer == SP(r), "pc and sp");
            ok(NR(r) == SYS_close && (int)ARG(r, 0) == -77, "number and argument in registers");
            seen_enter++;
            ARG(r, 0) = (uint64_t)-78;
            changed = set_regs(pid, &r) == 0;
        } else if (size > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT && seen_enter == 1 && !seen_leave) {
            seen_leave = info.exit.rval == -EBADF && info.exit.is_error;
        }
    }
    is(seen_enter, 1, "entry of close");
    is(seen_leave, 1, "its result");
    is(changed, 1, "an argument is changed");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "and it ends");
    fails(pt(PTRACE_CONT, pid, 0, 0), ESRCH, "no tracee any more");
}

static void body_skip(void)
{
    syscall(SYS_getppid);
    long r = syscall(SYS_getpid);
    _exit(r == 4711 ? 5 : 6);
}

/* The result of a system call is changed. */
static void results(void)
{
    struct ptrace_syscall_info info;
    Regs r;
    int status, in = 0;
    pid_t pid = traced(body_skip);

    next(pid);
    pt(PTRACE_SYSCALL, pid, 0, 0);
    is(next(pid), stopped_by(SIGTRAP, 0), "a system call without TRACESYSGOOD");
    pt(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info);
    is(info.op, PTRACE_SYSCALL_INFO_NONE, "cannot be told from a trap");
    pt(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACESYSGOOD);
    while (pt(PTRACE_SYSCALL, pid, 0, 0) == 0 && WIFSTOPPED(status = next(pid))) {
        pt(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            in = info.entry.nr == SYS_getpid;
        } else if (in && info.op == PTRACE_SYSCALL_INFO_EXIT) {
            get_regs(pid, &r);
#if defined __x86_64__
            r.rax = 4711;
#else
            ARG(r, 0) = 4711;
#endif
            set_regs(pid, &r);
            in = 0;
        }
    }
    is(status, 5 << 8, "a result is changed");
}

/* Floating point registers */

#if defined __aarch64__
#define FP_BYTES 528
#define FP_AT (8 * 16)
#define TRAP_WITH(out, in) \
    asm volatile("fmov d8, %1\nbrk #0\nfmov %0, d8" : "=r"(out) : "r"(in) : "v8")
#elif defined __riscv
#define FP_BYTES 264
#define FP_AT (8 * 8)
#define TRAP_WITH(out, in) \
    asm volatile("fmv.d.x fs0, %1\n.option push\n.option norvc\nebreak\n.option pop\nfmv.x.d %0, fs0" \
                 : "=r"(out) : "r"(in) : "fs0")
#else
#define FP_BYTES 512
#define FP_AT (160 + 8 * 16)
#define TRAP_WITH(out, in) \
    asm volatile("movq %1, %%xmm8\nint3\nmovq %%xmm8, %0" : "=r"(out) : "r"(in) : "xmm8")
#endif

static void body_floats(void)
{
    uint64_t out, in = 0x3ff0000000000000;

    TRAP_WITH(out, in);
    _exit(out == 0x4000000000000000 ? 5 : 6);
}

static void floats(void)
{
    uint8_t fp[FP_BYTES];
    struct iovec v = { fp, sizeof fp };
    uint64_t value;
    Regs r;
    int status;
    pid_t pid = traced(body_floats);

    next(pid);
    pt(PTRACE_CONT, pid, 0, 0);
    next(pid);
    is(pt(PTRACE_GETREGSET, pid, (void *)NT_PRFPREG, &v), 0, "floating point registers");
    is(v.iov_len, sizeof fp, "all of them");
    memcpy(&value, fp + FP_AT, 8);
    is(value, 0x3ff0000000000000, "one");
    value = 0x4000000000000000;
    memcpy(fp + FP_AT, &value, 8);
    is(pt(PTRACE_SETREGSET, pid, (void *)NT_PRFPREG, &v), 0, "is set");
    get_regs(pid, &r);
    PC(r) += TRAP_LENGTH;
    set_regs(pid, &r);
    pt(PTRACE_CONT, pid, 0, 0);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "and taken over");
}

/* Who may ask, and when */

/* What may be asked of a stopped tracee only fails with ESRCH. */
static int refused(pid_t pid)
{
    struct ptrace_syscall_info info;
    unsigned long message;
    uint64_t mask = 0;
    siginfo_t si;
    Regs r;
    int n = 0;

    n += get_regs(pid, &r) && errno == ESRCH;
    n += set_regs(pid, &r) && errno == ESRCH;
    n += pt(PTRACE_GETSIGINFO, pid, 0, &si) == -1 && errno == ESRCH;
    n += pt(PTRACE_GETEVENTMSG, pid, 0, &message) == -1 && errno == ESRCH;
    n += pt(PTRACE_GETSIGMASK, pid, (void *)8, &mask) == -1 && errno == ESRCH;
    n += pt(PTRACE_SETSIGMASK, pid, (void *)8, &mask) == -1 && errno == ESRCH;
    n += pt(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) == -1 && errno == ESRCH;
    n += pt(PTRACE_CONT, pid, 0, 0) == -1 && errno == ESRCH;
    return n;
}

static void *refused_thread(void *arg)
{
    return (void *)(long)refused(*(pid_t *)arg);
}

static void strangers(void)
{
    pthread_t t;
    void *n;
    Regs r;
    int status;
    siginfo_t si;
    pid_t pid = traced(body_steps);

    next(pid);
    pid_t child = fork();
    if (child == 0) {
        _exit(refused(pid));
    }
    waitpid(child, &status, 0);
    is(status, 8 << 8, "a tracer's child is no tracer");
    pthread_create(&t, NULL, refused_thread, &pid);
    pthread_join(t, &n);
    is((long)n, 8, "nor is another of its threads");
    is(get_regs(pid, &r), 0, "the tracer still is");
    /* The end is waited for, but not reaped. */
    kill(pid, SIGKILL);
    waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
    is(refused(pid), 8, "a dead tracee");
    status = next(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "is reaped");
}

/* Single steps */

__attribute__((noinline)) static void body_steps(void)
{
    volatile long n = 0;

    TRAP;
    for (long i = 0; i < 10; i++) {
        n += i;
    }
    TRAP;
    _exit(n == 45 ? 5 : 6);
}

static void steps(void)
{
    siginfo_t si;
    Regs r, before;
    int status, n = 0, moved = 1;
    pid_t pid = traced(body_steps);

    next(pid);
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGTRAP, 0), "a breakpoint instruction");
    pt(PTRACE_GETSIGINFO, pid, 0, &si);
    ok(si.si_signo == SIGTRAP && si.si_code > 0, "its siginfo");
    get_regs(pid, &r);
#if TRAP_LENGTH
    ok(si.si_addr == (void *)PC(r), "its address");
#else
    ok(1, "its address");
#endif
    PC(r) += TRAP_LENGTH;
    is(set_regs(pid, &r), 0, "the program counter is moved on");
    for (; n < 500; n++) {
        before = r;
        if (pt(PTRACE_SINGLESTEP, pid, 0, 0) || (status = next(pid)) != stopped_by(SIGTRAP, 0)) {
            break;
        }
        pt(PTRACE_GETSIGINFO, pid, 0, &si);
        get_regs(pid, &r);
        if (si.si_code != TRAP_TRACE) {
            break;
        }
        moved &= PC(r) != PC(before);
    }
    ok(n > 20 && n < 500, "instruction by instruction");
    ok(moved, "each moves the program counter");
    PC(r) += TRAP_LENGTH;
    set_regs(pid, &r);
    pt(PTRACE_CONT, pid, 0, 0);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "the sum is right");
}

/* Memory and code */

static long word = 1234;

__attribute__((noinline, aligned(64))) static long victim(void)
{
    asm volatile("nop");
    return 11;
}

static void body_memory(void)
{
    long sum = 0;

    for (int i = 0; i < 100; i++) {
        sum += ((long (*volatile)(void))victim)();
    }
    raise(SIGUSR1);
    ((long (*volatile)(void))victim)();
    _exit(word == 4321 ? 5 : 6);
}

static void memory(void)
{
    char path[60];
    long data = 0, old, want = 4321;
    Regs r;
    int status;
    pid_t pid = traced(body_memory);

    next(pid);
    is(pt(PTRACE_PEEKDATA, pid, &word, &data), 0, "PEEKDATA");
    is(data, 1234, "a word");
    is(pt(PTRACE_POKEDATA, pid, &word, (void *)want), 0, "POKEDATA");
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGUSR1, 0), "the code has run");
    /* A breakpoint where code has been translated, as debuggers set it. */
    sprintf(path, "/proc/%d/task/%d/mem", pid, pid);
    int fd = open(path, O_RDWR);
    ok(fd >= 0, "/proc/<pid>/mem");
#if defined __aarch64__
    unsigned insn = 0xd4200000;
#elif defined __riscv
    unsigned insn = 0x00100073;
#else
    unsigned char insn = 0xcc;
#endif
    old = 0;
    is(pread(fd, &old, sizeof insn, (long)victim), sizeof insn, "code is read");
    is(pwrite(fd, &insn, sizeof insn, (long)victim), sizeof insn, "code is written");
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGTRAP, 0), "the breakpoint is met");
    get_regs(pid, &r);
    is(PC(r) - (TRAP_LENGTH ? 0 : 1), (long)victim, "there");
    pwrite(fd, &old, sizeof insn, (long)victim);
    PC(r) = (long)victim;
    set_regs(pid, &r);
    close(fd);
    pt(PTRACE_CONT, pid, 0, 0);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "and taken away again");
}

/* Signals */

static volatile int handled;

static void on_usr(int sig)
{
    handled = handled * 10 + sig;
}

static void body_signals(void)
{
    signal(SIGUSR1, on_usr);
    signal(SIGUSR2, on_usr);
    raise(SIGUSR1);             /* suppressed */
    raise(SIGUSR1);             /* replaced */
    raise(SIGUSR2);             /* delivered */
    _exit(handled == SIGUSR2 * 10 + SIGUSR2 ? 5 : 6);
}

static void body_death(void)
{
    raise(SIGTERM);
    _exit(1);
}

static void body_fault(void)
{
    *(volatile int *)8 = 0;
}

/* Unmaps everything, the code that does it and what rseq(2) knows of included. */
static void body_gone(void)
{
    const unsigned long end = (1ul << 47) - 4096;
#if defined __aarch64__
    register unsigned long x0 asm("x0") = 0, x1 asm("x1") = end, x8 asm("x8") = SYS_munmap;
    asm volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
#elif defined __riscv
    register unsigned long a0 asm("a0") = 0, a1 asm("a1") = end, a7 asm("a7") = SYS_munmap;
    asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
#else
    asm volatile("syscall" : : "a"(SYS_munmap), "D"(0ul), "S"(end) : "rcx", "r11", "memory");
#endif
}

static void signals(void)
{
    siginfo_t si;
    Regs r;
    int status;
    pid_t pid = traced(body_signals);

    next(pid);
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGUSR1, 0), "a signal stops");
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGUSR1, 0), "and can be suppressed");
    pt(PTRACE_CONT, pid, 0, (void *)SIGUSR2);
    is(next(pid), stopped_by(SIGUSR2, 0), "or replaced");
    pt(PTRACE_CONT, pid, 0, (void *)SIGUSR2);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "what its handlers saw");

    pid = traced(body_death);
    next(pid);
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGTERM, 0), "before it kills");
    pt(PTRACE_CONT, pid, 0, (void *)SIGTERM);
    status = next(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "it kills");

    pid = traced(body_fault);
    next(pid);
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGSEGV, 0), "a fault stops");
    pt(PTRACE_GETSIGINFO, pid, 0, &si);
    ok(si.si_code == SEGV_MAPERR && si.si_addr == (void *)8, "its siginfo");
    pt(PTRACE_CONT, pid, 0, (void *)SIGSEGV);
    status = next(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "and kills");

    pid = traced(body_gone);
    next(pid);
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGSEGV, 0), "a program without memory stops");
    pt(PTRACE_GETSIGINFO, pid, 0, &si);
    is(get_regs(pid, &r), 0, "it has registers");
    ok(si.si_code == SEGV_MAPERR && (uintptr_t)si.si_addr == PC(r), "the address is that of its next instruction");
    errno = 0;
    ok(pt(PTRACE_PEEKDATA, pid, (void *)PC(r), &si) == -1 && errno == EIO, "which is not there");
    pt(PTRACE_CONT, pid, 0, (void *)SIGSEGV);
    status = next(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "it dies");
}

/* Attaching */

static void attaching(void)
{
    static volatile long *count;
    Regs r, r2;
    int status;
    long a, b;
    uint64_t mask = 0;

    count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t s;
        sigemptyset(&s);
        sigaddset(&s, SIGUSR2);
        sigprocmask(SIG_BLOCK, &s, NULL);
        for (;;) {
            ++*count;
        }
    }
    while (!*count) {
        sched_yield();
    }
    is(pt(PTRACE_ATTACH, pid, 0, 0), 0, "ATTACH to a program that computes");
    is(next(pid), stopped_by(SIGSTOP, 0), "stops it");
    is(get_regs(pid, &r), 0, "its registers");
    a = *count;
    usleep(20000);
    b = *count;
    ok(a == b && a > 0, "it stands");
    is(pt(PTRACE_GETSIGMASK, pid, (void *)8, &mask), 0, "GETSIGMASK");
    is(mask, 1ul << (SIGUSR2 - 1), "its mask");
    is(pt(PTRACE_SINGLESTEP, pid, 0, 0), 0, "SINGLESTEP");
    is(next(pid), stopped_by(SIGTRAP, 0), "one");
    get_regs(pid, &r2);
    ok(PC(r) != PC(r2) && SP(r) == SP(r2), "instruction");
    is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH");
    a = *count;
    while (*count == a) {
        sched_yield();
    }
    ok(1, "it goes on");
    is(pt(PTRACE_SEIZE, pid, 0, 0), 0, "SEIZE");
    ok(get_regs(pid, &r) && errno == ESRCH, "it is not stopped");
    is(pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "INTERRUPT");
    is(next(pid), stopped_by(SIGTRAP, 128), "stops it");
    is(get_regs(pid, &r), 0, "its registers");
    a = *count;
    usleep(20000);
    is(*count, a, "it stands");
    is(pt(PTRACE_CONT, pid, 0, 0), 0, "CONT");
    kill(pid, SIGTERM);
    is(next(pid), stopped_by(SIGTERM, 0), "a signal");
    is(pt(PTRACE_DETACH, pid, 0, (void *)SIGTERM), 0, "DETACH with it");
    status = next(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "kills it");

    /* One that sleeps in a system call, which goes on afterwards. */
    int fd[2];
    char c = 0;
    pipe(fd);
    pid = fork();
    if (pid == 0) {
        _exit(read(fd[0], &c, 1) == 1 && c == 'x' ? 5 : 6);
    }
    usleep(50000);
    pt(PTRACE_ATTACH, pid, 0, 0);
    is(next(pid), stopped_by(SIGSTOP, 0), "ATTACH to a program that sleeps");
    is(get_regs(pid, &r), 0, "its registers");
    pt(PTRACE_CONT, pid, 0, 0);
    usleep(20000);
    write(fd[1], "x", 1);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "its call goes on");
}

/* Group stops */

static void group_stop(void)
{
    siginfo_t si;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        for (;;) {
            pause();
        }
    }
    pt(PTRACE_SEIZE, pid, 0, 0);
    kill(pid, SIGTSTP);
    is(next(pid), stopped_by(SIGTSTP, 0), "SIGTSTP is delivered");
    pt(PTRACE_CONT, pid, 0, (void *)SIGTSTP);
    is(next(pid), stopped_by(SIGTSTP, 128), "a group stop");
    is(pt(PTRACE_LISTEN, pid, 0, 0), 0, "LISTEN");
    kill(pid, SIGCONT);
    is(next(pid), stopped_by(SIGTRAP, 128), "it is over");
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGCONT, 0), "SIGCONT is delivered");
    pt(PTRACE_CONT, pid, 0, 0);
    reap(pid);
}

/* Events */

static void body_family(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        _exit(3);
    }
    waitpid(child, &status, 0);
    child = vfork();
    if (child == 0) {
        _exit(4);
    }
    waitpid(child, &status, 0);
    _exit(5);
}

static void events(void)
{
    unsigned long message = 0;
    int status, child_status, forks = 0, vforks = 0, dones = 0, exits = 0, starts = 0, ends = 0;
    pid_t pid = traced(body_family);

    next(pid);
    pt(PTRACE_SETOPTIONS, pid, 0, (void *)(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE
                                           | PTRACE_O_TRACEEXIT));
    pt(PTRACE_CONT, pid, 0, 0);
    for (;;) {
        pid_t who = waitpid(-1, &status, __WALL);
        if (who < 0) {
            break;
        }
        if (!WIFSTOPPED(status)) {
            if (who == pid) {
                break;
            }
            ends++;
            continue;
        }
        int event = status >> 16;
        forks += event == PTRACE_EVENT_FORK;
        vforks += event == PTRACE_EVENT_VFORK;
        dones += event == PTRACE_EVENT_VFORK_DONE;
        exits += event == PTRACE_EVENT_EXIT;
        starts += !event && WSTOPSIG(status) == SIGSTOP;
        if (event == PTRACE_EVENT_EXIT && who == pid) {
            pt(PTRACE_GETEVENTMSG, who, 0, &message);
        }
        pt(PTRACE_CONT, who, 0, !event && WSTOPSIG(status) == SIGCHLD ? (void *)SIGCHLD : 0);
    }
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "a family is traced to its end");
    is(forks, 1, "fork");
    is(vforks, 1, "vfork");
    is(dones, 1, "the end of vfork");
    is(starts, 2, "children stop first");
    is(ends, 2, "and end");
    is(exits, 3, "exits");
    is(message, 5 << 8, "the exit status");
}

/* Children of a tracee that is no child of ours: their first stops may be seen before the event of their parent. */
static void body_grandchildren(void)
{
    pthread_t t;
    int status;

    if (fork() == 0) {
        for (int i = 0; i < 10; i++) {
            if (fork() == 0) {
                _exit(3);
            }
            wait(&status);
            pthread_create(&t, NULL, refused_thread, &(pid_t){ 0 });
            pthread_join(t, NULL);
        }
        _exit(4);
    }
    wait(&status);
    _exit(status == 4 << 8 ? 5 : 6);
}

static void births(void)
{
    const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE;
    int status, news = 0, starts = 0, ends = 0;
    pid_t who, pid;

    pid = traced(body_grandchildren);
    next(pid);
    pt(PTRACE_SETOPTIONS, pid, 0, (void *)options);
    pt(PTRACE_CONT, pid, 0, 0);
    while ((who = waitpid(-1, &status, __WALL)) > 0 && (who != pid || WIFSTOPPED(status))) {
        int event = status >> 16, sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
        news += event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_CLONE;
        starts += !event && sig == SIGSTOP;
        ends += !WIFSTOPPED(status);
        if (sig) {
            pt(PTRACE_CONT, who, 0, !event && sig == SIGCHLD ? (void *)SIGCHLD : 0);
        }
        usleep(1000);
    }
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "grandchildren");
    is(news, 21, "processes and threads are made");
    is(starts, 21, "each stops first, once");
    is(ends, 21, "and ends");
}

/* Forks while other threads trace: the children may ask as well. */

static volatile int stop_tracing;

static void *trace_thread(void *arg)
{
    long bad = 0;
    int status;
    Regs r;

    while (!stop_tracing) {
        pid_t pid = traced(pause_always);
        bad += next(pid) != stopped_by(SIGSTOP, 0);
        for (int i = 0; i < 20; i++) {
            bad += get_regs(pid, &r) != 0;
        }
        kill(pid, SIGKILL);
        while (get_regs(pid, &r) == 0) {
        }
        bad += errno != ESRCH;
        bad += next(pid) != SIGKILL;
    }
    return (void *)bad;
}

static void forks(void)
{
    pthread_t t[2];
    int status, good = 0;
    long bad = 0;
    void *result;

    for (int i = 0; i < 2; i++) {
        pthread_create(&t[i], NULL, trace_thread, NULL);
    }
    for (int i = 0; i < 100; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            pid_t own = traced(pause_always);
            int fine = next(own) == stopped_by(SIGSTOP, 0) && pt(PTRACE_CONT, getppid(), 0, 0) && errno == ESRCH;
            reap(own);
            _exit(fine ? 5 : 6);
        }
        good += waitpid(pid, &status, 0) == pid && status == 5 << 8;
    }
    stop_tracing = 1;
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], &result);
        bad += (long)result;
    }
    is(good, 100, "children of a process whose threads trace");
    is(bad, 0, "the threads saw nothing else");
}

/* A program of the host, if this is a guest: it is stopped and goes on, and gets nothing that it does not know. */
static void host_program(void)
{
    char path[64], comm[16] = "";
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/sleep", "sleep", "60", NULL);
        _exit(1);
    }
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    for (int i = 0; i < 500 && strncmp(comm, "sleep", 5); i++) {
        usleep(10000);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || read(fd, comm, sizeof comm) <= 0) {
            break;
        }
        close(fd);
    }
    ok(!strncmp(comm, "sleep", 5), "a program of the host runs");
    is(pt(PTRACE_SEIZE, pid, 0, 0) | pt(PTRACE_INTERRUPT, pid, 0, 0), 0, "seized and interrupted");
    is(next(pid), stopped_by(SIGTRAP, PTRACE_EVENT_STOP), "it stops");
    is(pt(PTRACE_DETACH, pid, 0, 0), 0, "and is let go");
    is(pt(PTRACE_ATTACH, pid, 0, 0), 0, "attached");
    is(next(pid), stopped_by(SIGSTOP, 0), "it stops again");
    is(pt(PTRACE_DETACH, pid, 0, 0), 0, "and is let go again");
    usleep(50000);
    is(waitpid(pid, &status, WNOHANG), 0, "it is still there");
    reap(pid);
}

static const char *self;

static void body_exec(void)
{
    execl(self, self, "child", NULL);
    _exit(1);
}

static void execs(void)
{
    Regs r;
    unsigned long message = 0;
    int status;
    pid_t pid = traced(body_exec);

    next(pid);
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGTRAP, 0), "exec");
    is(get_regs(pid, &r), 0, "registers of the new program");
    ok(PC(r) && SP(r), "they are set");
    pt(PTRACE_CONT, pid, 0, 0);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "it runs");

    pid = traced(body_exec);
    next(pid);
    pt(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACEEXEC);
    pt(PTRACE_CONT, pid, 0, 0);
    is(next(pid), stopped_by(SIGTRAP, PTRACE_EVENT_EXEC), "exec as an event");
    pt(PTRACE_GETEVENTMSG, pid, 0, &message);
    is(message, pid, "the thread that did it");
    pt(PTRACE_CONT, pid, 0, 0);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "it runs");

    /* By a vfork child, as debuggers do. */
    pid = vfork();
    if (pid == 0) {
        pt(PTRACE_TRACEME, 0, 0, 0);
        execl(self, self, "child", NULL);
        _exit(1);
    }
    is(next(pid), stopped_by(SIGTRAP, 0), "exec of a vfork child");
    is(get_regs(pid, &r), 0, "registers of the new program");
    pt(PTRACE_CONT, pid, 0, 0);
    status = next(pid);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "it runs");
}

/* Threads */

static volatile int stop_threads;

static void *spin(void *arg)
{
    while (!stop_threads) {
        shared++;
    }
    return NULL;
}

static void body_threads(void)
{
    pthread_t t[3];

    for (int i = 0; i < 3; i++) {
        pthread_create(&t[i], NULL, spin, NULL);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(t[i], NULL);
    }
    _exit(5);
}

static void threads(void)
{
    Regs r;
    pid_t tid[8];
    int n = 0, status, clones = 0, starts = 0, good = 0;
    long one = 1;
    pid_t pid = traced(body_threads);

    next(pid);
    pt(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACECLONE);
    pt(PTRACE_CONT, pid, 0, 0);
    while (clones < 3 || starts < 3) {
        pid_t who = waitpid(-1, &status, __WALL);
        if (who < 0 || !WIFSTOPPED(status)) {
            break;
        }
        clones += status >> 16 == PTRACE_EVENT_CLONE;
        if (status == stopped_by(SIGSTOP, 0) && who != pid && n < 8) {
            starts++;
            tid[n++] = who;
        }
        pt(PTRACE_CONT, who, 0, 0);
    }
    is(clones, 3, "threads are made");
    is(starts, 3, "and stop");
    for (int i = 0; i < n; i++) {
        syscall(SYS_tgkill, pid, tid[i], SIGSTOP);
        good += next(tid[i]) == stopped_by(SIGSTOP, 0) && get_regs(tid[i], &r) == 0 && PC(r);
    }
    is(good, 3, "each is stopped by itself");
    struct iovec here = { &one, sizeof(int) }, there = { (void *)&stop_threads, sizeof(int) };
    is(syscall(SYS_process_vm_writev, pid, &here, 1, &there, 1, 0), sizeof(int), "process_vm_writev");
    for (int i = 0; i < n; i++) {
        pt(PTRACE_CONT, tid[i], 0, 0);
    }
    int ended = 0;
    for (;;) {
        pid_t who = waitpid(-1, &status, __WALL);
        if (who < 0 || who == pid) {
            break;
        }
        ended += WIFEXITED(status);
    }
    is(ended, 3, "their ends");
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 5, "and the process's");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return 7;
    }
    self = argv[0];
    signal(SIGALRM, SIG_DFL);
    alarm(100);
    calls();
    results();
    floats();
    strangers();
    steps();
    memory();
    signals();
    attaching();
    group_stop();
    events();
    births();
    forks();
    host_program();
    execs();
    threads();
    return tap_done();
}
