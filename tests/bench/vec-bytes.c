/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V vectors: copies and lengths of short strings (fault-only-first loads, masks), conversion of pixels (segments,
 * widening), masked clamping. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { N = 3000 };
static char text[N], to[N];
static uint8_t rgb[3 * N], grey[N];
static int32_t v[N];

#define V(...) __asm__ volatile(".option push\n.option arch, +v\n" __VA_ARGS__)

static void copy(char *d, const char *s, long n)
{
    V("1: vsetvli t0, %2, e8, m8, ta, ma\n vle8.v v0, (%1)\n add %1, %1, t0\n sub %2, %2, t0\n vse8.v v0, (%0)\n"
      "add %0, %0, t0\n bnez %2, 1b\n.option pop" : "+r"(d), "+r"(s), "+r"(n) : : "t0", "memory");
}

static long length(const char *s)
{
    const char *p = s;
    long n, f;

    V("1: vsetvli %1, zero, e8, m2, ta, ma\n vle8ff.v v8, (%0)\n csrr %1, vl\n vmseq.vi v0, v8, 0\n vfirst.m %2, v0\n"
      "add %0, %0, %1\n bltz %2, 1b\n.option pop" : "+r"(p), "=&r"(n), "=&r"(f) : : "memory");
    return p - s - n + f;
}

static void pixels(long n, const uint8_t *p, uint8_t *q)
{
    V("1: vsetvli t0, %0, e8, m1, ta, ma\n vlseg3e8.v v0, (%1)\n vwmulu.vx v4, v0, %3\n vwmaccu.vx v4, %4, v1\n"
      "vwmaccu.vx v4, %5, v2\n vnsrl.wi v8, v4, 8\n vse8.v v8, (%2)\n sub %0, %0, t0\n add %2, %2, t0\n"
      "slli t1, t0, 1\n add %1, %1, t0\n add %1, %1, t1\n bnez %0, 1b\n.option pop"
      : "+r"(n), "+r"(p), "+r"(q) : "r"(77), "r"(150), "r"(29) : "t0", "t1", "memory");
}

static void clamp(long n, int32_t *p, int32_t limit)
{
    V("1: vsetvli t0, %0, e32, m2, ta, mu\n vle32.v v8, (%1)\n vmsgt.vx v0, v8, %2\n vsra.vi v8, v8, 1, v0.t\n"
      "vse32.v v8, (%1)\n sub %0, %0, t0\n slli t0, t0, 2\n add %1, %1, t0\n bnez %0, 1b\n.option pop"
      : "+r"(n), "+r"(p) : "r"(limit) : "t0", "memory");
}

int main(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < N; i++) text[i] = (char)(i % 29 ? 'a' + i % 26 : 0), v[i] = i * 7919;
    for (int i = 0; i < 3 * N; i++) rgb[i] = (uint8_t)(i * 31);
    for (int r = 0; r < 3000; r++) {
        for (int i = 0; i < N; i += 30) {
            long n = length(text + i);
            copy(to + i, text + i, n + 1);
            sum = sum * 31 + (uint64_t)n;
        }
        copy(to, text, N);
        pixels(N, rgb, grey);
        clamp(N, v, 100000 - r);
        sum = sum * 31 + grey[r] + (uint32_t)v[r] + (uint8_t)to[r];
        rgb[r] ^= 5;
    }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
