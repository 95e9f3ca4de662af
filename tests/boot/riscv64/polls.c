/* SPDX-License-Identifier: BSD-2-Clause */
/* A hart that waits for another's store in a loop of WFI, with an interrupt pending that it does not take: it must see
 * the store, and the board must not spend the host's time on it meanwhile. */
#include "boot.h"

#define MSIP(h) ((volatile uint32_t *)0x2000000)[h]
#define MTIME (*(volatile u64 *)0x200bff8)

enum { MSIE = 1 << 3, MIE = 1 << 3, TICKS = 2000000, FEW = 4000 };     /* 0.2 s */

static volatile u64 rounds, go, left, taken;

static u64 took(u64 cause)
{
    MSIP(1) = 0;
    taken = cause;
    return 0;
}

static void wait_for_go(void)
{
    csr_clear(mstatus, MIE);
    csr_set(mie, MSIE);
    MSIP(1) = 1;
    while (!go) {
        rounds++;
        __asm__ volatile("wfi" : : : "memory");
    }
    left = 1;
    csr_set(mstatus, MIE);
    while (!taken) {
        ;
    }
    left = 2;
}

void hart_main(u64 hart)
{
    if (hart == 1) {
        wait_for_go();
    }
    if (hart != 0) {
        for (;;) {
            __asm__ volatile("wfi");
        }
    }
    boot_init();
    on_interrupt = took;
    while (rounds < 100) {
        ;
    }
    u64 start = MTIME, first = rounds;
    while (MTIME - start < TICKS) {
        ;
    }
    check("the loop goes on", rounds > first);
    check("but not as fast as it can", rounds - first < FEW);
    go = 1;
    while (left < 2) {
        ;
    }
    check("the store was seen, and the interrupt taken when it was let", (taken & 63) == 3);
    finish();
}
