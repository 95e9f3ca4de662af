/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that changes: rewritten, moved, unmapped, written by other threads and through other addresses. */
#define _GNU_SOURCE
#include "fn.h"
#include "tap.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, SLOT = 16, SLOTS = 2048 };

typedef int (*Fn)(void);

static void flush(void *p, size_t n)
{
    __builtin___clear_cache((char *)p, (char *)p + n);
}

static void *map_at(void *at, size_t n, int prot)
{
    return mmap(at, n, prot, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
}

static uint32_t random_state = 1;

static uint32_t draw(void)
{
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

static void rewrites(void)
{
    char *p = map_at(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    int bad = 0;

    for (int i = 0; i < 5000; i++) {
        make_fn(p + 8, i & 2047);
        bad += ((Fn)(p + 8))() != (i & 2047);
    }
    is(bad, 0, "a function rewritten 5000 times");
    munmap(p, PAGE);
}

/* Many small functions, a few rewritten at a time, all called. */
static void neighbours(void)
{
    char *p = map_at(NULL, SLOT * SLOTS, PROT_READ | PROT_WRITE | PROT_EXEC);
    static int value[SLOTS];
    int bad = 0;

    for (int i = 0; i < SLOTS; i++) {
        make_fn(p + i * SLOT, value[i] = draw() & 2047);
    }
    for (int round = 0; round < 60; round++) {
        for (int k = 0; k < 8; k++) {
            const int i = draw() % SLOTS;
            make_fn(p + i * SLOT, value[i] = draw() & 2047);
        }
        for (int i = 0; i < SLOTS; i++) {
            bad += ((Fn)(p + i * SLOT))() != value[i];
        }
    }
    is(bad, 0, "neighbours of rewritten functions");
    munmap(p, SLOT * SLOTS);
}

/* Code that rewrites an instruction a few bytes ahead of itself. */
#if defined(__aarch64__)
__asm__(".text\n.balign 16\n.globl own, own_patch, own_end\nown: str w0, [x1]\n dc cvau, x1\n dsb ish\n ic ivau, x1\n dsb ish\n isb\n"
        "own_patch: movz w0, #1\n ret\nown_end:\n");
#define OWN 1
#elif defined(__riscv)
__asm__(".text\n.balign 16\n.globl own, own_patch, own_end\n.option push\n.option norvc\nown: sw a0, 0(a1)\n fence.i\n"
        "own_patch: addi a0, x0, 1\n ret\nown_end:\n.option pop\n");
#define OWN 1
#endif

#ifdef OWN
extern char own[], own_patch[], own_end[];

static void own_block(void)
{
    char *p = map_at(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    int bad = 0;

    memcpy(p, own, own_end - own);
    flush(p, own_end - own);
    for (int i = 0; i < 2000; i++) {
        uint32_t word[2];

        write_fn(word, i & 2047);
        bad += ((int (*)(uint32_t, void *))p)(word[0], p + (own_patch - own)) != (i & 2047);
    }
    is(bad, 0, "code that rewrites its own block");
    munmap(p, PAGE);
}
#endif

static char *shared_fn;
static volatile int turn, stop;
static int seen_bad;

static void wait_turn(int mine)
{
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != mine) {
        sched_yield();
    }
}

static void *caller(void *arg)
{
    for (int i = 0; i < 1500; i++) {
        wait_turn(1);
#if defined(__aarch64__)
        __asm__ volatile("isb" : : : "memory");
#elif defined(__riscv)
        __asm__ volatile("fence.i" : : : "memory");
#endif
        seen_bad += ((Fn)shared_fn)() != (i & 2047);
        __atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void *spin_caller(void *arg)
{
    long bad = 0;

    while (!stop) {
        for (int i = 0; i < 1000; i++) {
            const int v = ((Fn)shared_fn)();
            bad += v != 5 && v != 77;
        }
    }
    return (void *)bad;
}

static void threads(void)
{
    pthread_t t, two[3];
    long bad = 0;

    shared_fn = map_at(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    make_fn(shared_fn, 0);
    pthread_create(&t, NULL, caller, NULL);
    for (int i = 0; i < 1500; i++) {
        wait_turn(0);
        make_fn(shared_fn, i & 2047);
        __atomic_store_n(&turn, 1, __ATOMIC_RELEASE);
    }
    pthread_join(t, NULL);
    is(seen_bad, 0, "rewritten by another thread");

#if defined(__aarch64__) || defined(__riscv)
    make_fn(shared_fn, 5);
    for (int i = 0; i < 3; i++) {
        pthread_create(&two[i], NULL, spin_caller, NULL);
    }
    for (int i = 0; i < 400; i++) {
        uint32_t word[2];
        write_fn(word, i & 1 ? 77 : 5);
        *(volatile uint32_t *)shared_fn = word[0];
        flush(shared_fn, 4);
        usleep(100);
    }
    stop = 1;
    for (int i = 0; i < 3; i++) {
        void *r;
        pthread_join(two[i], &r);
        bad += (long)r;
    }
    is(bad, 0, "rewritten while others run it: the old or the new");
    is(((Fn)shared_fn)(), 77, "at last the new");
#endif
}

static sigjmp_buf jump;

static void on_fault(int sig)
{
    siglongjmp(jump, sig);
}

static int call(void *p)
{
    const int sig = sigsetjmp(jump, 1);

    return sig ? -sig : ((Fn)p)();
}

static void maps(void)
{
    char *p = map_at(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), *q;
    const int fd = memfd_create("code", 0);
    int bad = 0;

    signal(SIGSEGV, on_fault);
    for (int i = 0; i < 300; i++) {
        make_fn(p, i);
        bad += call(p) != i;
        munmap(p, PAGE);
        bad += call(p) != -SIGSEGV;
        map_at(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    }
    is(bad, 0, "unmapped and mapped again");

    bad = 0;
    for (int i = 0; i < 300; i++) {
        mprotect(p, PAGE, PROT_READ | PROT_WRITE);
        make_fn(p, i);
        bad += call(p) != -SIGSEGV;
        mprotect(p, PAGE, PROT_READ | PROT_EXEC);
        bad += call(p) != i;
        mprotect(p, PAGE, PROT_NONE);
        bad += call(p) != -SIGSEGV;
    }
    is(bad, 0, "written and run by turns of mprotect");

    ftruncate(fd, 4 * PAGE);
    for (int i = 0; i < 4; i++) {
        char code[SLOT];
        write_fn(code, 100 + i);
        pwrite(fd, code, SLOT, i * PAGE);
    }
    bad = 0;
    for (int i = 0; i < 300; i++) {
        mmap(p, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, (i & 3) * PAGE);
        bad += call(p) != 100 + (i & 3);
    }
    is(bad, 0, "another page of a file mapped over code");

    p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    q = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    bad = 0;
    for (int i = 0; i < 300; i++) {
        write_fn(q, i);
        flush(q, SLOT);
        flush(p, SLOT);
        bad += call(p) != i;
    }
    is(bad, 0, "written through another mapping");

    bad = 0;
    p = map_at(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (int i = 0; i < 100; i++) {
        make_fn(p, i);
        bad += call(p) != i;
        q = map_at(NULL, PAGE, PROT_NONE);
        q = mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, q);
        bad += call(p) != -SIGSEGV;
        bad += call(q) != i;
        p = q;
    }
    is(bad, 0, "moved by mremap");
}

static volatile uintptr_t fault_at;
static volatile int fault_code;

static void note_fault(int sig, siginfo_t *si, void *context)
{
    fault_at = (uintptr_t)si->si_addr;
    fault_code = si->si_code;
    siglongjmp(jump, sig);
}

static uint64_t seen;

/* Pages that are mapped from a file and lie behind its end: code there, and a constant address of one as data. */
static void behind_end(void)
{
    struct sigaction sa = { .sa_sigaction = note_fault, .sa_flags = SA_SIGINFO };
    const int fd = memfd_create("short", 0);
    char *const fixed = (char *)0x30000000;

    ftruncate(fd, PAGE);
    char *p = mmap(fixed, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
    sigaction(SIGBUS, &sa, NULL);
    is(call(p + PAGE), -SIGBUS, "code behind the end of its file");
    ok(fault_at == (uintptr_t)p + PAGE && fault_code == BUS_ADRERR, "with address and code");
    const int sig = sigsetjmp(jump, 1);
    if (!sig) {
        __atomic_store_n(&seen, *(volatile uint64_t *)0x30001000, __ATOMIC_RELAXED);
    }
    is(sig, SIGBUS, "data there, stored elsewhere");
    ftruncate(fd, 2 * PAGE);
    make_fn(p + PAGE, 5);
    is(call(p + PAGE), 5, "when the file is longer, the code is there");
    munmap(p, 2 * PAGE);
    close(fd);
}

#if defined(__riscv)
/* An instruction of 4 bytes on two pages: the second one is missing, comes, goes. */
static void straddles(void)
{
    struct sigaction sa = { .sa_sigaction = note_fault, .sa_flags = SA_SIGINFO };
    char *p = map_at(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    int bad = 0;

    sigaction(SIGSEGV, &sa, NULL);
    for (int i = 0; i < 100; i++) {
        mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
        make_fn(p + PAGE - 2, i);
        bad += call(p + PAGE - 2) != i;
        mprotect(p + PAGE, PAGE, PROT_READ);
        bad += call(p + PAGE - 2) != -SIGSEGV;
        bad += fault_at != (uintptr_t)p + PAGE;
        mprotect(p + PAGE, PAGE, PROT_READ | PROT_EXEC);
        bad += call(p + PAGE - 2) != i;
    }
    is(bad, 0, "an instruction on two pages");
}
#endif

/* Threads start and run fresh code all the time while one writes more of it. */
enum { FRESH = 4000 };
static char *arena;
static volatile int made;

static void *run_fresh(void *arg)
{
    long bad = 0;
    int i = (int)(long)arg;

    while (i < FRESH) {
        while (i >= __atomic_load_n(&made, __ATOMIC_ACQUIRE)) {
            sched_yield();
        }
#if defined(__aarch64__)
        __asm__ volatile("isb" : : : "memory");
#elif defined(__riscv)
        if (!(i & 63)) {
            __asm__ volatile("fence.i" : : : "memory");
        }
#endif
        bad += ((Fn)(arena + i * SLOT))() != (i & 2047);
        i += 1 + (i & 3);
    }
    return (void *)bad;
}

static void fresh(void)
{
    pthread_t t[8];
    long bad = 0;

    arena = map_at(NULL, FRESH * SLOT, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (int i = 0; i < FRESH; i++) {
        if (i % 500 == 0) {
            pthread_create(&t[i / 500], NULL, run_fresh, (void *)(long)i);
        }
        make_fn(arena + i * SLOT, i & 2047);
        __atomic_store_n(&made, i + 1, __ATOMIC_RELEASE);
    }
    for (int i = 0; i < 8; i++) {
        void *r;
        pthread_join(t[i], &r);
        bad += (long)r;
    }
    is(bad, 0, "fresh code in eight threads");
}

/* Threads run code of new pages while another one forks. */
static volatile int forked;

static void *run_new_pages(void *arg)
{
    long bad = 0;

    for (int i = 0; !forked; i++) {
        char *p = map_at(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
        make_fn(p, i & 2047);
        bad += ((Fn)p)() != (i & 2047);
        munmap(p, PAGE);
    }
    return (void *)bad;
}

static void forks(void)
{
    pthread_t t[2];
    int bad = 0, status;

    for (int i = 0; i < 2; i++) {
        pthread_create(&t[i], NULL, run_new_pages, NULL);
    }
    for (int i = 0; i < 300; i++) {
        const pid_t pid = fork();
        if (pid == 0) {
            char *p = map_at(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
            make_fn(p, i);
            _exit(((Fn)p)() & 127);
        }
        bad += waitpid(pid, &status, 0) != pid || status != (i & 127) << 8;
    }
    forked = 1;
    for (int i = 0; i < 2; i++) {
        void *r;
        pthread_join(t[i], &r);
        bad += (long)r != 0;
    }
    is(bad, 0, "forks while threads run new pages");
}

#if defined(__riscv)
/* Calls, jumps and returns to an odd address go to the even one below (unprivileged ISA, jalr). */
static void odd_targets(void)
{
    long calls = 0, n = 1000;

    __asm__ volatile(
        "1: la t0, 3f\n"
        "   addi t0, t0, 1\n"
        "   jalr ra, 0(t0)\n"
        "   la t0, 2f\n"
        "   addi t0, t0, 1\n"
        "   jr t0\n"
        "   j 4f\n"
        "2: addi %1, %1, -1\n"
        "   bnez %1, 1b\n"
        "   j 4f\n"
        "3: addi %0, %0, 1\n"
        "   addi ra, ra, 1\n"
        "   jr ra\n"
        "4:\n" : "+r"(calls), "+r"(n) : : "t0", "ra");
    ok(calls == 1000 && n == 0, "odd targets of calls, jumps and returns");
}
#endif

int main(void)
{
    rewrites();
    neighbours();
#ifdef OWN
    own_block();
#endif
    threads();
    fresh();
    maps();
    behind_end();
    forks();
#if defined(__riscv)
    straddles();
    odd_targets();
#endif
    return tap_done();
}
