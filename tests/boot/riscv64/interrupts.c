/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer and software interrupts: priorities, delegation, vectors, WFI; and that they come while code loops in any
 * way. */
#include "boot.h"

#define MTIME (*(volatile u64 *)0x200bff8)
#define MTIMECMP (*(volatile u64 *)0x2004000)
#define MSIP (*(volatile uint32_t *)0x2000000)

static volatile u64 seen, count;
static volatile u64 stop;
static volatile bool machine = true;        /* takes all of them */

static u64 note(u64 cause)
{
    seen = cause;
    count++;
    stop = 1;
    switch (cause & 63) {
    case 7: MTIMECMP = ~(u64)0; break;
    case 3: MSIP = 0; break;
    case 1:
        if (machine) {
            csr_clear(mip, 2);
        } else {
            csr_clear(sip, 2);
        }
        break;
    case 5: __asm__ volatile("csrw 0x14d, %0" : : "r"(~(u64)0)); break;
    }
    return 0;
}

static void soon(void)
{
    stop = 0;
    seen = 0;
    MTIMECMP = MTIME + 20000;
}

static u64 (*volatile indirect)(u64);

static u64 leaf(u64 x)
{
    return x + 1;
}

static u64 recurse(u64 n)
{
    return n ? recurse(n - 1) + 1 : 0;
}

static void loops(void)
{
    csr_set(mie, 1 << 7);
    csr_set(mstatus, 8);
    soon();
    while (!stop) {
    }
    is("a loop is interrupted", seen, (u64)1 << 63 | 7);
    soon();
    indirect = leaf;
    while (!stop) {
        indirect(1);
    }
    is("a loop of indirect calls", seen, (u64)1 << 63 | 7);
    soon();
    while (!stop) {
        recurse(50);
    }
    is("a loop of calls and returns", seen, (u64)1 << 63 | 7);
    /* a jump to itself: the handler cannot make it stop, so it goes on behind */
    seen = 0;
    soon();
    csr_clear(mstatus, 8);
    while (!(csr_read(mip) & 0x80)) {
    }
    is("pending while disabled", seen, 0);
    csr_set(mstatus, 8);
    is("taken by the instruction that enables it", seen, (u64)1 << 63 | 7);
    csr_clear(mie, 1 << 7);
}

static void waiting(void)
{
    csr_clear(mstatus, 8);
    csr_set(mie, 1 << 7);
    soon();
    while (!(csr_read(mip) & 0x80)) {
        __asm__ volatile("wfi");
    }
    is("wfi ends although MIE is off", seen, 0);
    csr_set(mstatus, 8);
    is("then it is taken", seen, (u64)1 << 63 | 7);
    soon();
    while (!stop) {
        __asm__ volatile("wfi");
    }
    is("wfi ends by the interrupt", seen, (u64)1 << 63 | 7);
    csr_clear(mstatus, 8);
    csr_clear(mie, 1 << 7);
}

static void software(void)
{
    csr_set(mie, 1 << 3 | 1 << 7);
    MSIP = 1;
    MTIMECMP = 0;
    while ((csr_read(mip) & 0x88) != 0x88) {
    }
    count = 0;
    csr_set(mstatus, 8);
    is("two at once: the second is the timer's", seen, (u64)1 << 63 | 7);
    is("both were taken", count, 2);
    csr_clear(mstatus, 8);
    csr_clear(mie, 1 << 3 | 1 << 7);
}

static u64 in_s(u64 bit)
{
    seen = 0;
    csr_set(sie, bit);
    csr_set(sstatus, 2);
    for (unsigned k = 0; k < 1000 && !seen; k++) {
    }
    csr_clear(sstatus, 2);
    csr_clear(sie, bit);
    return seen;
}

static u64 timer_in_s(u64 x)
{
    __asm__ volatile("csrw 0x14d, %0" : : "r"(csr_read(time) + 20000));
    seen = 0;
    csr_set(sie, 1 << 5);
    csr_set(sstatus, 2);
    while (!seen) {
        __asm__ volatile("wfi");
    }
    csr_clear(sie, 1 << 5);
    csr_clear(sstatus, 2);
    return seen;
}

static u64 spin(u64 x)
{
    stop = 0;
    while (!stop) {
    }
    return 1;
}

static void delegated(void)
{
    csr_write(mideleg, 0x222);
    machine = false;
    csr_set(mip, 2);
    is("SSI delegated", call_in(S, in_s, 2), (u64)1 << 63 | 1);
    is("SSIP is clear", csr_read(mip) & 2, 0);
    csr_write(mideleg, 0);
    machine = true;
    seen = 0;
    csr_set(mip, 2);
    csr_set(mie, 2);
    call_in(S, leaf, 0);
    is("SSI not delegated, from S", seen, (u64)1 << 63 | 1);
    csr_clear(mie, 2);
    csr_write(mideleg, 0x222);
    csr_write(mcounteren, 7);
    csr_write(0x30a, (u64)1 << 63);
    if (csr_read(0x30a) >> 63) {
        is("stimecmp", call_in(S, timer_in_s, 0), (u64)1 << 63 | 5);
    }
    csr_write(mideleg, 0);
    csr_set(mie, 1 << 7);
    soon();
    call_in(U, spin, 0);
    is("the machine's timer interrupts U mode", seen, (u64)1 << 63 | 7);
    csr_clear(mie, 1 << 7);
}

void hart_main(u64 hart)
{
    if (hart) {
        return;
    }
    boot_init();
    on_interrupt = note;
    MTIMECMP = ~(u64)0;
    loops();
    waiting();
    software();
    delegated();
    no_trap("interrupts");
    finish();
}
