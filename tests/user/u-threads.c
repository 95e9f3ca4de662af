/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, futexes, robust mutexes, thread-directed signals. */
#define _GNU_SOURCE
#include "tap.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long plain, turn;
static atomic_long atomic_sum;
static __thread long mine;

static void *adder(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        plain++;
        pthread_mutex_unlock(&mutex);
        atomic_fetch_add(&atomic_sum, 1);
        mine++;
    }
    return (void *)mine;
}

static void sums(void)
{
    pthread_t th[THREADS];
    long total = 0;

    for (int i = 0; i < THREADS; i++) {
        is(pthread_create(&th[i], NULL, adder, NULL), 0, "pthread_create");
    }
    for (int i = 0; i < THREADS; i++) {
        void *r;
        pthread_join(th[i], &r);
        total += (long)r;
    }
    is(plain, THREADS * ROUNDS, "mutex");
    is(atomic_sum, THREADS * ROUNDS, "atomic add");
    is(total, THREADS * ROUNDS, "thread-local and results");
}

static void *player(void *arg)
{
    long me = (long)arg;
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 2 != me) {
            pthread_cond_wait(&cond, &mutex);
        }
        turn++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void ping_pong(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, player, (void *)0);
    pthread_create(&b, NULL, player, (void *)1);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    is(turn, 1000, "condition variable");
}

static void *nothing(void *arg)
{
    return arg;
}

static void many(void)
{
    long good = 0;

    for (long i = 0; i < 300; i++) {
        pthread_t th;
        void *r = NULL;
        good += pthread_create(&th, NULL, nothing, (void *)i) == 0 && pthread_join(th, &r) == 0 &&
                r == (void *)i;
    }
    is(good, 300, "300 threads one after another");
}

static pthread_mutex_t robust;

static void *die_with_lock(void *arg)
{
    pthread_mutex_lock(&robust);
    return NULL;
}

static void *try_lock(void *arg)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_sec += 5;
    return (void *)(long)pthread_mutex_timedlock(&robust, &ts);
}

static void robust_mutex(void)
{
    pthread_mutexattr_t a;
    pthread_t th, th2;
    void *r;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &a);
    pthread_create(&th, NULL, die_with_lock, NULL);
    pthread_join(th, NULL);
    is(pthread_mutex_lock(&robust), EOWNERDEAD, "owner died before");
    is(pthread_mutex_consistent(&robust), 0, "made consistent");
    pthread_create(&th2, NULL, try_lock, NULL);
    usleep(20000);
    pthread_mutex_unlock(&robust);
    pthread_join(th2, &r);
    is((long)r, 0, "usable again");
    is(pthread_mutex_lock(&robust), EOWNERDEAD, "second owner died");
    pthread_mutex_consistent(&robust);
    pthread_mutex_unlock(&robust);
}

/* In shared memory, the owner being a process that is killed. */
static void robust_process(void)
{
    pthread_mutexattr_t a;
    pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                              0);
    struct timespec ts;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(m, &a);
    pid_t pid = fork();
    if (!pid) {
        pthread_mutex_lock(m);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_sec += 3;
    is(pthread_mutex_timedlock(m, &ts), EOWNERDEAD, "owner process was killed");
}

static volatile sig_atomic_t got;
static volatile pid_t got_tid;

static void handler(int sig)
{
    got_tid = (pid_t)syscall(SYS_gettid);
    got++;                      /* last: who waits looks at this one */
}

static sem_t sem, sem2;
static volatile pid_t other_tid;

static void *waiter(void *arg)
{
    other_tid = (pid_t)syscall(SYS_gettid);
    sem_post(&sem);
    while (sem_wait(&sem2)) {
    }
    return NULL;
}

static void *spinner(void *arg)
{
    other_tid = (pid_t)syscall(SYS_gettid);
    sem_post(&sem);
    while (got < 2) {
    }
    return NULL;
}

static void directed(void)
{
    pthread_t th;

    sem_init(&sem, 0, 0);
    sem_init(&sem2, 0, 0);
    signal(SIGUSR1, handler);
    pthread_create(&th, NULL, waiter, NULL);
    sem_wait(&sem);
    ok(other_tid != getpid(), "threads have ids");
    syscall(SYS_tgkill, getpid(), other_tid, SIGUSR1);
    for (int i = 0; i < 1000 && !got; i++) {
        usleep(1000);
    }
    ok(got == 1 && got_tid == other_tid, "signal to a thread that sleeps");
    sem_post(&sem2);
    pthread_join(th, NULL);
    pthread_create(&th, NULL, spinner, NULL);
    sem_wait(&sem);
    pthread_kill(th, SIGUSR1);
    pthread_join(th, NULL);
    ok(got == 2 && got_tid == other_tid, "signal to a thread that computes");
}

