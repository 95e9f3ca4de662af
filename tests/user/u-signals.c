/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: handlers, masks, queues, stacks, restarts. */
#define _GNU_SOURCE
#include "tap.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t count, last, code, value, depth, max_depth, on_alt;
static volatile pid_t sender;
static char alt[65536];

static void handler(int sig, siginfo_t *si, void *uc)
{
    char here;
    count++;
    last = sig;
    code = si->si_code;
    sender = si->si_pid;
    value = si->si_value.sival_int;
    on_alt = &here >= alt && &here < alt + sizeof alt;
}

static void install(int sig, int flags, void (*fn)(int, siginfo_t *, void *))
{
    struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };
    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

static void basics(void)
{
    install(SIGUSR1, 0, handler);
    raise(SIGUSR1);
    is(count, 1, "handler ran");
    is(last, SIGUSR1, "number");
    is(code, SI_TKILL, "raise is tkill");
    kill(getpid(), SIGUSR1);
    is(count, 2, "kill");
    is(code, SI_USER, "kill's code");
    is(sender, getpid(), "sender");
    sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 4711 });
    is(value, 4711, "sigqueue value");
    is(code, SI_QUEUE, "sigqueue code");
    install(SIGUSR1, SA_RESETHAND, handler);
    raise(SIGUSR1);
    struct sigaction old;
    sigaction(SIGUSR1, NULL, &old);
    ok(old.sa_handler == SIG_DFL, "SA_RESETHAND");
    fails(sigaction(SIGKILL, &old, NULL), EINVAL, "SIGKILL cannot be caught");
    signal(SIGUSR2, SIG_IGN);
    raise(SIGUSR2);
    sigaction(SIGUSR2, NULL, &old);
    ok(old.sa_handler == SIG_IGN, "ignored");
    install(SIGUSR2, SA_RESTART | SA_ONSTACK | SA_NODEFER, handler);
    sigaction(SIGUSR2, NULL, &old);
    is(old.sa_flags & ~0x04000000, SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER,
       "flags read back");
}

