/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer loops: quicksort and heapsort of 300,000 words, binary search. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 300000
static uint32_t v[N];
static uint32_t seed = 1;

static uint32_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    return seed ^= seed << 5;
}

static void quick(uint32_t *a, long n)
{
    while (n > 16) {
        uint32_t p = a[n / 2];
        long i = 0, j = n - 1;
        for (;;) {
            while (a[i] < p) i++;
            while (a[j] > p) j--;
            if (i >= j) break;
            uint32_t t = a[i];
            a[i++] = a[j];
            a[j--] = t;
        }
        quick(a, j + 1);
        a += j + 1;
        n -= j + 1;
    }
    for (long i = 1; i < n; i++) {
        uint32_t x = a[i];
        long j = i;
        for (; j > 0 && a[j - 1] > x; j--) {
            a[j] = a[j - 1];
        }
        a[j] = x;
    }
}

static void sift(uint32_t *a, long i, long n)
{
    uint32_t x = a[i];
    for (long c; (c = 2 * i + 1) < n; i = c) {
        if (c + 1 < n && a[c + 1] > a[c]) c++;
        if (a[c] <= x) break;
        a[i] = a[c];
    }
    a[i] = x;
}

int main(void)
{
    uint64_t sum = 0;
    for (int r = 0; r < 4; r++) {
        for (long i = 0; i < N; i++) v[i] = next();
        if (r % 2) {
            for (long i = N / 2; i-- > 0;) sift(v, i, N);
            for (long i = N; i-- > 1;) {
                uint32_t t = v[0];
                v[0] = v[i];
                v[i] = t;
                sift(v, 0, i);
            }
        } else {
            quick(v, N);
        }
        for (int i = 0; i < N; i++) {
            uint32_t x = next();
            long lo = 0, hi = N;
            while (lo < hi) {
                long mid = (lo + hi) / 2;
                if (v[mid] < x) lo = mid + 1;
                else hi = mid;
            }
            sum += (uint64_t)lo;
        }
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
