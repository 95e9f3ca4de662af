/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls: recursion. */
#include <stdio.h>

static __attribute__((noinline)) unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static __attribute__((noinline)) unsigned ack(unsigned m, unsigned n)
{
    return !m ? n + 1 : !n ? ack(m - 1, 1) : ack(m - 1, ack(m, n - 1));
}

int main(void)
{
    printf("%u %u\n", fib(38), ack(3, 9));
    return 0;
}
