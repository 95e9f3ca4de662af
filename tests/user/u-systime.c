/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, timers, descriptors that tell of events, signals and System V and POSIX IPC, call by call. */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAD ((void *)8)

static int64_t ns(clockid_t c)
{
    struct timespec t;

    clock_gettime(c, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static volatile sig_atomic_t hits, last_value;
static volatile int last_code;
static void *volatile last_ptr;

static void on_signal(int sig, siginfo_t *si, void *uc)
{
    hits++;
    last_code = si->si_code;
    last_value = si->si_value.sival_int;
    last_ptr = si->si_value.sival_ptr;
}

static void handle(int sig, int flags)
{
    struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags };

    sigaction(sig, &sa, NULL);
}

static void test_clocks(void)
{
    static const clockid_t all[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
                                     CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,
                                     CLOCK_BOOTTIME, CLOCK_TAI };
    struct timespec t, r;
    int good = 0, res = 0;

    for (unsigned i = 0; i < 9; i++) {
        int64_t a = ns(all[i]), b = ns(all[i]);
        good += a > 0 && b >= a;
        res += clock_getres(all[i], &t) == 0 && t.tv_sec == 0 && t.tv_nsec > 0;
    }
    is(good, 9, "clock_gettime: all clocks go forward");
    is(res, 9, "clock_getres: all clocks");
    fails(syscall(SYS_clock_gettime, 99, &t), EINVAL, "clock_gettime: no such clock");
    fails(syscall(SYS_clock_gettime, CLOCK_REALTIME, BAD), EFAULT, "clock_gettime: bad address");
    fails(syscall(SYS_clock_getres, 99, &t), EINVAL, "clock_getres: no such clock");
    is(syscall(SYS_clock_getres, CLOCK_REALTIME, NULL), 0, "clock_getres: nothing wanted");
    fails(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &(struct timespec){ 1, 0 }), EINVAL,
          "clock_settime: CLOCK_MONOTONIC");
    clockid_t c;
    is(clock_getcpuclockid(getpid(), &c), 0, "clock_getcpuclockid");
    ok(ns(c) > 0, "the clock of a process");
    pthread_getcpuclockid(pthread_self(), &c);
    ok(ns(c) > 0, "the clock of a thread");
    t = (struct timespec){ 0, 3000000 };
    int64_t before = ns(CLOCK_MONOTONIC);
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &r), 0, "clock_nanosleep");
    ok(ns(CLOCK_MONOTONIC) - before >= 3000000, "clock_nanosleep: as long as asked");
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 3000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    is(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL), 0, "clock_nanosleep: TIMER_ABSTIME");
    t = (struct timespec){ 0, 1000000000 };
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL), EINVAL, "clock_nanosleep: nanoseconds");
    is(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &t, NULL), EINVAL, "clock_nanosleep: the thread's own clock");
    fails(nanosleep(&(struct timespec){ -1, 0 }, NULL), EINVAL, "nanosleep: negative");
    fails(syscall(SYS_nanosleep, BAD, NULL), EFAULT, "nanosleep: bad address");
    handle(SIGALRM, 0);
    hits = 0;
    ualarm(20000, 0);
    r = (struct timespec){ 0, 0 };
    fails(nanosleep(&(struct timespec){ 5, 0 }, &r), EINTR, "nanosleep: a handler ran");
    ok(r.tv_sec == 4 && hits == 1, "nanosleep: what is left");
    handle(SIGALRM, SA_RESTART);
    ualarm(20000, 0);
    fails(nanosleep(&(struct timespec){ 5, 0 }, &r), EINTR, "nanosleep: SA_RESTART changes nothing");
    struct timeval tv;
    struct timezone tz = { 7, 7 };
    is(gettimeofday(&tv, &tz), 0, "gettimeofday");
    ok(tv.tv_usec >= 0 && tv.tv_usec < 1000000 && llabs(tv.tv_sec - time(NULL)) <= 1, "gettimeofday: now");
    struct timex tx = { 0 };
    ok(syscall(SYS_adjtimex, &tx) >= 0 && tx.tick > 0, "adjtimex");
    ok(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &tx) >= 0, "clock_adjtime");
    fails(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &tx), EOPNOTSUPP, "clock_adjtime: CLOCK_MONOTONIC");
}

