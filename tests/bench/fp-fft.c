/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalar doubles: a radix-2 Fourier transform, forth and back. */
#include <math.h>
#include <stdio.h>

enum { LOG = 12, N = 1 << LOG };
static double re[N], im[N], wr[N / 2], wi[N / 2];

static void transform(int inverse)
{
    for (unsigned i = 1, j = 0; i < N; i++) {
        unsigned bit = N >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            double t = re[i]; re[i] = re[j]; re[j] = t;
            t = im[i]; im[i] = im[j]; im[j] = t;
        }
    }
    for (unsigned len = 2; len <= N; len <<= 1) {
        unsigned half = len / 2, step = N / len;
        for (unsigned i = 0; i < N; i += len) {
            for (unsigned k = 0; k < half; k++) {
                double c = wr[k * step], s = inverse ? -wi[k * step] : wi[k * step];
                double xr = re[i + k + half] * c - im[i + k + half] * s;
                double xi = re[i + k + half] * s + im[i + k + half] * c;
                re[i + k + half] = re[i + k] - xr;
                im[i + k + half] = im[i + k] - xi;
                re[i + k] += xr;
                im[i + k] += xi;
            }
        }
    }
    for (unsigned i = 0; inverse && i < N; i++) re[i] /= N, im[i] /= N;
}

int main(void)
{
    double sum = 0;

    for (unsigned i = 0; i < N / 2; i++) wr[i] = cos(2 * M_PI * i / N), wi[i] = -sin(2 * M_PI * i / N);
    for (unsigned i = 0; i < N; i++) re[i] = (i * 7919 % 1009) / 1009.0, im[i] = 0;
    for (int r = 0; r < 100; r++) {
        transform(0);
        re[r] *= 0.5;
        transform(1);
    }
    for (unsigned i = 0; i < N; i++) sum += re[i] * i - im[i];
    printf("%.6f\n", sum);
    return 0;
}