static void *cancel_me(void *arg)
{
    for (;;) {
        pause();
    }
    return NULL;
}

static void cancels(void)
{
    pthread_t th;
    void *r;

    pthread_create(&th, NULL, cancel_me, NULL);
    usleep(10000);
    is(pthread_cancel(th), 0, "pthread_cancel");
    pthread_join(th, &r);
    ok(r == PTHREAD_CANCELED, "was cancelled");
}

static void futexes(void)
{
    int word = 1;
    struct timespec ts = { 0, 1000000 };

    fails(syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL), EAGAIN, "futex value differs");
    fails(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &ts), ETIMEDOUT, "futex times out");
    is(syscall(SYS_futex, &word, FUTEX_WAKE, 1), 0, "nobody to wake");
    fails(syscall(SYS_futex, (char *)&word + 1, FUTEX_WAIT, 1, NULL), EINVAL, "not aligned");
}

static void *sleeper(void *arg)
{
    while (sem_wait(&sem2)) {
    }
    return (void *)(long)getuid();
}

/* libc tells all threads by a signal of its own. */
static void ids(void)
{
    pid_t pid = fork();
    int status;

    if (!pid) {
        pthread_t th;
        void *r;
        pthread_create(&th, NULL, sleeper, NULL);
        usleep(10000);
        int e = setuid(getuid() ? getuid() : 12345);
        sem_post(&sem2);
        pthread_join(th, &r);
        _exit(e == 0 && (uid_t)(long)r == getuid() ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    is(status, 0, "setuid reaches all threads");
}

static void *exit_group_now(void *arg)
{
    usleep(10000);
    exit(7);
}

static void *fork_in_thread(void *arg)
{
    pid_t pid = fork();
    int status = -1;
    if (!pid) {
        _exit(getpid() == (pid_t)syscall(SYS_gettid) ? 9 : 1);
    }
    waitpid(pid, &status, 0);
    return (void *)(long)status;
}

static void *leave(void *arg)
{
    usleep(20000);
    syscall(SYS_exit, 3);
    return NULL;
}

static void ends(void)
{
    pthread_t th;
    void *r;
    int status;

    pid_t pid = fork();
    if (!pid) {
        pthread_create(&th, NULL, exit_group_now, NULL);
        for (;;) {
            pause();
        }
    }
    waitpid(pid, &status, 0);
    is(status, 7 << 8, "exit from a thread");
    pid = fork();
    if (!pid) {
        pthread_create(&th, NULL, leave, NULL);
        syscall(SYS_exit, 4);
    }
    waitpid(pid, &status, 0);
    ok(status == 3 << 8 || status == 4 << 8, "main thread first, then the other");
    pthread_create(&th, NULL, fork_in_thread, NULL);
    pthread_join(th, &r);
    is((long)r, 9 << 8, "fork in a thread");
    pid = fork();
    if (!pid) {
        pthread_create(&th, NULL, fork_in_thread, NULL);
        pthread_join(th, &r);
        _exit((long)r == 9 << 8 ? 11 : 1);
    }
    waitpid(pid, &status, 0);
    is(status, 11 << 8, "thread in a child, fork in it");
}

static void alone(void)
{
    pthread_t th;
    pthread_create(&th, NULL, nothing, NULL);
    pthread_join(th, NULL);
    pid_t pid = fork();
    int status;
    if (!pid) {
        pthread_create(&th, NULL, nothing, NULL);
        pthread_join(th, NULL);
        int r = unshare(CLONE_NEWUSER);
        _exit(r == 0 || errno == EPERM || errno == ENOSPC ? 0 : errno);
    }
    waitpid(pid, &status, 0);
    is(status, 0, "unshare(CLONE_NEWUSER) once the other thread is gone");
}

static void *change_ids(void *unused)
{
    return (void *)(long)setuid(getuid());
}

/* The first thread of a process makes its parent change ids too, by a signal of libc's. */
static void test_first_thread_signals(void)
{
    int bad = 0;

    for (int i = 0; i < 60; i++) {
        int status;
        pid_t pid = fork();
        if (!pid) {
            pthread_t t;
            void *r = NULL;
            pthread_create(&t, NULL, change_ids, NULL);
            pthread_join(t, &r);
            _exit(r != NULL);
        }
        waitpid(pid, &status, 0);
        bad += status != 0;
    }
    is(bad, 0, "setuid in the first thread of a process");
}

int main(void)
{
    sums();
    ping_pong();
    many();
    robust_mutex();
    robust_process();
    directed();
    cancels();
    futexes();
    ids();
    ends();
    alone();
    test_first_thread_signals();
    return tap_done();
}