static void test_timers(void)
{
    timer_t t;
    struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 4711 };
    struct itimerspec it = { { 0, 0 }, { 0, 2000000 } }, old;

    handle(SIGUSR1, 0);
    hits = 0;
    is(timer_create(CLOCK_MONOTONIC, &ev, &t), 0, "timer_create");
    is(timer_settime(t, 0, &it, NULL), 0, "timer_settime");
    for (int i = 0; i < 1000 && !hits; i++) {
        usleep(1000);
    }
    ok(hits == 1 && last_code == SI_TIMER && last_value == 4711, "timer: its signal");
    it.it_interval.tv_nsec = 100000;
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigprocmask(SIG_BLOCK, &s, NULL);
    timer_settime(t, 0, &it, NULL);
    usleep(20000);
    siginfo_t si;
    is(sigwaitinfo(&s, &si), SIGUSR1, "timer: sigwaitinfo");
    ok(si.si_overrun > 10 && si.si_code == SI_TIMER, "timer: overruns");
    is(timer_gettime(t, &old), 0, "timer_gettime");
    ok(old.it_interval.tv_nsec == 100000 && old.it_value.tv_nsec <= 100000, "timer_gettime: interval");
    ok(timer_getoverrun(t) >= 0, "timer_getoverrun");
    is(timer_delete(t), 0, "timer_delete");
    fails(syscall(SYS_timer_delete, 0x7777), EINVAL, "timer_delete: no such timer");
    fails(syscall(SYS_timer_create, 99, &ev, &t), EINVAL, "timer_create: clock");
    ev.sigev_signo = 99;
    fails(syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &t), EINVAL, "timer_create: signal");
    fails(syscall(SYS_timer_create, CLOCK_REALTIME, BAD, &t), EFAULT, "timer_create: bad address");
    struct timespec none = { 0, 0 };
    while (sigtimedwait(&s, &si, &none) > 0) {
    }
    sigprocmask(SIG_UNBLOCK, &s, NULL);
    struct itimerval iv = { { 0, 1000 }, { 0, 1000 } };
    handle(SIGVTALRM, 0);
    hits = 0;
    setitimer(ITIMER_VIRTUAL, &iv, NULL);
    int64_t until = ns(CLOCK_MONOTONIC) + 20000000000ll;
    while (hits < 5 && ns(CLOCK_MONOTONIC) < until) {
    }
    ok(hits >= 5, "ITIMER_VIRTUAL");
    iv = (struct itimerval){ { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_VIRTUAL, &iv, NULL);
    handle(SIGPROF, 0);
    hits = 0;
    iv = (struct itimerval){ { 0, 1000 }, { 0, 1000 } };
    setitimer(ITIMER_PROF, &iv, NULL);
    while (hits < 5 && ns(CLOCK_MONOTONIC) < until) {
    }
    ok(hits >= 5, "ITIMER_PROF");
    iv = (struct itimerval){ { 0, 0 }, { 0, 0 } };
    setitimer(ITIMER_PROF, &iv, NULL);
}

static void test_timerfd(void)
{
    uint64_t n = 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec it = { { 0, 1000000 }, { 0, 1000000 } }, old;

    ok(fd >= 0, "timerfd_create");
    fails(timerfd_create(99, 0), EINVAL, "timerfd_create: clock");
    fails(timerfd_create(CLOCK_MONOTONIC, 0x7), EINVAL, "timerfd_create: flags");
    fails(read(fd, &n, 8), EAGAIN, "timerfd: nothing yet");
    is(timerfd_settime(fd, 0, &it, NULL), 0, "timerfd_settime");
    usleep(10000);
    is(read(fd, &n, 8), 8, "timerfd: read");
    ok(n >= 5, "timerfd: expirations");
    fails(read(fd, &n, 4), EINVAL, "timerfd: too small");
    is(timerfd_gettime(fd, &old), 0, "timerfd_gettime");
    is(old.it_interval.tv_nsec, 1000000, "timerfd_gettime: interval");
    it.it_value.tv_nsec = 1000000000;
    fails(timerfd_settime(fd, 0, &it, NULL), EINVAL, "timerfd_settime: nanoseconds");
    fails(timerfd_settime(fd, 0x100, &it, NULL), EINVAL, "timerfd_settime: flags");
    fails(timerfd_settime(0, 0, &old, NULL), EINVAL, "timerfd_settime: not a timer");
    fails(timerfd_gettime(-1, &old), EBADF, "timerfd_gettime: bad descriptor");
    fails(timerfd_gettime(fd, BAD), EFAULT, "timerfd_gettime: bad address");
    close(fd);
}

