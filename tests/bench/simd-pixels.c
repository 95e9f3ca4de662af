/* SPDX-License-Identifier: BSD-2-Clause */
/* SIMD by the compiler's vectoriser: bytes with saturation, 16-bit sums, floats. */
#include <stdint.h>
#include <stdio.h>

#define N 16384
static uint8_t a[N], b[N], c[N];
static int16_t h[N];
static float x[N], y[N];

int main(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) a[i] = (uint8_t)(i * 7), b[i] = (uint8_t)(i * 13), x[i] = (float)i, y[i] = 1;
    for (int r = 0; r < 6000; r++) {
        for (int i = 0; i < N; i++) {
            int s = a[i] + b[i];
            c[i] = (uint8_t)(s > 255 ? 255 : s);
        }
        for (int i = 0; i < N; i++) h[i] = (int16_t)(h[i] + c[i] * 3);
        for (int i = 0; i < N; i++) y[i] = y[i] * 0.5f + x[i];
        a[r % N]++;
    }
    for (int i = 0; i < N; i++) sum = sum * 31 + c[i] + (uint16_t)h[i] + (uint64_t)y[i];
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
