/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults with exact state, and contexts that a handler edits. */
#define _GNU_SOURCE
#include "tap.h"

#include <fenv.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int sig_seen, code_seen;
static volatile uintptr_t addr_seen, pc_seen;

static uintptr_t *pc_of(ucontext_t *uc)
{
#if defined(__aarch64__)
    return (uintptr_t *)&uc->uc_mcontext.pc;
#elif defined(__riscv)
    return (uintptr_t *)&uc->uc_mcontext.__gregs[0];
#else
    return (uintptr_t *)&uc->uc_mcontext.gregs[REG_RIP];
#endif
}

static void skip(int sig, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;

    sig_seen = sig;
    code_seen = si->si_code;
    addr_seen = (uintptr_t)si->si_addr;
    pc_seen = *pc_of(uc);
#if defined(__aarch64__)
    uc->uc_mcontext.regs[0] = 1234;
    *pc_of(uc) += 4;
#elif defined(__riscv)
    uc->uc_mcontext.__gregs[10] = 1234;
    *pc_of(uc) += (*(uint16_t *)pc_seen & 3) == 3 ? 4 : 2;
#endif
}

static void install(int sig)
{
    struct sigaction sa = { .sa_sigaction = skip, .sa_flags = SA_SIGINFO };
    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

#if defined(__aarch64__)
#define LOAD(p, r) \
    register uintptr_t x0 __asm__("x0") = (uintptr_t)(p); \
    __asm__ volatile("ldr x0, [x0]" : "+r"(x0) : : "memory"); \
    r = x0
#define UNDEFINED ".inst 0x00000000"
#define TRAP "brk #0"
#elif defined(__riscv)
#define LOAD(p, r) \
    register uintptr_t a0 __asm__("a0") = (uintptr_t)(p); \
    __asm__ volatile("ld a0, 0(a0)" : "+r"(a0) : : "memory"); \
    r = a0
#define UNDEFINED ".word 0x00000000"
#define TRAP "ebreak"
#endif

#ifndef SA_EXPOSE_TAGBITS
#define SA_EXPOSE_TAGBITS 0x800
#endif

#ifdef LOAD
static void edits(void)
{
    uintptr_t r;

    install(SIGSEGV);
    install(SIGILL);
    install(SIGTRAP);
    {
        LOAD(8, r);
    }
    is(r, 1234, "handler sets a register and skips the load");
    is(addr_seen, 8, "si_addr");
    ok(sig_seen == SIGSEGV && code_seen == SEGV_MAPERR, "SIGSEGV");
    __asm__ volatile(UNDEFINED : : :
#if defined(__aarch64__)
                     "x0",
#else
                     "a0",
#endif
                     "memory");
    ok(sig_seen == SIGILL && code_seen == ILL_ILLOPC, "undefined instruction");
    is(addr_seen, pc_seen, "si_addr is its address");
    __asm__ volatile(TRAP : : :
#if defined(__aarch64__)
                     "x0",
#else
                     "a0",
#endif
                     "memory");
    ok(sig_seen == SIGTRAP && code_seen == TRAP_BRKPT, "breakpoint");
    is(addr_seen, pc_seen, "si_addr is its address");
}

#if defined(__aarch64__)
/* What a handler sees of an address's tag. */
static void tags(void)
{
    struct sigaction sa = { .sa_sigaction = skip, .sa_flags = SA_SIGINFO | SA_EXPOSE_TAGBITS };
    uintptr_t r;
    int word = 77;

    {
        LOAD((uintptr_t)&word | (uintptr_t)0x5a << 56, r);
    }
    is((int)r, 77, "a tagged address");
    {
        LOAD((uintptr_t)0x5a << 56 | 8, r);
    }
    is(addr_seen, 8, "si_addr without the tag");
    {
        LOAD((uintptr_t)0x5a8 << 52 | 8, r);
    }
    is(addr_seen, (uintptr_t)0x5a8 << 52 | 8, "the upper half has none");
    sigaction(SIGSEGV, &sa, NULL);
    {
        LOAD((uintptr_t)0x5a << 56 | 8, r);
    }
    is(addr_seen, (uintptr_t)0x5a << 56 | 8, "SA_EXPOSE_TAGBITS");
    install(SIGSEGV);
}
#endif

/* All other registers survive a signal, those of the FPU too. */
static volatile sig_atomic_t ran;

static void clobber(int sig)
{
    volatile double d[32];
    for (int i = 0; i < 32; i++) {
        d[i] = i * 1.5;
    }
    double s = 0;
    for (int i = 0; i < 32; i++) {
        s += d[i] / 3;
    }
    fesetround(FE_UPWARD);
    feraiseexcept(FE_INEXACT | FE_DIVBYZERO);
    ran = s > 0;
}

static void survives(void)
{
    double a = 1.25, b = 2.5, c = 5, d = 10;
    signal(SIGUSR1, clobber);
    feclearexcept(FE_ALL_EXCEPT);
    fesetround(FE_TOWARDZERO);
    feraiseexcept(FE_INVALID);
    raise(SIGUSR1);
    is(fegetround(), FE_TOWARDZERO, "rounding mode survives a handler");
    is(fetestexcept(FE_ALL_EXCEPT), FE_INVALID, "so do the sticky flags");
    fesetround(FE_TONEAREST);
    ok(a + b + c + d == 18.75 && ran, "and the values");
}

static volatile long loops;

static void redirected(void)
{
    loops = -1;
    raise(SIGUSR2);
    _exit(0);
}

static void redirect(int sig, siginfo_t *si, void *context)
{
    *pc_of(context) = (uintptr_t)redirected;
    signal(SIGUSR2, SIG_DFL);
}

static void jumps(void)
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        struct sigaction sa = { .sa_sigaction = redirect, .sa_flags = SA_SIGINFO };
        sigaction(SIGUSR1, &sa, NULL);
        signal(SIGUSR2, SIG_IGN);
        alarm(10);
        raise(SIGUSR1);
        for (;;) {
            loops++;
        }
    }
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "handler redirects the program");
}
#endif

