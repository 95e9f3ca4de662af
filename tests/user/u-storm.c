/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals at random times, jumps out of handlers, deep stacks and returns that no prediction foresees. */
#define _GNU_SOURCE
#include "tap.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int ticks;
static volatile double noise;

static uint64_t integers(uint64_t n)
{
    uint64_t h = 1469598103934665603ull, carry = 0;

    for (uint64_t i = 0; i < n; i++) {
        h = (h ^ (i & 255)) * 1099511628211ull;
        h = h << 13 | h >> 51;
        carry += h < i * h;
        h += (uint64_t)((__uint128_t)h * (i | 1) >> 64) + h / ((i & 1023) + 3);
    }
    return h + carry;
}

static uint64_t floats(uint64_t n)
{
    double a = 1, b = 0.5;
    float c = 1;
    uint64_t r;

    for (uint64_t i = 1; i < n; i++) {
        a = a * 0.999 + sqrt(b + i);
        b = a / (i + 1) - b * 0.25;
        c = c * 0.5f + (float)b;
    }
    a += b + c;
    memcpy(&r, &a, 8);
    return r;
}

static uint64_t __attribute__((noinline)) fib(uint64_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static uint64_t f0(uint64_t x) { return x * 3 + 1; }
static uint64_t f1(uint64_t x) { return x ^ x >> 7; }
static uint64_t f2(uint64_t x) { return x + 0x9e3779b97f4a7c15; }
static uint64_t f3(uint64_t x) { return x << 5 | x >> 59; }

static uint64_t indirect(uint64_t n)
{
    static uint64_t (*volatile const table[4])(uint64_t) = { f0, f1, f2, f3 };
    uint64_t x = 1;

    while (n--) {
        x = table[x >> 9 & 3](x);
    }
    return x;
}

static void disturb(int sig)
{
    double d = ticks;

    for (int i = 0; i < 8; i++) {
        d = d * 1.5 + i;
    }
    noise = d + integers(10) + fib(5) + indirect(20);
    ticks++;
}

static void set_timer(long us)
{
    struct itimerval it = { { 0, us }, { 0, us } };
    setitimer(ITIMER_REAL, &it, NULL);
}

static void checksums(void)
{
    static const struct { const char *name; uint64_t (*fn)(uint64_t), n; } rows[] = {
        { "integers", integers, 60000 }, { "floating point", floats, 60000 }, { "recursion", fib, 20 },
        { "indirect calls", indirect, 100000 },
    };

    signal(SIGALRM, disturb);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint64_t want = rows[i].fn(rows[i].n);
        int bad = 0, n = 0;

        ticks = 0;
        set_timer(1000);
        while (ticks < 60 && n++ < 200) {
            bad += rows[i].fn(rows[i].n) != want;
        }
        set_timer(0);
        is(bad, 0, rows[i].name);
    }
}

/* A handler ends an endless loop by changing a register. */
#if defined(__aarch64__) || defined(__riscv)
static void release(int sig, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
#if defined(__aarch64__)
    uc->uc_mcontext.regs[9] += uc->uc_mcontext.regs[9] == 1;
    uc->uc_mcontext.regs[10] = 4711;
#else
    uc->uc_mcontext.__gregs[6] += uc->uc_mcontext.__gregs[6] == 1;
    uc->uc_mcontext.__gregs[7] = 4711;
#endif
}

static void edited(void)
{
    struct sigaction sa = { .sa_sigaction = release, .sa_flags = SA_SIGINFO };
    int bad = 0;

    sigaction(SIGALRM, &sa, NULL);
    set_timer(1000);
    for (int i = 0; i < 50; i++) {
        uint64_t r;
#if defined(__aarch64__)
        __asm__ volatile("mov x10, xzr\n mov x9, #1\n 1: cmp x9, #1\n b.eq 1b\n mov %0, x10" : "=r"(r) : : "x9", "x10", "cc");
#else
        __asm__ volatile("li t2, 0\n li t1, 1\n li t3, 1\n 1: beq t1, t3, 1b\n mv %0, t2"
                         : "=r"(r) : : "t1", "t2", "t3");
#endif
        bad += r != 4711;
    }
    set_timer(0);
    is(bad, 0, "a handler changes the registers of a loop");
}
#endif

