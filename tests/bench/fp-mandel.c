/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalar doubles: the Mandelbrot set. Multiplications, sums, one comparison per step. */
#include <stdio.h>

int main(void)
{
    enum { N = 500, LIMIT = 200 };
    unsigned long long sum = 0;

    for (int py = 0; py < N; py++) {
        for (int px = 0; px < N; px++) {
            double cx = 3.0 * px / N - 2.2, cy = 3.0 * py / N - 1.5, x = 0, y = 0;
            int n = 0;
            while (n < LIMIT && x * x + y * y <= 4.0) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
                n++;
            }
            sum = sum * 31 + (unsigned)n;
        }
    }
    printf("%016llx\n", sum);
    return 0;
}
