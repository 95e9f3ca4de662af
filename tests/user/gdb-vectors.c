/* SPDX-License-Identifier: BSD-2-Clause */
/* For t-gdb.sh: vector registers with known contents, in a function and behind a signal. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>

uint32_t words[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
uint32_t after[8];
volatile int handled;

static void handler(int sig)
{
    handled = sig;
}

static void fill(void)
{
#ifdef __aarch64__
    asm volatile("ptrue p1.s\n ld1w {z3.s}, p1/z, [%0]\n mov x9, #3\n whilelo p2.b, xzr, x9\n"
                 "filled: st1w {z3.s}, p1, [%1]" : : "r"(words), "r"(after) : "x9", "v3", "p1", "p2", "memory");
#else
    asm volatile("vsetivli t0, 4, e32, m1, ta, ma\n vle32.v v3, (%0)\n"
                 "filled: vse32.v v3, (%1)" : : "r"(words), "r"(after) : "t0", "memory");
#endif
}

int main(void)
{
    signal(SIGUSR1, handler);
    fill();
    raise(SIGUSR1);
    printf("after %u %u\n", after[0], after[3]);
    return 0;
}
