/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomic operations and waiting, by many threads at once. */
#define _GNU_SOURCE
#include "tap.h"

#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 20000 };

static uint64_t sum64, cas64, bits64, exchanged, ll64;
static uint32_t sum32;
static uint16_t sum16;
static uint8_t sum8;
static uint64_t taken[THREADS];
static struct { uint64_t a, b; } __attribute__((aligned(16))) pair;

#if defined(__aarch64__)
static void add_exclusive(uint64_t *p)
{
    uint64_t v;
    uint32_t failed;

    __asm__ volatile("1: ldxr %0, [%2]\n add %0, %0, #3\n stxr %w1, %0, [%2]\n cbnz %w1, 1b"
                     : "=&r"(v), "=&r"(failed) : "r"(p) : "memory");
}

/* a counts up, b down, always both. By exclusives of pairs and by CASP. */
static void step_pair(int casp)
{
    if (casp) {
        register uint64_t x0 __asm__("x0"), x1 __asm__("x1"), x2 __asm__("x2"), x3 __asm__("x3");
        uint64_t a, b;

        x0 = pair.a;
        x1 = pair.b;
        do {
            a = x0;
            b = x1;
            x2 = a + 1;
            x3 = b - 1;
            __asm__ volatile(".arch armv8.1-a\n casp x0, x1, x2, x3, [%4]"
                             : "+r"(x0), "+r"(x1) : "r"(x2), "r"(x3), "r"(&pair) : "memory");
        } while (x0 != a || x1 != b);
    } else {
        uint64_t a, b;
        uint32_t failed;

        __asm__ volatile("1: ldaxp %0, %1, [%3]\n add %0, %0, #1\n sub %1, %1, #1\n"
                         " stlxp %w2, %0, %1, [%3]\n cbnz %w2, 1b"
                         : "=&r"(a), "=&r"(b), "=&r"(failed) : "r"(&pair) : "memory");
    }
}
#define PAIRS 1
#elif defined(__riscv)
static void add_exclusive(uint64_t *p)
{
    uint64_t v, failed;

    __asm__ volatile("1: lr.d %0, (%2)\n addi %0, %0, 3\n sc.d %1, %0, (%2)\n bnez %1, 1b"
                     : "=&r"(v), "=&r"(failed) : "r"(p) : "memory");
}
#else
static void add_exclusive(uint64_t *p)
{
    __atomic_fetch_add(p, 3, __ATOMIC_RELAXED);
}
#endif

static void *work(void *arg)
{
    const long me = (long)arg;

    for (int i = 0; i < ROUNDS; i++) {
        uint64_t v = __atomic_load_n(&cas64, __ATOMIC_RELAXED);

        __atomic_fetch_add(&sum64, 1, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&sum32, 1, __ATOMIC_RELAXED);
#ifndef __riscv                 /* those need libatomic */
        __atomic_fetch_add(&sum16, 1, __ATOMIC_ACQ_REL);
        __atomic_fetch_add(&sum8, 1, __ATOMIC_ACQ_REL);
#endif
        while (!__atomic_compare_exchange_n(&cas64, &v, v + 5, i & 1, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        }
        __atomic_fetch_xor(&bits64, 1ull << (me * 16 + i % 16), __ATOMIC_RELAXED);
        taken[me] += __atomic_exchange_n(&exchanged, i, __ATOMIC_ACQ_REL);
        add_exclusive(&ll64);
#ifdef PAIRS
        step_pair(i & 1);
#endif
    }
    return NULL;
}

static void sums(void)
{
    pthread_t t[THREADS];
    uint64_t all = 0;

    for (long i = 0; i < THREADS; i++) {
        pthread_create(&t[i], NULL, work, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        all += taken[i];
    }
    is(sum64, THREADS * ROUNDS, "fetch and add, 64 bits");
    is(sum32, THREADS * ROUNDS, "32 bits");
#ifndef __riscv
    is(sum16, (uint16_t)(THREADS * ROUNDS), "16 bits");
    is(sum8, (uint8_t)(THREADS * ROUNDS), "8 bits");
#endif
    is(cas64, 5 * THREADS * ROUNDS, "compare and exchange");
    is(bits64, 0, "fetch and xor");
    is(all + exchanged, (uint64_t)THREADS * ROUNDS * (ROUNDS - 1) / 2, "nothing exchanged is lost");
    is(ll64, 3 * THREADS * ROUNDS, "load and store exclusive");
#ifdef PAIRS
    ok(pair.a == THREADS * ROUNDS && pair.a + pair.b == 0, "128 bits");
#endif
}

/* Message passing and store buffering: never the forbidden outcome. */
static volatile int x, y, r0, r1;
static pthread_barrier_t barrier;
static long forbidden, order_rounds = 3000;

static void *order_peer(void *arg)
{
    for (long i = 0; i < order_rounds; i++) {
        pthread_barrier_wait(&barrier);
        __atomic_store_n(&y, 1, __ATOMIC_SEQ_CST);
        r1 = __atomic_load_n(&x, __ATOMIC_SEQ_CST);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void orders(void)
{
    pthread_t t;

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&t, NULL, order_peer, NULL);
    for (long i = 0; i < order_rounds; i++) {
        x = y = 0;
        pthread_barrier_wait(&barrier);
        __atomic_store_n(&x, 1, __ATOMIC_SEQ_CST);
        r0 = __atomic_load_n(&y, __ATOMIC_SEQ_CST);
        pthread_barrier_wait(&barrier);
        forbidden += !r0 && !r1;
    }
    pthread_join(t, NULL);
    is(forbidden, 0, "store buffering is never seen");
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int who;
static long passes;

static void *passer(void *arg)
{
    const int me = (int)(long)arg;

    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&lock);
        while (who != me) {
            pthread_cond_wait(&cond, &lock);
        }
        passes++;
        who = (me + 1) % THREADS;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void ring(void)
{
    pthread_t t[THREADS];

    for (long i = 0; i < THREADS; i++) {
        pthread_create(&t[i], NULL, passer, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
    }
    is(passes, 1000 * THREADS, "a token goes round by conditions");
}

static void *start_more(void *arg)
{
    pthread_t t;
    const long depth = (long)arg;

    __atomic_fetch_add(&sum64, 1, __ATOMIC_RELAXED);
    if (depth && !pthread_create(&t, NULL, start_more, (void *)(depth - 1))) {
        start_more((void *)(depth - 1));
        pthread_join(t, NULL);
    }
    return NULL;
}

static void tree(void)
{
    sum64 = 0;
    start_more((void *)8);
    is(sum64, 511, "threads start threads");
}

int main(void)
{
    sums();
    orders();
    ring();
    tree();
    return tap_done();
}
