/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V vectors: single-precision multiply-and-add and a matrix product, on whole registers but for the ends of rows. */
#include <stdint.h>
#include <stdio.h>

enum { N = 1000, SIDE = 100 };
static float x[N], y[N], a[SIDE * SIDE], b[SIDE * SIDE], c[SIDE * SIDE];

static void saxpy(long n, float k, const float *p, float *q)
{
    __asm__ volatile(".option push\n.option arch, +v\n"
                     "1: vsetvli t0, %0, e32, m4, ta, ma\n vle32.v v0, (%1)\n vle32.v v8, (%2)\n"
                     "vfmacc.vf v8, %3, v0\n vse32.v v8, (%2)\n sub %0, %0, t0\n slli t0, t0, 2\n"
                     "add %1, %1, t0\n add %2, %2, t0\n bnez %0, 1b\n.option pop"
                     : "+r"(n), "+r"(p), "+r"(q) : "f"(k) : "t0", "memory");
}

int main(void)
{
    uint32_t sum = 0;

    for (int i = 0; i < N; i++) x[i] = (float)(i % 37) / 8, y[i] = (float)(i % 11);
    for (int i = 0; i < SIDE * SIDE; i++) a[i] = (float)(i % 13) / 4, b[i] = (float)(i % 7) - 3;
    for (int r = 0; r < 20000; r++) {
        saxpy(N, r & 1 ? 0.5f : -0.5f, x, y);
    }
    for (int r = 0; r < 20; r++) {
        for (int i = 0; i < SIDE; i++) {
            for (int k = 0; k < SIDE; k++) {
                saxpy(SIDE, a[i * SIDE + k], b + k * SIDE, c + i * SIDE);
            }
        }
    }
    for (int i = 0; i < N; i++) sum = sum * 31 + *(uint32_t *)&y[i];
    for (int i = 0; i < SIDE * SIDE; i++) sum = sum * 31 + *(uint32_t *)&c[i];
    printf("%08x\n", sum);
    return 0;
}