static sigjmp_buf out;

static void leave(int sig)
{
    siglongjmp(out, 1);
}

static void jumps(void)
{
    static volatile int n;

    signal(SIGALRM, leave);
    sigsetjmp(out, 1);
    if (n++ < 200) {
        set_timer(1000);
        for (;;) {
            noise = fib(10) + indirect(100);
        }
    }
    set_timer(0);
    ok(n > 200, "200 jumps out of a handler");  /* one more may come before the timer is off */
}

static jmp_buf deep_out;
static volatile int unwind_at;

static uint64_t __attribute__((noinline)) deep(uint64_t n)
{
    volatile uint64_t here = n;

    if (n == 0) {
        return 1;
    }
    if ((int)n == unwind_at) {
        longjmp(deep_out, 7);
    }
    return deep(n - 1) + here;
}

static void *depth(void *arg)
{
    int jumped = 0;

    is(deep(100000), 1 + 100000ull * 100001 / 2, "100000 frames");
    for (int i = 1; i < 60; i++) {
        unwind_at = i * 83;
        if (setjmp(deep_out)) {
            jumped++;
        } else {
            deep(5000);
        }
        unwind_at = -1;
        jumped += deep(50) == 1 + 50 * 51 / 2;
    }
    is(jumped, 2 * 59, "jumps over many frames, calls afterwards");
    return NULL;
}

/* Returns go elsewhere than the last calls came from. */
static ucontext_t main_context, co[4];
static uint64_t co_sum;

static void __attribute__((noinline)) switch_deep(int me, int n)
{
    if (n) {
        switch_deep(me, n - 1);
    } else {
        swapcontext(&co[me], me == 3 ? &main_context : &co[me + 1]);
    }
    co_sum += n * (me + 1);
}

static void coroutine(int me)
{
    for (int i = 0; ; i++) {
        switch_deep(me, i % 40);
    }
}

static void coroutines(void)
{
    static char stacks[4][65536];
    uint64_t want = 0;

    for (int i = 0; i < 4; i++) {
        getcontext(&co[i]);
        co[i].uc_stack.ss_sp = stacks[i];
        co[i].uc_stack.ss_size = sizeof stacks[i];
        makecontext(&co[i], (void (*)(void))coroutine, 1, i);
    }
    for (int r = 0; r <= 2000; r++) {
        swapcontext(&main_context, &co[0]);
        for (int n = 0; r < 2000 && n <= r % 40; n++) {
            want += n * 10;
        }
    }
    is(co_sum, want, "coroutines");
}

static void *storm_thread(void *arg)
{
    uint64_t bad = 0;

    for (int i = 0; i < 20; i++) {
        bad += fib(18) != 2584 || floats(20000) != *(uint64_t *)arg;
    }
    return (void *)bad;
}

static void storm_of_threads(void)
{
    pthread_t t[4];
    uint64_t want = floats(20000), bad = 0;

    signal(SIGUSR1, disturb);
    for (int i = 0; i < 4; i++) {
        pthread_create(&t[i], NULL, storm_thread, &want);
    }
    for (int i = 0; i < 400; i++) {
        pthread_kill(t[i & 3], SIGUSR1);
        usleep(50);
    }
    for (int i = 0; i < 4; i++) {
        void *r;
        pthread_join(t[i], &r);
        bad += (uintptr_t)r;
    }
    is(bad, 0, "signals into four computing threads");
}

int main(void)
{
    pthread_attr_t attr;
    pthread_t t;

    checksums();
#if defined(__aarch64__) || defined(__riscv)
    edited();
#endif
    jumps();
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 << 20);
    pthread_create(&t, &attr, depth, NULL);
    pthread_join(t, NULL);
    coroutines();
    storm_of_threads();
    return tap_done();
}
