/* SPDX-License-Identifier: BSD-2-Clause */
/* SIMD by the compiler's vectoriser: a product of float matrices, rows times scalars. */
#include <stdio.h>

enum { N = 192 };
static float a[N][N], b[N][N], c[N][N];

int main(void)
{
    double sum = 0;

    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) a[i][j] = (float)((i * 7 + j) % 13), b[i][j] = (float)((i + j * 5) % 11);
    for (int r = 0; r < 12; r++) {
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < N; k++) {
                const float x = a[i][k];
                for (int j = 0; j < N; j++) c[i][j] += x * b[k][j];
            }
        }
        a[r][r] += 1;
    }
    for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) sum += c[i][j] * (j + 1);
    printf("%.1f\n", sum);
    return 0;
}
