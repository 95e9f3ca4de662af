/* SPDX-License-Identifier: BSD-2-Clause */
/* The instruction tests as a guest program, without libc: runs under qemu-user, rhea or real hardware. The guest's
 * stub.S loads the state, goes through the code and stores the state; a signal handler stores it otherwise. */
#include "runner.h"

#include ISA_REGS

#include <asm/unistd.h>

/* stub.S */
long sys_call(long nr, long a, long b, long c, long d, long e, long f);
extern const char run_entry[], run_entry_end[], run_exit[], run_exit_end[];
void run_stubs(void);                   /* jumps to RUN_STUBS, returns through run_exit or run_recover */
void run_recover(void);
void run_flush(uint64_t start, uint64_t end);   /* makes the stores there seen by the instruction fetch */
void run_handler(int sig, void *info, void *context);
extern uint64_t run_saved_sp;
extern RunState run_state;

/* Guest: writes a branch from one address to another. */
void run_branch(uint32_t *at, uint64_t to);
/* Guest: the state from a signal's context, and the context sent to run_recover. 0 if the signal was no fault of the
 * code but the guest's way of entering or leaving it. */
int run_from_context(RunState *s, void *context);

RunState run_state;

enum { PROT_RW = 3, PROT_RWX = 7, MAP_FLAGS = 0x32, STUB_EXIT = 0x1000 };

struct kernel_sigaction {
    void (*handler)(int, void *, void *);
    unsigned long flags;
#ifdef RUN_RESTORER
    void (*restorer)(void);
#endif
    uint64_t mask;
};

struct kernel_stack {
    void *sp;
    int flags;
    size_t size;
};

/* The compiler's own calls. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((volatile char *)to)[i] = c;
    }
    return to;
}

uint64_t run_vlenb(void)
{
    return RUN_VLENB();
}

long run_read(void *buf, size_t size)
{
    return sys_call(__NR_read, 0, (long)buf, size, 0, 0, 0);
}

void run_write(const void *buf, size_t size)
{
    while (size) {
        long n = sys_call(__NR_write, 1, (long)buf, size, 0, 0, 0);

        if (n <= 0) {
            return;
        }
        buf = (const char *)buf + n;
        size -= n;
    }
}

static void map(uint64_t addr, size_t size, int prot)
{
    if ((uint64_t)sys_call(__NR_mmap, addr, size, prot, MAP_FLAGS, -1, 0) != addr) {
        sys_call(__NR_exit_group, 3, 0, 0, 0, 0, 0);
    }
}

void run_handler(int sig, void *info, void *context)
{
    static const uint8_t ends[32] = {
        [4] = RUN_ILL, [5] = RUN_TRAP, [7] = RUN_BUS, [8] = RUN_FPE, [11] = RUN_SEGV
    };

    if (run_from_context(&run_state, context)) {
        run_state.end = ends[sig & 31];
        run_state.fault_addr = *(uint64_t *)((char *)info + 16);
    }
}

static void catch_signals(void)
{
    static char stack[65536];
    static const int signals[] = { 4, 5, 7, 8, 11 };
    struct kernel_stack ss = { stack, 0, sizeof(stack) };
    struct kernel_sigaction sa = { .handler = run_handler, .flags = 0x08000000 | 4 };   /* ONSTACK | SIGINFO */

    sys_call(__NR_sigaltstack, (long)&ss, 0, 0, 0, 0, 0);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sys_call(__NR_rt_sigaction, signals[i], (long)&sa, 0, 8, 0, 0);
    }
}

static void prepare(void)
{
    map(RUN_MEM, RUN_MEM_BYTES, PROT_RW);
    map(RUN_STUBS, 0x2000, PROT_RWX);
    map(RUN_CODE - RUN_FILL, 2 * RUN_FILL, PROT_RWX);
    for (uint64_t a = RUN_CODE - RUN_FILL; a < RUN_CODE + RUN_FILL; a += 4) {
        *(uint32_t *)(uintptr_t)a = RUN_FILLER;
    }
    memcpy((void *)RUN_STUBS, run_entry, run_entry_end - run_entry);
    run_branch((uint32_t *)(RUN_STUBS + (run_entry_end - run_entry)), RUN_CODE);
    memcpy((void *)(RUN_STUBS + STUB_EXIT), run_exit, run_exit_end - run_exit);
    run_flush(RUN_STUBS, RUN_STUBS + 0x2000);
    catch_signals();
}

void run_words(RunState *s, const uint32_t *words, unsigned n, unsigned bytes)
{
    uint16_t *code = (uint16_t *)(uintptr_t)RUN_CODE;
    const int half = bytes != 4 * n;

    for (unsigned i = 0; i < n; i++) {
        *code++ = words[i];
        if (!half || (words[i] & 3) == 3) {
            *code++ = words[i] >> 16;
        }
    }
    run_branch((uint32_t *)code, RUN_STUBS + STUB_EXIT);
    for (uint32_t *after = (uint32_t *)code + 1; (uintptr_t)after < RUN_CODE + 4 * RUN_MAX_WORDS + 8; after++) {
        *after = RUN_FILLER;
    }
    run_flush(RUN_CODE, RUN_CODE + 4 * RUN_MAX_WORDS + 8);
    run_state = *s;
    run_state.pc = (uintptr_t)code;
    run_stubs();
    *s = run_state;
#ifdef RUN_SVE
    for (int i = 0; s->vlenb && i < 32; i++) {
        s->v[i][0] = s->vr[i * s->vlenb / 8];
        s->v[i][1] = s->vr[i * s->vlenb / 8 + 1];
    }
#endif
}

void run_main(void);

void run_main(void)
{
    prepare();
    sys_call(__NR_exit_group, run_cases() ? 1 : 0, 0, 0, 0, 0, 0);
}
