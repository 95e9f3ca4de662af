/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled by the foreign compiler: libm, qsort, threads, varargs. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static int cmp(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void *work(void *arg)
{
    long n = 0;
    for (long i = 0; i < 100000; i++) {
        n += i % (long)arg;
    }
    return (void *)n;
}

int main(int argc, char **argv)
{
    int v[] = { 5, 3, 9, 1, 7 };
    pthread_t t[4];
    long sum = 0;

    qsort(v, 5, sizeof *v, cmp);
    for (long i = 0; i < 4; i++) {
        pthread_create(&t[i], NULL, work, (void *)(i + 2));
    }
    for (int i = 0; i < 4; i++) {
        void *r;
        pthread_join(t[i], &r);
        sum += (long)r;
    }
    printf("%d %d %d %.6f %.3e %ld %s\n", v[0], v[2], v[4], sin(1.0), exp(10), sum, argv[argc - 1]);
    return 0;
}
