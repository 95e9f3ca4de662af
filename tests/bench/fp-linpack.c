/* SPDX-License-Identifier: BSD-2-Clause */
/* Doubles: solving a dense system by elimination with partial pivoting. */
#include <math.h>
#include <stdio.h>

enum { N = 200 };
static double a[N][N + 1], x[N];

static double solve(unsigned seed)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j <= N; j++) {
            seed = seed * 1103515245 + 12345;
            a[i][j] = (seed >> 8) / 16777216.0 - 0.5;
        }
    }
    for (int k = 0; k < N; k++) {
        int p = k;
        for (int i = k + 1; i < N; i++) p = fabs(a[i][k]) > fabs(a[p][k]) ? i : p;
        for (int j = k; p != k && j <= N; j++) {
            double t = a[k][j];
            a[k][j] = a[p][j];
            a[p][j] = t;
        }
        for (int i = k + 1; i < N; i++) {
            double m = a[i][k] / a[k][k];
            for (int j = k; j <= N; j++) a[i][j] -= m * a[k][j];
        }
    }
    double sum = 0;
    for (int k = N - 1; k >= 0; k--) {
        double s = a[k][N];
        for (int j = k + 1; j < N; j++) s -= a[k][j] * x[j];
        sum += x[k] = s / a[k][k];
    }
    return sum;
}

int main(void)
{
    double sum = 0;

    for (unsigned r = 0; r < 25; r++) sum += solve(r);
    printf("%.5f\n", sum);
    return 0;
}