static int dies_of(void (*fn)(void))
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        fn();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void do_null(void)
{
    signal(SIGSEGV, SIG_DFL);
    *(volatile int *)16 = 1;
}

static void do_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)16 = 1;
}

static void do_blocked(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    install(SIGSEGV);
    *(volatile int *)16 = 1;
}

static void do_trap(void)
{
    signal(SIGILL, SIG_DFL);
    signal(SIGTRAP, SIG_DFL);
    __builtin_trap();
}

static void do_jump_nowhere(void)
{
    signal(SIGSEGV, SIG_DFL);
    ((void (*volatile)(void))0x1234560)();
}

static void do_bad_stack(void)
{
    install(SIGUSR1);
#if defined(__aarch64__)
    __asm__ volatile("mov x19, sp\n mov x0, #16\n mov sp, x0\n mov x8, #129\n mov x0, %0\n mov x1, "
                     "#10\n svc #0\n"
                     "mov sp, x19"
                     :
                     : "r"((long)getpid())
                     : "x0", "x1", "x8", "x19", "memory");
#elif defined(__riscv)
    __asm__ volatile(
        "mv s2, sp\n mv s3, %0\n li sp, 16\n li a7, 129\n mv a0, s3\n li a1, 10\n ecall\n mv sp, s2"
        :
        : "r"((long)getpid())
        : "a0", "a1", "a7", "s2", "s3", "memory");
#else
    raise(SIGSEGV);
#endif
}

static void deaths(void)
{
    is(dies_of(do_null), SIGSEGV, "null pointer");
    is(dies_of(do_ignored), SIGSEGV, "an ignored fault kills");
    is(dies_of(do_blocked), SIGSEGV, "a blocked fault kills");
    int trap = dies_of(do_trap);
    ok(trap == SIGTRAP || trap == SIGILL, "__builtin_trap");
    is(dies_of(do_jump_nowhere), SIGSEGV, "jump to nowhere");
    is(dies_of(do_bad_stack), SIGSEGV, "no stack for the frame");
}

int main(void)
{
#ifdef LOAD
    edits();
#if defined(__aarch64__)
    tags();
#endif
    survives();
    jumps();
#endif
    signal(SIGSEGV, SIG_DFL);
    deaths();
    return tap_done();
}
