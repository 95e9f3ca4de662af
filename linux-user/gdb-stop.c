/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a debugger stops threads and lets them go.
 *
 * The program runs or is stopped as a whole. A thread that has something to tell asks for the stop;
 * all others are kicked out of guest code, and out of system calls by a SIGBUS of our own (which is
 * never blocked on the host), and wait between two guest instructions. A thread that waits has put
 * its registers where the server can reach them, since some of them live in its host CPU.
 */
#include "gdb-private.h"
#include "fds.h"
#include "host.h"
#include "target.h"
#include "thread-private.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_BREAKS 1024

bool lu_gdb_on;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool stopping;               /* threads have to wait */
static uint64_t epoch;              /* number of resumes so far */
static LuThread *reason;
static int reason_sig, event_fd = -1;
static uint64_t breaks[MAX_BREAKS];
static unsigned nbreaks;

/* Stopping */

static void ask_to_stop(LuThread *t, void *unused)
{
    siginfo_t info = { .si_signo = SIGBUS, .si_code = LU_SI_STOP };

    if (t->env) {
        tcg_kick(t->env);
    }
    LU_RAW4(SYS_rt_tgsigqueueinfo, LU_RAW1(SYS_getpid, 0), t->tid, SIGBUS, &info);
}

/* Under the lock. False: the program is stopping already, for another reason. */
static bool begin_stop(LuThread *t, int sig)
{
    uint64_t one = 1;

    if (stopping) {
        return false;
    }
    stopping = true;
    reason = t;
    reason_sig = sig;
    lu_list_each(t, ask_to_stop, NULL);
    return write(event_fd, &one, sizeof one) == sizeof one || true;
}

/* Under the lock: t waits until the program goes on. */
static void park(LuThread *t)
{
    uint64_t now = epoch;

    lu_target->abi->regs_get(t->env, &t->gdb.regs);
    t->gdb.regs_changed = false;
    t->gdb.parked = true;
    pthread_cond_broadcast(&changed);
    while (stopping && epoch == now) {
        pthread_cond_wait(&changed, &lock);
    }
    t->gdb.parked = false;
    if (t->gdb.regs_changed) {
        lu_target->abi->regs_set(t->env, &t->gdb.regs);
        t->restart = 0;
    }
}

/* The server uses locks and conditions: no guest signal may come in between. */
static void enter(void)
{
    lu_signal_block();
    pthread_mutex_lock(&lock);
}

static void leave(LuThread *t)
{
    pthread_mutex_unlock(&lock);
    lu_signal_unblock(t);
}

bool lu_gdb_poll(LuThread *t)
{
    if (t->vfork_child) {
        return false;
    }
    if (__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
        enter();
        while (stopping) {
            park(t);
        }
        leave(t);
    }
    return t->gdb.go == LU_GDB_STEP;
}

void lu_gdb_stop(LuThread *t, int sig)
{
    if (t->vfork_child) {
        return;
    }
    enter();
    begin_stop(t, sig);         /* if it was stopping before: a breakpoint is met again */
    while (stopping) {
        park(t);
    }
    if (t->gdb.signal) {        /* the debugger sends one by itself */
        LU_RAW3(SYS_tgkill, LU_RAW1(SYS_getpid, 0), t->tid, t->gdb.signal);
        t->gdb.signal = 0;
    }
    leave(t);
}

int lu_gdb_signal(LuThread *t, const void *siginfo)
{
    int sig = ((const siginfo_t *)siginfo)->si_signo;

    if (t->vfork_child || sig == SIGKILL) {
        return sig;
    }
    enter();
    while (lu_gdb_on && stopping) {
        park(t);
    }
    if (lu_gdb_on) {
        memcpy(t->gdb.info, siginfo, sizeof t->gdb.info);
        t->gdb.signal = 0;
        begin_stop(t, sig);
        while (stopping) {
            park(t);
        }
        memset(t->gdb.info, 0, sizeof t->gdb.info);
        sig = t->gdb.signal;
        t->gdb.signal = 0;
    }
    leave(t);
    return sig;
}

void lu_gdb_away(LuThread *t, bool away)
{
    pthread_mutex_lock(&lock);
    if (away) {
        lu_target->abi->regs_get(t->env, &t->gdb.regs);
    }
    t->gdb.parked = away;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void lu_gdb_gone(LuThread *t)
{
    pthread_mutex_lock(&lock);
    if (reason == t) {
        reason = NULL;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void lu_gdb_forked(void)
{
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
    lu_gdb_on = stopping = false;
    close(event_fd);
    close(lu_gdb_fd);
    while (nbreaks) {
        lu_gdb_break_set(breaks[0], false);
    }
}

/* The server's side */

int lu_gdb_event_fd(void)
{
    return event_fd;
}

void lu_gdb_interrupt(void)
{
    pthread_mutex_lock(&lock);
    begin_stop(NULL, SIGINT);
    pthread_mutex_unlock(&lock);
}

static void is_waiting(LuThread *t, void *all)
{
    *(bool *)all = *(bool *)all && t->gdb.parked;
}

static void take_any(LuThread *t, void *found)
{
    if (!*(LuThread **)found) {
        *(LuThread **)found = t;
    }
}

LuThread *lu_gdb_wait_stopped(int *sig)
{
    uint64_t n;
    LuThread *t;

    pthread_mutex_lock(&lock);
    for (;;) {
        bool all = true;
        lu_list_each(NULL, is_waiting, &all);
        if (all) {
            break;
        }
        pthread_cond_wait(&changed, &lock);
    }
    if (read(event_fd, &n, sizeof n) < 0) {
        n = 0;
    }
    t = reason;
    if (!t) {
        lu_list_each(NULL, take_any, &t);
    }
    *sig = reason_sig;
    pthread_mutex_unlock(&lock);
    return t;
}

void lu_gdb_resume(void)
{
    pthread_mutex_lock(&lock);
    stopping = false;
    epoch++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void let_go(LuThread *t, void *unused)
{
    t->gdb.go = LU_GDB_RUN;
}

void lu_gdb_detach(void)
{
    while (nbreaks) {
        lu_gdb_break_set(breaks[0], false);
    }
    lu_list_each(NULL, let_go, NULL);
    lu_gdb_on = false;
    lu_gdb_resume();
}

void lu_gdb_start(LuThread *t)
{
    pthread_attr_t attr;
    pthread_t id;

    event_fd = lu_fd_own(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    lu_gdb_on = true;
    lu_signal_block();
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 * 1024);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int e = pthread_create(&id, &attr, lu_gdb_serve, NULL);
    pthread_attr_destroy(&attr);
    lu_signal_reclaim(t);
    lu_signal_watch_all(t);
    lu_signal_unblock(t);
    if (e) {
        lu_gdb_on = false;
        return;
    }
    lu_gdb_stop(t, SIGTRAP);
}

/* Breakpoints: changed only while everything is stopped. */

bool lu_gdb_breakpoint(uint64_t pc)
{
    for (unsigned i = 0; i < nbreaks; i++) {
        if (breaks[i] == pc) {
            return true;
        }
    }
    return false;
}

bool lu_gdb_break_set(uint64_t pc, bool on)
{
    unsigned i = 0;

    while (i < nbreaks && breaks[i] != pc) {
        i++;
    }
    if (on && i == nbreaks) {
        if (nbreaks == MAX_BREAKS) {
            return false;
        }
        breaks[nbreaks++] = pc;
    } else if (!on && i < nbreaks) {
        breaks[i] = breaks[--nbreaks];
    }
    tcg_invalidate(pc, 4);
    return true;
}
