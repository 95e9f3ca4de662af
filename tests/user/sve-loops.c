/* SPDX-License-Identifier: BSD-2-Clause */
/* Loops that compilers vectorise. Compiled twice, for SVE and without vectors: PREFIX tells the functions apart. */
#include <stddef.h>
#include <stdint.h>

#define NAME_(p, n) p##n
#define NAME(p, n) NAME_(p, n)
#define F(n) NAME(PREFIX, n)

void F(saxpy)(size_t n, float a, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) {
        y[i] += a * x[i];
    }
}

void F(complex)(size_t n, const double *x, const double *y, double *z)
{
    for (size_t i = 0; i < n; i++) {
        z[2 * i] = x[2 * i] * y[2 * i] - x[2 * i + 1] * y[2 * i + 1];
        z[2 * i + 1] = x[2 * i] * y[2 * i + 1] + x[2 * i + 1] * y[2 * i];
    }
}

void F(masked)(size_t n, const int32_t *x, const int32_t *y, int32_t *z)
{
    for (size_t i = 0; i < n; i++) {
        if (x[i] > y[i]) {
            z[i] = x[i] * 3 - y[i];
        } else if (x[i] & 1) {
            z[i] ^= y[i];
        }
    }
}

int64_t F(dot)(size_t n, const int8_t *x, const int8_t *y)
{
    int32_t r = 0;

    for (size_t i = 0; i < n; i++) {
        r += x[i] * y[i];
    }
    return r;
}

void F(gather)(size_t n, const uint32_t *index, const uint64_t *table, uint64_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = table[index[i]] + i;
    }
}

void F(scatter)(size_t n, const uint32_t *index, const uint16_t *x, uint32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out[index[i]] = x[i] * 5u;
    }
}

void F(grey)(size_t n, const uint8_t *rgb, uint8_t *grey)
{
    for (size_t i = 0; i < n; i++) {
        grey[i] = (uint8_t)((rgb[3 * i] * 77 + rgb[3 * i + 1] * 150 + rgb[3 * i + 2] * 29) >> 8);
    }
}

void F(divide)(size_t n, const int64_t *x, const int64_t *y, int64_t *z)
{
    for (size_t i = 0; i < n; i++) {
        z[i] = y[i] ? x[i] / y[i] : -1;
    }
}

uint64_t F(most)(size_t n, const uint16_t *x)
{
    uint16_t r = 0;

    for (size_t i = 0; i < n; i++) {
        r = x[i] > r ? x[i] : r;
    }
    return r;
}

void F(convert)(size_t n, const int32_t *x, double *y, int16_t *z)
{
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] * 0.5;
        z[i] = (int16_t)(x[i] >> 3);
    }
}

void F(reverse)(size_t n, const uint16_t *x, uint16_t *y)
{
    for (size_t i = 0; i < n; i++) {
        y[n - 1 - i] = (uint16_t)(x[i] << 1 | x[i] >> 15);
    }
}

double F(sum)(size_t n, const double *x)
{
    double r = 0;

    for (size_t i = 0; i < n; i++) {
        r += x[i];
    }
    return r;
}
