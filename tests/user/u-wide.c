/* SPDX-License-Identifier: BSD-2-Clause */
/* Products of two words and carries from word to word, as compilers write them, against sums of small parts. */
#include "tap.h"

#include <stdint.h>

typedef unsigned __int128 u128;
typedef __int128 s128;

static const uint64_t numbers[] = {
    0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x123456789abcdef, 0x7fffffffffffffff,
    0x8000000000000000, 0x8000000000000001, 0xfedcba9876543210, 0xfffffffffffffffe, 0xffffffffffffffff,
};
enum { COUNT = sizeof numbers / sizeof *numbers };

/* x * y by 32-bit halves: no sum here is over 64 bits. */
static void by_parts(uint64_t x, uint64_t y, uint64_t *low, uint64_t *high)
{
    uint64_t x0 = x & 0xffffffff, x1 = x >> 32, y0 = y & 0xffffffff, y1 = y >> 32;
    uint64_t a = x0 * y0, b = x1 * y0 + (a >> 32), c = x0 * y1 + (b & 0xffffffff);

    *low = c << 32 | (a & 0xffffffff);
    *high = x1 * y1 + (b >> 32) + (c >> 32);
}

/* The halves in either order, and with the factors in either order. */
#define HALVES(name, first, second) \
    static __attribute__((noinline)) void name(uint64_t x, uint64_t y, uint64_t *low, uint64_t *high) \
    { \
        __asm__ volatile(first "\n" second : "=&r"(*low), "=&r"(*high) : "r"(x), "r"(y)); \
    }
#if defined(__riscv)
HALVES(low_first, "mul %0, %2, %3", "mulhu %1, %2, %3")
HALVES(high_first, "mulhu %1, %2, %3", "mul %0, %3, %2")
HALVES(signed_first, "mulh %1, %3, %2", "mul %0, %2, %3")
#elif defined(__aarch64__)
HALVES(low_first, "mul %0, %2, %3", "umulh %1, %2, %3")
HALVES(high_first, "umulh %1, %2, %3", "mul %0, %3, %2")
HALVES(signed_first, "smulh %1, %3, %2", "mul %0, %2, %3")
#else
static void low_first(uint64_t x, uint64_t y, uint64_t *low, uint64_t *high)
{
    u128 p = (u128)x * y;
    *low = (uint64_t)p;
    *high = (uint64_t)(p >> 64);
}
#define high_first low_first
static void signed_first(uint64_t x, uint64_t y, uint64_t *low, uint64_t *high)
{
    s128 p = (s128)(int64_t)x * (int64_t)y;
    *low = (uint64_t)p;
    *high = (uint64_t)(p >> 64);
}
#endif

static void test_products(void)
{
    int bad[3] = { 0 };

    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            uint64_t x = numbers[i], y = numbers[j], low, high, l, h;
            by_parts(x, y, &low, &high);
            low_first(x, y, &l, &h);
            bad[0] += l != low || h != high;
            high_first(x, y, &l, &h);
            bad[1] += l != low || h != high;
            signed_first(x, y, &l, &h);
            high -= (x >> 63 ? y : 0) + (y >> 63 ? x : 0);
            bad[2] += l != low || h != high;
        }
    }
    is(bad[0], 0, "low half, then high half");
    is(bad[1], 0, "high half, then low half");
    is(bad[2], 0, "signed high half, then low half");
}

/* Sums of words with the carry out of each, found as the sum being less than an addend. */
static __attribute__((noinline)) uint64_t add_words(uint64_t *to, const uint64_t *x, const uint64_t *y, int n)
{
    uint64_t carry = 0;

    for (int k = 0; k < n; k++) {
        uint64_t s = x[k] + y[k], c = s < y[k], t = s + carry;
        carry = c | (t < carry);
        to[k] = t;
    }
    return carry;
}

static __attribute__((noinline)) uint64_t choose(uint64_t x, uint64_t y, uint64_t a, uint64_t b)
{
    uint64_t s = x + y;
    return s < x ? a + s : b - s;
}

static __attribute__((noinline)) int no_carry32(uint32_t x, uint32_t y)
{
    uint32_t s = x + y;
    return s >= y;
}

static void test_carries(void)
{
    int bad = 0, chosen = 0, narrow = 0;

    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            uint64_t x[4], y[4], s[4], half[9] = { 0 };
            for (int k = 0; k < 4; k++) {
                x[k] = numbers[(i + k) % COUNT];
                y[k] = numbers[(j + 3 * k) % COUNT];
            }
            uint64_t out = add_words(s, x, y, 4);
            for (int k = 0; k < 8; k++) {           /* by halves of words, whose sums have room */
                half[k] += (x[k / 2] >> 32 * (k & 1) & 0xffffffff) + (y[k / 2] >> 32 * (k & 1) & 0xffffffff);
                half[k + 1] = half[k] >> 32;
                bad += (s[k / 2] >> 32 * (k & 1) & 0xffffffff) != (half[k] & 0xffffffff);
            }
            bad += out != half[8];
            uint64_t a = numbers[i], b = numbers[j], low = (a & 0xffffffff) + (b & 0xffffffff);
            int over = ((a >> 32) + (b >> 32) + (low >> 32)) >> 32 != 0;
            chosen += choose(a, b, 5, 9) != (over ? 5 + (a + b) : 9 - (a + b));
            narrow += no_carry32((uint32_t)a, (uint32_t)b) != (low >> 32 == 0);
        }
    }
    is(bad, 0, "sums of four words");
    is(chosen, 0, "a choice by the carry");
    is(narrow, 0, "no carry out of 32 bits");
}

int main(void)
{
    test_products();
    test_carries();
    return tap_done();
}
