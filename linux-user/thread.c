/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of guest threads, and the loop each of them runs. */
#include "thread.h"
#include "guestmem.h"
#include "host.h"
#include "map.h"
#include "seccomp.h"
#include "syscall.h"
#include "target.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/forked.h"
#include "base/log.h"
#include "thread-private.h"

#define ROBUST_LIMIT 2048
#define MAX_DYING 64
#define SETTLE_TRIES 100000

__thread LuThread *lu_self;

static LuThread first __attribute__((aligned(4096)));  /* what a fork's child writes of it is in its first page */
static BASE_FORKED pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static BASE_FORKED LuThread *list;
static BASE_FORKED unsigned count;
static pid_t dying[MAX_DYING];      /* host threads that may still be there */
static BASE_FORKED unsigned ndying;

uint64_t *lu_args(LuThread *t)
{
    return (uint64_t *)((char *)t->env + lu_target->abi->arg_off);
}

uint64_t *lu_sp(LuThread *t)
{
    return (uint64_t *)((char *)t->env + lu_target->abi->sp_off);
}

void lu_list_add(LuThread *t)
{
    pthread_mutex_lock(&list_lock);
    t->next = list;
    t->prev = NULL;
    if (list) {
        list->prev = t;
    }
    list = t;
    count++;
    pthread_mutex_unlock(&list_lock);
}

static void list_remove(LuThread *t)
{
    pthread_mutex_lock(&list_lock);
    if (t->prev) {
        t->prev->next = t->next;
    } else {
        list = t->next;
    }
    if (t->next) {
        t->next->prev = t->prev;
    }
    count--;
    dying[ndying % MAX_DYING] = t->tid;
    ndying++;
    pthread_mutex_unlock(&list_lock);
}

void lu_list_each(LuThread *skip, void (*fn)(LuThread *t, void *arg), void *arg)
{
    pthread_mutex_lock(&list_lock);
    for (LuThread *t = list; t; t = t->next) {
        if (t != skip) {
            fn(t, arg);
        }
    }
    pthread_mutex_unlock(&list_lock);
}

void lu_list_fork_begin(void)
{
    pthread_mutex_lock(&list_lock);
}

/* In a child only the calling thread is left. */
void lu_list_fork_end(LuThread *t, bool child)
{
    if (!child) {
        pthread_mutex_unlock(&list_lock);
        return;
    }
    pthread_mutex_init(&list_lock, NULL);
    list = t;
    t->next = t->prev = NULL;
    count = 1;
    ndying = 0;
}