static void test_eventfd(void)
{
    uint64_t v;
    int fd = eventfd(3, EFD_NONBLOCK);

    is(read(fd, &v, 8), 8, "eventfd: read");
    is(v, 3, "eventfd: value");
    fails(read(fd, &v, 8), EAGAIN, "eventfd: zero");
    v = UINT64_MAX;
    fails(write(fd, &v, 8), EINVAL, "eventfd: the value that cannot be written");
    v = UINT64_MAX - 1;
    is(write(fd, &v, 8), 8, "eventfd: the largest");
    v = 1;
    fails(write(fd, &v, 8), EAGAIN, "eventfd: full");
    fails(write(fd, &v, 7), EINVAL, "eventfd: too small");
    struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
    is(poll(&p, 1, 0) == 1 ? p.revents : -1, POLLIN, "eventfd: poll");
    close(fd);
    fd = eventfd(2, EFD_SEMAPHORE);
    read(fd, &v, 8);
    is(v, 1, "EFD_SEMAPHORE");
    close(fd);
    fails(eventfd(0, 0x7), EINVAL, "eventfd: flags");
}

static void test_signalfd(void)
{
    sigset_t s;
    struct signalfd_siginfo si;

    sigemptyset(&s);
    sigaddset(&s, SIGUSR2);
    sigprocmask(SIG_BLOCK, &s, NULL);
    int fd = signalfd(-1, &s, SFD_NONBLOCK | SFD_CLOEXEC);
    ok(fd >= 0, "signalfd");
    fails(read(fd, &si, sizeof si), EAGAIN, "signalfd: nothing yet");
    sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 99 });
    is(read(fd, &si, sizeof si), sizeof si, "signalfd: read");
    ok(si.ssi_signo == SIGUSR2 && si.ssi_int == 99 && si.ssi_pid == (uint32_t)getpid() && si.ssi_code == SI_QUEUE,
       "signalfd: what");
    fails(read(fd, &si, 10), EINVAL, "signalfd: too small");
    fails(signalfd(fd, &s, 0x7), EINVAL, "signalfd: flags");
    fails(signalfd(0, &s, 0), EINVAL, "signalfd: not one");
    fails(syscall(SYS_signalfd4, -1, &s, 4, 0), EINVAL, "signalfd: size of the set");
    close(fd);
    sigprocmask(SIG_UNBLOCK, &s, NULL);
}

