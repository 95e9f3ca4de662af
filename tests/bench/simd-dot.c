/* SPDX-License-Identifier: BSD-2-Clause */
/* SIMD by the compiler's vectoriser: dot products of 16-bit and 8-bit integers, saturating mixing of sound. */
#include <stdint.h>
#include <stdio.h>

enum { N = 8192 };
static int16_t a[N], b[N], m[N];
static int8_t p[N], q[N];

int main(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < N; i++) a[i] = (int16_t)(i * 31), b[i] = (int16_t)(i * 17 - 9000), p[i] = (int8_t)(i * 7), q[i] = (int8_t)(i * 3);
    for (int r = 0; r < 6000; r++) {
        int32_t s = 0, t = 0;
        for (int i = 0; i < N; i++) s += a[i] * b[i];
        for (int i = 0; i < N; i++) t += p[i] * q[i];
        for (int i = 0; i < N; i++) {
            int v = m[i] + (a[i] * 3 >> 3);
            m[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
        }
        sum = sum * 31 + (uint32_t)s + (uint32_t)t + (uint16_t)m[r % N];
        a[r % N] ^= 5;
    }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