unsigned lu_thread_count(void)
{
    return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

pid_t lu_thread_each_filter(struct LuSecFilter *before, struct LuSecFilter *next)
{
    pid_t odd = 0;

    pthread_mutex_lock(&list_lock);
    for (LuThread *t = list; t && !odd; t = t->next) {
        odd = t->seccomp_strict || !lu_seccomp_extends(before, t->seccomp) ? t->tid : 0;
    }
    for (LuThread *t = odd ? NULL : list; t; t = t->next) {
        __atomic_store_n(&t->seccomp, next, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&list_lock);
    return odd;
}

void lu_thread_settle(void)
{
    pid_t pid = (pid_t)LU_RAW1(SYS_getpid, 0);
    unsigned n = ndying < MAX_DYING ? ndying : MAX_DYING;

    for (unsigned i = 0; i < n; i++) {
        /* Bounded: the number may have been given to a new thread. */
        for (unsigned k = 0; k < SETTLE_TRIES && LU_RAW3(SYS_tgkill, pid, dying[i], 0) == 0; k++) {
            sched_yield();
        }
    }
    ndying = 0;
}

LuThread *lu_thread_first(void)
{
    LuThread *t = &first;

    t->env = tcg_env_new();
    t->tid = (pid_t)LU_RAW1(SYS_gettid, 0);
    t->actions = &lu_actions;
    lu_target->abi->cpu_start(t->env, lu_model);
    lu_self = t;
    lu_list_add(t);
    lu_signal_init(t);
    return t;
}

static void exception(LuThread *t, TcgExit why)
{
    switch (why) {
    case TCG_EXIT_FAULT:
        lu_signal_fault(t, tcg_fault(t->env));
        break;
    case TCG_EXIT_BREAK:
        lu_signal_force(t, SIGTRAP, TRAP_BRKPT, t->env->pc);
        break;
    default:
        if (log_on(LOG_UNIMP)) {
            tcg_undef_log(t->env);
        }
        lu_signal_force(t, SIGILL, ILL_ILLOPC, t->env->pc);
    }
}

/* As a debugger wants it: between two instructions the thread may wait, or run only one. */
static TcgExit debugged_run(LuThread *t, bool *stepped)
{
    *stepped = lu_gdb_poll(t);
    TcgExit why = *stepped ? tcg_step(t->env) : tcg_run(t->env);
    if (why != TCG_EXIT_BREAK || !lu_gdb_breakpoint(t->env->pc)) {
        return why;
    }
    if (t->vfork_child) {
        return tcg_step(t->env);
    }
    if (!*stepped) {
        lu_gdb_stop(t, SIGTRAP);
        return TCG_EXIT_POLL;
    }
    return why;
}

void lu_thread_loop(LuThread *t)
{
    bool stepped = false;

    while (!t->stop) {
        TcgExit why = __builtin_expect(lu_gdb_on, 0) ? debugged_run(t, &stepped)
                      : __builtin_expect(t->trace.on, 0) ? (TcgExit)lu_trace_run(t) : tcg_run(t->env);
        if (why == TCG_EXIT_SYSCALL) {
            lu_syscall(t);
        } else if (why != TCG_EXIT_POLL) {
            exception(t, why);
        }
        if (__builtin_expect(t->pending || t->restart, 0)) {
            lu_signal_deliver(t);
        }
        if (__builtin_expect(t->trace.stepped, 0)) {
            lu_trace_stepped(t);
        }
        if (__builtin_expect(stepped, 0)) {
            stepped = false;
            if (lu_gdb_on && !t->stop) {
                lu_gdb_stop(t, SIGTRAP);
            }
        }
    }
}

/* One entry of a robust list: marks the futex as its dead owner's. [kernel robust-futex-ABI] */
static void mark_dead(const LuThread *t, uint64_t word)
{
    uint32_t old, mark;

    if ((word & 3) || !lu_copy_from_guest(&old, word, 4)) {
        return;
    }
    do {
        if ((old & FUTEX_TID_MASK) != (uint32_t)t->tid) {
            return;
        }
        mark = (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    } while (!__atomic_compare_exchange_n((uint32_t *)word, &old, mark, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    if (old & FUTEX_WAITERS) {
        LU_RAW3(SYS_futex, word, FUTEX_WAKE, 1);
    }
}

/* The kernel would do this later, when the memory of the list may already be somebody else's. */
static void walk_robust_list(const LuThread *t)
{
    uint64_t head[3], at;

    if (!t->robust_head || !lu_copy_from_guest(head, t->robust_head, sizeof head)) {
        return;
    }
    at = head[0];
    for (unsigned i = 0; i < ROBUST_LIMIT && (at & ~1ull) != t->robust_head; i++) {
        uint64_t entry = at & ~1ull, next;
        if (!lu_copy_from_guest(&next, entry, 8)) {
            return;
        }
        if (entry != (head[2] & ~1ull)) {
            mark_dead(t, entry + head[1]);
        }
        at = next;
    }
    if (head[2] & ~1ull) {
        mark_dead(t, (head[2] & ~1ull) + head[1]);
    }
}

int64_t lu_thread_exit(LuThread *t, int code)
{
    uint32_t zero = 0;

    if (t->vfork_child || lu_thread_count() == 1) {
        if (lu_gdb_on && !t->vfork_child) {
            lu_gdb_exited(code);
        }
        LU_RAW1(SYS_exit, code);
    }
    lu_signal_block();
    LU_RAW2(SYS_set_robust_list, NULL, 24);
    walk_robust_list(t);
    lu_rseq_end(t);
    if (t->clear_tid && lu_copy_to_guest(t->clear_tid, &zero, 4)) {
        LU_RAW3(SYS_futex, t->clear_tid, FUTEX_WAKE, 1);
    }
    list_remove(t);
    if (lu_gdb_on) {
        lu_gdb_gone(t);
    }
    if (t == &first) {
        LU_RAW1(SYS_exit, code);
    }
    t->stop = true;
    t->exit_code = code;
    return -LU_ENORESULT;
}