static void test_epoll(void)
{
    int e = epoll_create1(EPOLL_CLOEXEC), p[2], e2 = epoll_create1(0);
    struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abcdef0ull }, out[4];

    pipe(p);
    fails(epoll_create1(0x7), EINVAL, "epoll_create1: flags");
    fails(epoll_create(0), EINVAL, "epoll_create: size");
    is(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev), 0, "EPOLL_CTL_ADD");
    fails(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev), EEXIST, "EPOLL_CTL_ADD: again");
    fails(epoll_ctl(e, EPOLL_CTL_MOD, p[1], &ev), ENOENT, "EPOLL_CTL_MOD: not there");
    fails(epoll_ctl(e, EPOLL_CTL_DEL, p[1], &ev), ENOENT, "EPOLL_CTL_DEL: not there");
    fails(epoll_ctl(e, EPOLL_CTL_ADD, e, &ev), EINVAL, "EPOLL_CTL_ADD: itself");
    fails(epoll_ctl(e, EPOLL_CTL_ADD, 0x7000, &ev), EBADF, "EPOLL_CTL_ADD: bad descriptor");
    fails(epoll_ctl(e, EPOLL_CTL_ADD, p[1], BAD), EFAULT, "EPOLL_CTL_ADD: bad event");
    fails(epoll_ctl(e, 77, p[1], &ev), EINVAL, "epoll_ctl: operation");
    int f = open("/tmp", O_RDONLY);
    fails(epoll_ctl(e, EPOLL_CTL_ADD, f, &ev), EPERM, "EPOLL_CTL_ADD: a directory");
    close(f);
    is(epoll_wait(e, out, 4, 0), 0, "epoll_wait: nothing");
    write(p[1], "xy", 2);
    is(epoll_wait(e, out, 4, 1000), 1, "epoll_wait");
    ok(out[0].events == EPOLLIN && out[0].data.u64 == 0x123456789abcdef0ull, "epoll_wait: event and data");
    is(epoll_wait(e, out, 4, 0), 0, "EPOLLET");
    ev.events = EPOLLIN | EPOLLONESHOT;
    is(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev), 0, "EPOLL_CTL_MOD");
    is(epoll_wait(e, out, 4, 0), 1, "EPOLL_CTL_MOD: arms again");
    is(epoll_wait(e, out, 4, 0), 0, "EPOLLONESHOT");
    fails(epoll_wait(e, out, 0, 0), EINVAL, "epoll_wait: no room");
    fails(epoll_wait(e, out, INT_MAX, 0), EINVAL, "epoll_wait: too much room");
    fails(epoll_wait(p[0], out, 1, 0), EINVAL, "epoll_wait: not one");
    fails(epoll_wait(-1, out, 1, 0), EBADF, "epoll_wait: bad descriptor");
    ev.events = EPOLLIN;
    epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev);
    fails(epoll_wait(e, BAD, 1, 0), EFAULT, "epoll_wait: bad buffer");
    is(epoll_wait(e, out, 4, 0), 1, "epoll_wait: the event is still there");
    is(epoll_ctl(e2, EPOLL_CTL_ADD, e, &ev), 0, "epoll in epoll");
    fails(epoll_ctl(e, EPOLL_CTL_ADD, e2, &ev), ELOOP, "epoll in epoll: a circle");
    struct timespec ts = { 0, 1000000 };
    is(syscall(SYS_epoll_pwait2, e, out, 4, &ts, NULL, 0), 1, "epoll_pwait2");
    ts.tv_nsec = -1;
    fails(syscall(SYS_epoll_pwait2, e, out, 4, &ts, NULL, 0), EINVAL, "epoll_pwait2: nanoseconds");
    ts.tv_nsec = 0;
    sigset_t none;
    sigemptyset(&none);
    fails(syscall(SYS_epoll_pwait, e, out, 4, 0, &none, 4), EINVAL, "epoll_pwait: size of the set");
    char c[2];
    read(p[0], c, 2);
    close(p[1]);
    is(epoll_wait(e, out, 4, 0) == 1 ? (int)out[0].events : -1, EPOLLHUP, "EPOLLHUP");
    close(p[0]), close(e), close(e2);
    pipe(p);
    struct pollfd pf[3] = { { p[0], POLLIN, 0 }, { -1, POLLIN, 0 }, { 0x7000, POLLIN, 0 } };
    is(poll(pf, 3, 0), 1, "poll");
    is(pf[2].revents, POLLNVAL, "POLLNVAL");
    fails(poll(BAD, 1, 0), EFAULT, "poll: bad address");
    fails(ppoll(pf, 1, &(struct timespec){ 0, -1 }, NULL), EINVAL, "ppoll: nanoseconds");
    fails(syscall(SYS_ppoll, pf, 1, (void *)8, pf, 5), EFAULT, "ppoll: the time comes before the mask");
    fails(syscall(SYS_pselect6, 0, NULL, NULL, NULL, (void *)8, (void *[]){ pf, (void *)5 }), EFAULT, "pselect6 as well");
    fd_set rs;
    FD_ZERO(&rs);
    FD_SET(p[0], &rs);
    struct timeval tv = { 0, 2000 };
    is(select(p[0] + 1, &rs, NULL, NULL, &tv), 0, "select: timeout");
    ok(!FD_ISSET(p[0], &rs) && tv.tv_sec == 0 && tv.tv_usec == 0, "select: clears, and tells the time left");
    close(dup2(p[0], 200)); /* beyond the descriptor table, select() looks no further: let the table be that long */
    FD_SET(200, &rs);
    fails(select(201, &rs, NULL, NULL, &tv), EBADF, "select: bad descriptor");
    fails(select(-1, &rs, NULL, NULL, &tv), EINVAL, "select: negative");
    tv = (struct timeval){ -1, 0 };
    FD_ZERO(&rs);
    fails(select(1, &rs, NULL, NULL, &tv), EINVAL, "select: negative time");
    handle(SIGALRM, SA_RESTART);
    ualarm(10000, 0);
    fails(select(0, NULL, NULL, NULL, NULL), EINTR, "select: a handler with SA_RESTART");
    ualarm(10000, 0);
    fails(poll(NULL, 0, -1), EINTR, "poll: a handler with SA_RESTART");
    ualarm(10000, 0);
    fails(pause(), EINTR, "pause: a handler with SA_RESTART");
    ualarm(10000, 0);
    int ee = epoll_create1(0);
    fails(epoll_wait(ee, out, 1, -1), EINTR, "epoll_wait: a handler with SA_RESTART");
    handle(SIGALRM, 0);
    ualarm(10000, 0);
    fails(read(p[0], c, 1), EINTR, "read: a handler without SA_RESTART");
    close(ee), close(p[0]), close(p[1]);
}

