/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalar doubles and floats through the C library's functions. */
#include <math.h>
#include <stdio.h>

int main(void)
{
    double sum = 0;

    for (int i = 1; i < 600000; i++) {
        double x = i * 1e-3;
        float f = (float)i * 1e-2f;
        sum += sin(x) * cos(x * 0.7) + exp(-x * 1e-2) + log(x) + sqrt(x) + pow(x, 0.37) + atan2(x, 3.0) + floor(x);
        sum += sinf(f) + expf(-f * 1e-3f) + logf(f) + fminf(f, 9.0f) + (double)lround(x) + fmod(x, 1.7);
    }
    printf("%.4f\n", sum);
    return 0;
}