static void masks(void)
{
    sigset_t set, pend, old;

    install(SIGUSR1, 0, handler);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    count = 0;
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR1);
    is(count, 0, "blocked");
    sigpending(&pend);
    is(sigismember(&pend, SIGUSR1), 1, "pending");
    sigprocmask(SIG_SETMASK, &old, NULL);
    is(count, 1, "one of two standard signals");
    int rt = SIGRTMIN + 3;
    install(rt, 0, handler);
    sigaddset(&set, rt);
    sigprocmask(SIG_BLOCK, &set, NULL);
    count = 0;
    for (int i = 0; i < 100; i++) {
        sigqueue(getpid(), rt, (union sigval){ .sival_int = i });
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    is(count, 100, "real-time signals queue");
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    siginfo_t si;
    is(sigwaitinfo(&set, &si), SIGUSR1, "sigwaitinfo");
    is(si.si_pid, getpid(), "its sender");
    struct timespec ts = { 0, 1000000 };
    fails(sigtimedwait(&set, &si, &ts), EAGAIN, "sigtimedwait times out");
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    sigqueue(getpid(), rt, (union sigval){ .sival_int = 77 });
    struct signalfd_siginfo ssi;
    is(read(fd, &ssi, sizeof ssi), sizeof ssi, "signalfd");
    ok(ssi.ssi_signo == (unsigned)rt && ssi.ssi_int == 77, "signalfd info");
    close(fd);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void nested_handler(int sig, siginfo_t *si, void *uc)
{
    depth++;
    max_depth = depth > max_depth ? depth : max_depth;
    if (depth < 5 && ++count < 8) {
        raise(sig);
    }
    depth--;
}

static void other(int sig, siginfo_t *si, void *uc)
{
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    value = sigismember(&now, SIGUSR1) + 2 * sigismember(&now, SIGUSR2) +
            4 * sigismember(&now, SIGHUP);
    count++;
}

static void nesting(void)
{
    count = 0;
    install(SIGUSR1, SA_NODEFER, nested_handler);
    raise(SIGUSR1);
    is(max_depth, 5, "SA_NODEFER nests");
    max_depth = 0;
    install(SIGUSR1, 0, nested_handler);
    raise(SIGUSR1);
    is(max_depth, 1, "without it does not");
    struct sigaction sa = { .sa_sigaction = other, .sa_flags = SA_SIGINFO };
    sigemptyset(&sa.sa_mask);
    sigaddset(&sa.sa_mask, SIGHUP);
    sigaction(SIGUSR2, &sa, NULL);
    raise(SIGUSR2);
    is(value, 6, "sa_mask in the handler");
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    ok(!sigismember(&now, SIGHUP) && !sigismember(&now, SIGUSR2), "mask is restored");
}

static void stacks(void)
{
    stack_t st = { .ss_sp = alt, .ss_size = sizeof alt }, old;

    is(sigaltstack(&st, NULL), 0, "sigaltstack");
    install(SIGUSR1, SA_ONSTACK, handler);
    raise(SIGUSR1);
    is(on_alt, 1, "runs on it");
    install(SIGUSR1, 0, handler);
    raise(SIGUSR1);
    is(on_alt, 0, "without SA_ONSTACK does not");
    sigaltstack(NULL, &old);
    ok(old.ss_sp == alt && old.ss_size == sizeof alt && old.ss_flags == 0, "read back");
    st.ss_size = 100;
    fails(sigaltstack(&st, NULL), ENOMEM, "too small");
    st.ss_flags = SS_DISABLE;
    is(sigaltstack(&st, NULL), 0, "disable");
}

static sigjmp_buf jump;

static void jumper(int sig, siginfo_t *si, void *uc)
{
    siglongjmp(jump, sig);
}

static void jumps(void)
{
    install(SIGUSR1, 0, jumper);
    for (int i = 0; i < 100; i++) {
        if (!sigsetjmp(jump, 1)) {
            raise(SIGUSR1);
        }
    }
    ok(1, "siglongjmp out of a handler, 100 times");
}

static void set_timer(long us)
{
    struct itimerval it = { .it_value = { us / 1000000, us % 1000000 } };
    setitimer(ITIMER_REAL, &it, NULL);
}

static int pipes[2];

static void *write_later(void *arg)
{
    for (int i = 0; count < 2 && i < 1000; i++) {
        usleep(5000);               /* until the handler has run */
    }
    usleep(20000);
    return write(pipes[1], "x", 1) == 1 ? arg : NULL;
}

static void restarts(void)
{
    char c;
    pthread_t th;
    struct timespec ts = { 2, 0 }, left;
    struct pollfd p;
    sigset_t block, old;

    if (pipe(pipes)) {
        return;
    }
    sigemptyset(&block);
    sigaddset(&block, SIGALRM);
    install(SIGALRM, 0, handler);
    count = 0;
    set_timer(20000);
    fails(read(pipes[0], &c, 1), EINTR, "read is interrupted");
    is(count, 1, "by the handler");
    install(SIGALRM, SA_RESTART, handler);
    sigprocmask(SIG_BLOCK, &block, &old);
    pthread_create(&th, NULL, write_later, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    set_timer(20000);
    is(read(pipes[0], &c, 1), 1, "read is restarted");
    is(count, 2, "after the handler");
    pthread_join(th, NULL);
    set_timer(20000);
    fails(nanosleep(&ts, &left), EINTR, "nanosleep is not restarted");
    ok(left.tv_sec >= 1 && left.tv_sec < 2 && left.tv_nsec > 0, "and tells what is left");
    p = (struct pollfd){ pipes[0], POLLIN, 0 };
    set_timer(20000);
    fails(poll(&p, 1, 2000), EINTR, "poll is not restarted");
    set_timer(20000);
    fails(pause(), EINTR, "pause");
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pipes[0], &set);
    struct timeval tv = { 2, 0 };
    set_timer(20000);
    fails(select(pipes[0] + 1, &set, NULL, NULL, &tv), EINTR, "select is not restarted");
    set_timer(20000);
    pid_t pid = fork();
    if (!pid) {
        usleep(80000);
        _exit(5);
    }
    int status;
    is(waitpid(pid, &status, 0), pid, "waitpid is restarted");
    is(status, 5 << 8, "status");
}

static void suspends(void)
{
    sigset_t block, none;
    struct timespec ts = { 2, 0 };

    install(SIGUSR1, 0, other);
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigaddset(&block, SIGHUP);
    sigprocmask(SIG_BLOCK, &block, NULL);
    count = 0;
    raise(SIGUSR1);
    fails(sigsuspend(&none), EINTR, "sigsuspend");
    is(count, 1, "handler ran in it");
    is(value, 1, "with the temporary mask");
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    ok(sigismember(&now, SIGUSR1) && sigismember(&now, SIGHUP), "old mask is back");
    raise(SIGUSR1);
    fails(ppoll(NULL, 0, &ts, &none), EINTR, "ppoll with a mask");
    is(count, 2, "handler ran in it");
    raise(SIGUSR1);
    fails(pselect(0, NULL, NULL, NULL, &ts, &none), EINTR, "pselect with a mask");
    is(count, 3, "handler ran in it");
    ts = (struct timespec){ 0, 1000 };
    is(ppoll(NULL, 0, &ts, &none), 0, "ppoll times out");
    sigprocmask(SIG_SETMASK, NULL, &now);
    ok(sigismember(&now, SIGUSR1), "old mask is back");
    sigprocmask(SIG_UNBLOCK, &block, NULL);
}

static volatile int storm_stop;
static volatile long storm_count;

static void storm_handler(int sig, siginfo_t *si, void *uc)
{
    storm_count++;
}

static void *storm(void *arg)
{
    pthread_t *to = arg;
    while (!storm_stop) {
        pthread_kill(*to, SIGUSR1);
    }
    return NULL;
}

/* Many signals while all kinds of calls are made: nothing may be lost or wrong. */
static void storms(void)
{
    pthread_t self = pthread_self(), th;
    long good = 0, x = 1;
    int fds[2];
    char c = 0;

    install(SIGUSR1, SA_RESTART, storm_handler);
    if (pipe(fds)) {
        return;
    }
    pthread_create(&th, NULL, storm, &self);
    long i = 0;
    for (; i < 3000 || storm_count < 200; i++) {
        x = x * 6364136223846793005L + 1;
        good += write(fds[1], &x, 1) == 1 && read(fds[0], &c, 1) == 1 && c == (char)x;
        good += getppid() > 0;
    }
    storm_stop = 1;
    pthread_join(th, NULL);
    is(good, 2 * i, "calls in a storm of signals");
    ok(storm_count > 0, "signals arrived");
}

static void all_numbers(void)
{
    int good = 0;

    for (int i = 1; i <= 64; i++) {
        if (i == SIGKILL || i == SIGSTOP) {
            continue;
        }
        unsigned long old[4];
        good += syscall(SYS_rt_sigaction, i, NULL, old, 8) == 0;
    }
    is(good, 62, "all 64 signals exist");
    fails(syscall(SYS_rt_sigaction, 65, NULL, NULL, 8), EINVAL, "not 65");
    fails(syscall(SYS_rt_sigaction, 1, NULL, NULL, 16), EINVAL, "set size");
}

/* How a process ends by a signal. */
static void deaths(void)
{
    static const int sigs[] = { SIGTERM, SIGKILL, SIGSEGV, SIGABRT, SIGUSR1, SIGALRM, 40 };

    signal(SIGUSR1, SIG_DFL);
    for (unsigned i = 0; i < sizeof sigs / sizeof *sigs; i++) {
        pid_t pid = fork();
        int status;
        if (!pid) {
            signal(SIGALRM, SIG_DFL);
            kill(getpid(), sigs[i]);
            _exit(1);
        }
        waitpid(pid, &status, 0);
        ok(WIFSIGNALED(status) && WTERMSIG(status) == sigs[i], "dies of the signal");
    }
    int go[2];
    pipe(go);
    pid_t pid = fork();
    int status;
    if (!pid) {
        char byte;
        setpgid(0, 0);          /* SIGTSTP stops nobody in an orphaned process group */
        raise(SIGSTOP);
        read(go[0], &byte, 1);  /* until the parent has seen that we continue */
        raise(SIGTSTP);
        _exit(3);
    }
    waitpid(pid, &status, WUNTRACED);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "stops");
    kill(pid, SIGCONT);
    waitpid(pid, &status, WUNTRACED | WCONTINUED);
    ok(WIFCONTINUED(status), "continues");
    write(go[1], "x", 1);
    close(go[0]), close(go[1]);
    waitpid(pid, &status, WUNTRACED);
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP, "stops again");
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    is(status, 3 << 8, "ends");
}

static void blocked_fault_signals(void)
{
    sigset_t set, old, pend;

    install(SIGSEGV, 0, handler);
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, &old);
    count = 0;
    kill(getpid(), SIGSEGV);
    is(count, 0, "a SIGSEGV that was sent can be blocked");
    sigpending(&pend);
    is(sigismember(&pend, SIGSEGV), 1, "it is pending");
    sigprocmask(SIG_SETMASK, &old, NULL);
    is(count, 1, "and comes when unblocked");
    signal(SIGSEGV, SIG_DFL);
}

int main(void)
{
    basics();
    masks();
    nesting();
    stacks();
    jumps();
    restarts();
    suspends();
    storms();
    all_numbers();
    deaths();
    blocked_fault_signals();
    return tap_done();
}