static void test_signals(void)
{
    sigset_t s, old;
    siginfo_t si;
    struct timespec ts = { 0, 1000000 };

    sigemptyset(&s);
    sigaddset(&s, SIGRTMIN + 2);
    sigaddset(&s, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &s, NULL);
    for (int i = 0; i < 3; i++) {
        sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = i });
    }
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 77 });
    is(sigtimedwait(&s, &si, &ts), SIGRTMIN + 1, "real-time signals: the lowest first");
    is(si.si_value.sival_int, 77, "real-time signals: value");
    int order = 1;
    for (int i = 0; i < 3; i++) {
        order &= sigwaitinfo(&s, &si) == SIGRTMIN + 2 && si.si_value.sival_int == i && si.si_code == SI_QUEUE;
    }
    ok(order, "real-time signals: queued in order");
    fails(sigtimedwait(&s, &si, &ts), EAGAIN, "sigtimedwait: timeout");
    ts.tv_nsec = -1;
    fails(sigtimedwait(&s, &si, &ts), EINVAL, "sigtimedwait: nanoseconds");
    raise(SIGRTMIN + 1);
    sigpending(&old);
    ok(sigismember(&old, SIGRTMIN + 1) && !sigismember(&old, SIGRTMIN + 2), "sigpending");
    sigwaitinfo(&s, &si);
    ok((si.si_code == SI_TKILL || si.si_code == SI_USER) && si.si_pid == getpid(), "raise: who");
    sigprocmask(SIG_UNBLOCK, &s, NULL);
    fails(sigqueue(0x7fffffff, SIGUSR1, (union sigval){ 0 }), ESRCH, "sigqueue: no such process");
    fails(sigqueue(getpid(), 99, (union sigval){ 0 }), EINVAL, "sigqueue: no signal");
    fails(sigaction(SIGKILL, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL), EINVAL, "sigaction: SIGKILL");
    is(syscall(SYS_rt_sigaction, SIGKILL, NULL, NULL, 8), 0, "sigaction: SIGKILL, only asked");
    fails(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL, "sigaction: size of the set");
    fails(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL, "sigaction: no signal");
    fails(syscall(SYS_rt_sigaction, SIGUSR1, BAD, NULL, 8), EFAULT, "sigaction: bad address");
    fails(syscall(SYS_rt_sigprocmask, 77, &s, NULL, 8), EINVAL, "sigprocmask: how");
    is(syscall(SYS_rt_sigprocmask, 77, NULL, &old, 8), 0, "sigprocmask: how does not matter for nothing");
    fails(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &s, NULL, 4), EINVAL, "sigprocmask: size of the set");
    fails(syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD, NULL, 8), EFAULT, "sigprocmask: bad address");
    fails(syscall(SYS_rt_sigsuspend, &s, 4), EINVAL, "sigsuspend: size of the set");
    stack_t st = { .ss_sp = BAD, .ss_size = 100 };
    fails(sigaltstack(&st, NULL), ENOMEM, "sigaltstack: too small");
    st.ss_flags = 0x77;
    st.ss_size = 65536;
    fails(sigaltstack(&st, NULL), EINVAL, "sigaltstack: flags");
    is(sigaltstack(NULL, &st), 0, "sigaltstack: asked");
    struct sigaction so, sa = { .sa_sigaction = on_signal,
                                .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESETHAND | SA_ONSTACK };
    sigaddset(&sa.sa_mask, SIGINT);
    sigaction(SIGUSR2, &sa, NULL);
    sigaction(SIGUSR2, NULL, &so);
    ok(so.sa_sigaction == on_signal && (so.sa_flags & ~0x4000000) == sa.sa_flags && sigismember(&so.sa_mask, SIGINT),
       "sigaction: given back");
    raise(SIGUSR2);
    sigaction(SIGUSR2, NULL, &so);
    ok(so.sa_handler == SIG_DFL, "SA_RESETHAND");
}

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

