/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults at random places: the handler sees every register as it must be, mends the page, and the program goes on. */
#define _GNU_SOURCE
#include "tap.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 64 };

static char *area;
static uint64_t seed_now, base_now, flags_now;
static int checking, faults, wrong;

static uint64_t random_state = 88172645463325252;

static uint64_t draw(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* access_<kind>(p, seed, out, a, b): sentinels seed + n in register n, an access at p, then the sum of the sentinels.
 * out[0] is what was loaded, out[1] the conditions of a and b compared before the access. */
typedef uint64_t Access(void *p, uint64_t seed, uint64_t out[2], uint64_t a, uint64_t b);
#if defined(__aarch64__)
#define SENTINELS "5,6,7,8,9,10,11,12,13,14,15,17,19,20,21,22,23,24,25,26,27,28"
#define SAVE "stp x19, x20, [sp, #-80]!\n stp x21, x22, [sp, #16]\n stp x23, x24, [sp, #32]\n" \
    "stp x25, x26, [sp, #48]\n stp x27, x28, [sp, #64]\n stp d8, d9, [sp, #-64]!\n stp d10, d11, [sp, #16]\n" \
    "stp d12, d13, [sp, #32]\n stp d14, d15, [sp, #48]\n"
#define RESTORE "ldp d10, d11, [sp, #16]\n ldp d12, d13, [sp, #32]\n ldp d14, d15, [sp, #48]\n ldp d8, d9, [sp], #64\n" \
    "ldp x21, x22, [sp, #16]\n ldp x23, x24, [sp, #32]\n ldp x25, x26, [sp, #48]\n ldp x27, x28, [sp, #64]\n" \
    "ldp x19, x20, [sp], #80\n"
#define ACCESS(kind, insn) \
    __asm__(".text\n.arch armv8.2-a\n.balign 16\naccess_" #kind ":\n" SAVE \
            ".irp n," SENTINELS "\n add x\\n, x1, #\\n\n fmov d\\n, x\\n\n .endr\n" \
            " mov x16, xzr\n cmp x3, x4\n " insn "\n" \
            " cset x0, eq\n cset x3, lt\n orr x0, x0, x3, lsl #1\n cset x3, lo\n orr x0, x0, x3, lsl #2\n" \
            " cset x3, vs\n orr x0, x0, x3, lsl #3\n stp x16, x0, [x2]\n mov x0, xzr\n" \
            ".irp n," SENTINELS "\n add x0, x0, x\\n\n fmov x3, d\\n\n eor x3, x3, x\\n\n add x0, x0, x3, lsl #7\n .endr\n" \
            RESTORE " ret\n"); \
    extern Access access_##kind;
ACCESS(load, "ldr x16, [x0]")
ACCESS(load_byte, "ldrb w16, [x0]")
ACCESS(load_pre, "ldr x16, [x0, #8]!")
ACCESS(load_pair, "ldp x16, x4, [x0]")
ACCESS(load_vector, "ldr q0, [x0]\n fmov x16, d0")
ACCESS(load_acquire, "ldar x16, [x0]")
ACCESS(store, "str x1, [x0]")
ACCESS(store_post, "str x1, [x0], #16")
ACCESS(store_pair, "stp x1, x1, [x0]")
ACCESS(store_vector, "str q5, [x0]")
ACCESS(store_release, "stlr x1, [x0]")
ACCESS(add, "ldadd x1, x16, [x0]")
ACCESS(swap, "swpal x1, x16, [x0]")
ACCESS(zero, "dc zva, x0")
static Access *const accesses[] = {
    access_load, access_load_byte, access_load_pre, access_load_pair, access_load_vector, access_load_acquire,
    access_store, access_store_post, access_store_pair, access_store_vector, access_store_release, access_add,
    access_swap, access_zero,
};
static const int sentinels[] = { 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28 };
enum { BASE = 0, SEED = 1 };

static uint64_t reg(const ucontext_t *uc, int n)
{
    return uc->uc_mcontext.regs[n];
}

static uint64_t fp_reg(const ucontext_t *uc, int n)
{
    return (uint64_t)((const struct fpsimd_context *)uc->uc_mcontext.__reserved)->vregs[n];
}

static int flags_right(const ucontext_t *uc)
{
    return (uc->uc_mcontext.pstate >> 28 & 15) == flags_now;
}
#elif defined(__riscv)
#define SENTINELS "5,6,7,8,9,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define KEPT "8,9,18,19,20,21,22,23,24,25,26,27"
#define SAVE " addi sp, sp, -512\n .irp n," KEPT "\n sd x\\n, 8*\\n(sp)\n fsd f\\n, 256+8*\\n(sp)\n .endr\n"
#define RESTORE " .irp n," KEPT "\n ld x\\n, 8*\\n(sp)\n fld f\\n, 256+8*\\n(sp)\n .endr\n addi sp, sp, 512\n"
#define ACCESS(kind, insn) \
    __asm__(".text\n.balign 16\naccess_" #kind ":\n" SAVE \
            ".irp n," SENTINELS "\n addi x\\n, a1, \\n\n fmv.d.x f\\n, x\\n\n .endr\n" \
            " mv a4, zero\n " insn "\n sd a4, 0(a2)\n mv a0, zero\n" \
            ".irp n," SENTINELS "\n add a0, a0, x\\n\n fmv.x.d a3, f\\n\n xor a3, a3, x\\n\n slli a3, a3, 7\n" \
            " add a0, a0, a3\n .endr\n" \
            RESTORE " ret\n"); \
    extern Access access_##kind;
ACCESS(load, "ld a4, 0(a0)")
ACCESS(load_byte, "lbu a4, 0(a0)")
ACCESS(load_word, "lw a4, 4(a0)")
ACCESS(load_same, "ld a0, 0(a0)\n mv a4, a0")
ACCESS(load_double, "fld f10, 8(a0)\n fmv.x.d a4, f10")
ACCESS(load_single, "flw f10, 0(a0)\n fmv.x.w a4, f10")
ACCESS(store, "sd a1, 0(a0)")
ACCESS(store_half, "sh a1, 2(a0)")
ACCESS(store_double, "fsd f5, 0(a0)")
ACCESS(add, "amoadd.d a4, a1, (a0)")
ACCESS(swap, "amoswap.w.aqrl a4, a1, (a0)")
ACCESS(reserved, "lr.d a4, (a0)")
static Access *const accesses[] = {
    access_load, access_load_byte, access_load_word, access_load_same, access_load_double, access_load_single,
    access_store, access_store_half, access_store_double, access_add, access_swap, access_reserved,
};
static const int sentinels[] = { 5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };
enum { BASE = 10, SEED = 11 };

static uint64_t reg(const ucontext_t *uc, int n)
{
    return uc->uc_mcontext.__gregs[n];
}

static uint64_t fp_reg(const ucontext_t *uc, int n)
{
    return uc->uc_mcontext.__fpregs.__d.__f[n];
}

static int flags_right(const ucontext_t *uc)
{
    return 1;
}
#endif

static void on_fault(int sig, siginfo_t *si, void *context)
{
    const uintptr_t at = (uintptr_t)si->si_addr;

    faults++;
    if (at - (uintptr_t)area >= PAGES * PAGE) {
        _exit(9);
    }
#ifdef SENTINELS
    if (checking) {
        const ucontext_t *uc = context;
        int bad = reg(uc, BASE) != base_now || reg(uc, SEED) != seed_now || !flags_right(uc);

        for (unsigned i = 0; i < sizeof sentinels / sizeof *sentinels; i++) {
            const int n = sentinels[i];
            bad |= reg(uc, n) != seed_now + n || fp_reg(uc, n) != seed_now + n;
        }
        wrong += bad;
    }
#endif
    mprotect((void *)(at & ~(uintptr_t)(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE);
}

static void protect_some(int n)
{
    static const int prots[] = { PROT_NONE, PROT_READ, PROT_NONE };

    while (n--) {
        mprotect(area + draw() % PAGES * PAGE, PAGE, prots[draw() % 3]);
    }
}

#ifdef SENTINELS
static uint64_t nzcv(uint64_t a, uint64_t b)
{
    const uint64_t d = a - b;

    return d >> 63 << 3 | (uint64_t)(d == 0) << 2 | (uint64_t)(a >= b) << 1 | ((a ^ b) & (a ^ d)) >> 63;
}

static void registers(void)
{
    uint64_t sum_of_n = 0;
    int bad_sum = 0, bad_flags = 0;

    for (unsigned i = 0; i < sizeof sentinels / sizeof *sentinels; i++) {
        sum_of_n += sentinels[i];
    }
    faults = 0;
    for (int i = 0; i < 4000; i++) {
        static const uint64_t values[] = { 0, 1, ~0ull, 1ull << 63, ~0ull >> 1, 77 };
        const uint64_t a = values[draw() % 6], b = values[draw() % 6], f = nzcv(a, b);
        const unsigned kind = draw() % (sizeof accesses / sizeof *accesses);
        uint64_t out[2] = { 0, 0 };

        protect_some(3);
        seed_now = draw();
        base_now = (uintptr_t)area + (draw() % (PAGES * PAGE - 64) & ~(uint64_t)15);
        flags_now = f;
        checking = 1;
        const uint64_t sum = accesses[kind]((void *)base_now, seed_now, out, a, b);
        checking = 0;
        bad_sum += sum != seed_now * (sizeof sentinels / sizeof *sentinels) + sum_of_n;
#if defined(__aarch64__)
        bad_flags += out[1] != ((f >> 2 & 1) | ((f >> 3 ^ f) & 1) << 1 | (~f >> 1 & 1) << 2 | (f & 1) << 3);
#endif
    }
    ok(faults > 100, "pages were missing");
    is(wrong, 0, "every register is right at each fault");
    is(bad_sum, 0, "and after it");
    is(bad_flags, 0, "flags are used behind an access that faults");
}
#endif

/* The same walk undisturbed and with pages that go missing. */
static uint64_t walk(int disturb)
{
    uint64_t sum = 0, state = 99;

    memset(area, 7, PAGES * PAGE);
    for (int i = 0; i < 60000; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        uint64_t *p = (uint64_t *)(area + (state >> 20) % (PAGES * PAGE - 8));
        if (disturb && i % 50 == 0) {
            protect_some(2);
        }
        uint64_t v;
        memcpy(&v, p, 8);
        sum = sum * 31 + v;
        v += sum;
        memcpy(p, &v, 8);
        if (i % 1000 == 0) {
            mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE);
            memmove(area + i % 777, area + 5000, 9000);
        }
    }
    mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE);
    return sum;
}

int main(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

    area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &sa, NULL);
    const uint64_t want = walk(0), have = walk(1);
    is(have, want, "a walk with missing pages");
    ok(faults > 100, "pages were missing");
#ifdef SENTINELS
    registers();
#endif
    return tap_done();
}
