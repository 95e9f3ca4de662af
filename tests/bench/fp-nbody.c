/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalar floating point: five bodies in double precision, a transform in single. */
#include <math.h>
#include <stdio.h>

static double p[5][3] = { { 0, 0, 0 }, { 4.8, -1.2, -0.1 }, { 8.3, 4.1, -0.4 }, { 12.9, -15.1, -0.2 }, { 15.4, -25.9, 0.2 } };
static double v[5][3] = { { 0, 0, 0 }, { 0.6, 2.8, -0.02 }, { -1.0, 1.8, 0.01 }, { 1.0, 0.9, -0.01 }, { 0.98, 0.6, -0.03 } };
static const double mass[5] = { 39.5, 0.037, 0.011, 0.0017, 0.002 };

int main(void)
{
    float f[256], s = 0;
    for (int n = 0; n < 600000; n++) {
        for (int i = 0; i < 5; i++) {
            for (int j = i + 1; j < 5; j++) {
                double d[3], q = 0;
                for (int k = 0; k < 3; k++) d[k] = p[i][k] - p[j][k], q += d[k] * d[k];
                double m = 0.001 / (q * sqrt(q));
                for (int k = 0; k < 3; k++) v[i][k] -= d[k] * mass[j] * m, v[j][k] += d[k] * mass[i] * m;
            }
        }
        for (int i = 0; i < 5; i++) for (int k = 0; k < 3; k++) p[i][k] += 0.001 * v[i][k];
    }
    for (int i = 0; i < 256; i++) f[i] = (float)i / 7;
    for (int n = 0; n < 40000; n++) {
        for (int i = 1; i < 256; i++) f[i] = f[i] * 0.75f + f[i - 1] * 0.25f + (f[i] > 8 ? -0.125f : 0.125f);
        s += f[n & 255];
    }
    printf("%.9f %.9f %.6g\n", p[0][0], p[4][1], (double)s);
    return 0;
}