static void test_ipc(void)
{
    struct sembuf op[2] = { { 0, 2, 0 }, { 1, 3, SEM_UNDO } };
    unsigned short all[3] = { 9, 9, 9 };
    struct semid_ds sd;
    struct timespec ts = { 0, 1000000 };
    int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);

    ok(id >= 0, "semget");
    fails(semget(IPC_PRIVATE, -1, 0600), EINVAL, "semget: number");
    is(semop(id, op, 2), 0, "semop");
    is(semctl(id, 0, GETALL, (union semun){ .array = all }), 0, "GETALL");
    ok(all[0] == 2 && all[1] == 3 && all[2] == 0, "GETALL: values");
    is(semctl(id, 1, GETVAL), 3, "GETVAL");
    is(semctl(id, 2, SETVAL, (union semun){ .val = 7 }), 0, "SETVAL");
    is(semctl(id, 2, GETPID), getpid(), "GETPID");
    fails(semctl(id, 2, SETVAL, (union semun){ .val = 70000 }), ERANGE, "SETVAL: too big");
    op[0] = (struct sembuf){ 0, -5, IPC_NOWAIT };
    fails(semop(id, op, 1), EAGAIN, "semop: IPC_NOWAIT");
    op[0].sem_flg = 0;
    fails(semtimedop(id, op, 1, &ts), EAGAIN, "semtimedop: timeout");
    op[0].sem_num = 9;
    fails(semop(id, op, 1), EFBIG, "semop: no such semaphore");
    fails(semop(id, op, 0), EINVAL, "semop: nothing");
    fails(semop(id, BAD, 1), EFAULT, "semop: bad address");
    fails(semop(id, op, 100000), E2BIG, "semop: too many");
    is(semctl(id, 0, IPC_STAT, (union semun){ .buf = &sd }), 0, "IPC_STAT");
    ok(sd.sem_nsems == 3 && sd.sem_otime > 0 && sd.sem_ctime > 0 && sd.sem_perm.mode == 0600, "IPC_STAT: what it says");
    fails(semctl(id, 0, IPC_STAT, (union semun){ .buf = BAD }), EFAULT, "IPC_STAT: bad address");
    sd.sem_perm.mode = 0640;
    is(semctl(id, 0, IPC_SET, (union semun){ .buf = &sd }), 0, "IPC_SET");
    fails(semctl(id, 0, 9999), EINVAL, "semctl: command");
    is(semctl(id, 0, IPC_RMID), 0, "IPC_RMID");
    ok(semctl(id, 0, GETVAL) == -1 && (errno == EINVAL || errno == EIDRM), "semctl: removed");

    struct { long type; char text[32]; } m = { 5, "five" };
    struct msqid_ds md;
    id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    ok(id >= 0, "msgget");
    is(msgsnd(id, &m, 5, 0), 0, "msgsnd");
    m.type = 3;
    strcpy(m.text, "three");
    is(msgsnd(id, &m, 6, 0), 0, "msgsnd");
    m.type = 0;
    fails(msgsnd(id, &m, 6, 0), EINVAL, "msgsnd: type");
    m.type = 1;
    fails(msgsnd(id, &m, 1 << 24, 0), EINVAL, "msgsnd: length");
    fails(msgsnd(id, BAD, 6, 0), EFAULT, "msgsnd: bad address");
    is(msgctl(id, IPC_STAT, &md), 0, "IPC_STAT");
    ok(md.msg_qnum == 2 && md.msg_lspid == getpid() && md.msg_cbytes == 11, "IPC_STAT: what it says");
    is(msgrcv(id, &m, 32, -4, 0), 6, "msgrcv: up to a type");
    ok(m.type == 3 && !strcmp(m.text, "three"), "msgrcv: the message");
    fails(msgrcv(id, &m, 2, 0, 0), E2BIG, "msgrcv: too long");
    is(msgrcv(id, &m, 2, 0, MSG_NOERROR), 2, "msgrcv: MSG_NOERROR");
    fails(msgrcv(id, &m, 32, 0, IPC_NOWAIT), ENOMSG, "msgrcv: IPC_NOWAIT");
    is(msgctl(id, IPC_RMID, NULL), 0, "IPC_RMID");

    char name[64], buf[64];
    snprintf(name, sizeof name, "/u-systime-%d", getpid());
    struct mq_attr at = { .mq_maxmsg = 4, .mq_msgsize = 64 }, got;
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &at);
    if (q == (mqd_t)-1) {
        ok(errno == ENOSYS || errno == EMFILE, "message queues: not here");
        return;
    }
    is(mq_send(q, "low", 4, 1), 0, "mq_send");
    is(mq_send(q, "high", 5, 9), 0, "mq_send");
    unsigned prio;
    is(mq_receive(q, buf, 64, &prio), 5, "mq_receive");
    ok(prio == 9 && !strcmp(buf, "high"), "mq_receive: the most urgent");
    fails(mq_receive(q, buf, 10, &prio), EMSGSIZE, "mq_receive: too small");
    is(mq_getattr(q, &got), 0, "mq_getattr");
    ok(got.mq_maxmsg == 4 && got.mq_curmsgs == 1 && (got.mq_flags & O_NONBLOCK), "mq_getattr: what it says");
    mq_receive(q, buf, 64, &prio);
    fails(mq_receive(q, buf, 64, &prio), EAGAIN, "mq_receive: empty");
    struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 31 };
    is(mq_notify(q, &ev), 0, "mq_notify");
    fails(mq_notify(q, &ev), EBUSY, "mq_notify: again");
    handle(SIGUSR1, 0);
    hits = 0;
    mq_send(q, "x", 1, 0);
    ok(hits == 1 && last_code == SI_MESGQ && last_value == 31, "mq_notify: the signal");
    fails(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at), EEXIST, "mq_open: O_EXCL");
    mq_close(q);
    is(mq_unlink(name), 0, "mq_unlink");
    fails(mq_open(name, O_RDWR), ENOENT, "mq_open: gone");
    fails(mq_open("no-slash", O_RDWR), EINVAL, "mq_open: name");
    sem_t *sem = sem_open(name, O_CREAT, 0600, 2);
    ok(sem != SEM_FAILED && sem_wait(sem) == 0 && sem_trywait(sem) == 0, "sem_open");
    fails(sem_trywait(sem), EAGAIN, "sem_trywait");
    sem_unlink(name);
    int shm = shm_open(name, O_RDWR | O_CREAT, 0600);
    ok(shm >= 0 && ftruncate(shm, 4096) == 0 && shm_unlink(name) == 0, "shm_open");
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    test_clocks();
    test_timers();
    test_timerfd();
    test_eventfd();
    test_signalfd();
    test_epoll();
    test_signals();
    test_ipc();
    return tap_done();
}
