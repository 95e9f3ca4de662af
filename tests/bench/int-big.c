/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer loops: multi-word arithmetic, the digits of a factorial and a modular power. */
#include <stdint.h>
#include <stdio.h>

typedef unsigned __int128 u128;
#define W 1000
static uint64_t f[W], r[32], b[32], t[64], m[32];

static void mul_mod(uint64_t *x, const uint64_t *y)     /* x := x * y, reduced by Montgomery's method */
{
    for (int i = 0; i < 64; i++) t[i] = 0;
    for (int i = 0; i < 32; i++) {
        uint64_t c = 0;
        for (int j = 0; j < 32; j++) {
            u128 p = (u128)x[i] * y[j] + t[i + j] + c;
            t[i + j] = (uint64_t)p;
            c = (uint64_t)(p >> 64);
        }
        t[i + 32] = c;
    }
    for (int i = 0; i < 32; i++) {
        uint64_t q = t[i] * 0x7d3fa1c2b5e49687u, c = 0;
        for (int j = 0; j < 32; j++) {
            u128 p = (u128)q * m[j] + t[i + j] + c;
            t[i + j] = (uint64_t)p;
            c = (uint64_t)(p >> 64);
        }
        for (int j = i + 32; c && j < 64; j++) {
            u128 p = (u128)t[j] + c;
            t[j] = (uint64_t)p;
            c = (uint64_t)(p >> 64);
        }
    }
    for (int i = 0; i < 32; i++) x[i] = t[i + 32];
}

int main(void)
{
    uint64_t sum = 0;
    f[0] = 1;
    for (uint64_t i = 2; i < 5000; i++) {
        uint64_t c = 0;
        for (int j = 0; j < W; j++) {
            u128 p = (u128)f[j] * i + c;
            f[j] = (uint64_t)p;
            c = (uint64_t)(p >> 64);
        }
    }
    for (int i = 0; i < 32; i++) m[i] = 0xf123456789abcdefu * (uint64_t)(i + 1) | 1, b[i] = (uint64_t)i * 77 + 5, r[i] = b[i];
    for (int i = 0; i < 15000; i++) {
        mul_mod(r, r);
        if (i & 1) mul_mod(r, b);
    }
    for (int i = 0; i < W; i++) sum ^= f[i] + (uint64_t)i;
    for (int i = 0; i < 32; i++) sum = sum * 31 + r[i];
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
