/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot.h"

enum { HARTS = 8, FRAME_STACK = 32, FRAME_WORDS = 128 };

char stacks[HARTS << 14] __attribute__((aligned(16)));
u64 frames[HARTS][FRAME_WORDS] __attribute__((aligned(16)));
static u64 s_frame[FRAME_WORDS];
static char m_stacks[HARTS][4096] __attribute__((aligned(16))), s_stack[4096] __attribute__((aligned(16)));

Trap trap;
u64 skip_to;
u64 (*on_interrupt)(u64 cause);
static unsigned failed;

extern char m_entry[], s_entry[], enter_end[];
u64 enter(u64 fn, u64 arg, u64 *frame);

void print(const char *s)
{
    while (*s) {
        *(volatile uint8_t *)0x10000000 = (uint8_t)*s++;
    }
}

void print_hex(u64 v)
{
    char buf[17] = { 0 };

    for (int k = 15; k >= 0; k--, v >>= 4) {
        buf[k] = "0123456789abcdef"[v & 15];
    }
    print(buf);
}

void check(const char *name, bool good)
{
    print(good ? "ok - " : "not ok - ");
    print(name);
    print("\n");
    failed += !good;
}

void is(const char *name, u64 have, u64 want)
{
    check(name, have == want);
    if (have != want) {
        print("# have ");
        print_hex(have);
        print(" want ");
        print_hex(want);
        print("\n");
    }
}

void finish(void)
{
    print("done ");
    print_hex(failed);
    print("\n");
    *(volatile uint32_t *)0x100000 = failed ? 0x13333 : 0x5555;
    for (;;) {
    }
}

static unsigned length_at(u64 pc)
{
    return (*(volatile uint16_t *)pc & 3) == 3 ? 4 : 2;
}

static void record(unsigned mode, u64 cause, u64 epc, u64 tval, u64 status)
{
    trap = (Trap){ cause, epc, tval, status, trap.count + 1, mode };
}

static u64 go_on(u64 epc)
{
    u64 to = skip_to ? skip_to : epc + length_at(epc);

    skip_to = 0;
    return to;
}

void m_trap(u64 *f)
{
    u64 cause = csr_read(mcause), epc = csr_read(mepc);

    if ((cause == 8 || cause == 9 || cause == 11) && f[17] == 0x4242) {
        csr_write(mepc, (u64)enter_end);
        csr_set(mstatus, 3 << 11);
        f[12] = (u64)f;
        return;
    }
    if (cause >> 63 && on_interrupt) {
        on_interrupt(cause);
        return;
    }
    record(M, cause, epc, csr_read(mtval), csr_read(mstatus));
    csr_write(mepc, go_on(epc));
}

void s_trap(u64 *f)
{
    u64 cause = csr_read(scause), epc = csr_read(sepc);

    if (cause >> 63 && on_interrupt) {
        on_interrupt(cause);
        return;
    }
    if (cause == 8 && f[17] == 0x4242) {        /* for M */
        csr_write(sscratch, f);
        __asm__ volatile("mv a0, %0\n li a7, 0x4242\n ecall" : : "r"(f[10]) : "a0", "a7", "memory");
    }
    record(S, cause, epc, csr_read(stval), csr_read(sstatus));
    csr_write(sepc, go_on(epc));
}

void boot_init(void)
{
    for (unsigned k = 0; k < HARTS; k++) {
        frames[k][FRAME_STACK] = (u64)(m_stacks[k] + sizeof m_stacks[k]);
    }
    s_frame[FRAME_STACK] = (u64)(s_stack + sizeof s_stack);
    csr_write(sscratch, s_frame);
    csr_write(stvec, s_entry);
    csr_write(pmpaddr0, ~(u64)0);
    csr_write(pmpcfg0, 0x1f);
}

void trapped(const char *name, unsigned mode, u64 cause, u64 epc, u64 tval)
{
    bool good = trap.count == 1 && trap.mode == mode && trap.cause == cause && trap.epc == epc && trap.tval == tval;

    check(name, good);
    if (!good) {
        print("# traps ");
        print_hex(trap.count);
        print(" mode ");
        print_hex(trap.mode);
        print(" cause ");
        print_hex(trap.cause);
        print(" epc ");
        print_hex(trap.epc);
        print(" tval ");
        print_hex(trap.tval);
        print(" want epc ");
        print_hex(epc);
        print(" tval ");
        print_hex(tval);
        print("\n");
    }
    trap.count = 0;
}

void no_trap(const char *name)
{
    is(name, trap.count, 0);
    trap.count = 0;
}

u64 call_in(unsigned mode, u64 (*fn)(u64), u64 arg)
{
    u64 *frame = (u64 *)csr_read(mscratch);

    csr_clear(mstatus, 3 << 11);
    csr_set(mstatus, (u64)mode << 11);
    return enter((u64)fn, arg, frame);
}
