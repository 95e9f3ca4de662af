/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clone(2): threads, fork, vfork. [man 2 clone]
 *
 * 1. A guest thread is a host thread of libc (its locks and allocator must work in it), so only the
 *    flags that libc's threads have are possible, in the combination every guest libc uses.
 * 2. A process without CLONE_VM is a fork of the host, under all locks.
 * 3. CLONE_VM without CLONE_THREAD is a process in the same memory. With CLONE_VFORK the parent
 *    sleeps in the kernel meanwhile, so the child may borrow its thread pointer; it runs on a host
 *    stack and a CPU of its own.
 */
#include "guestmem.h"
#include "host.h"
#include "map.h"
#include "syscall.h"
#include "target.h"
#include "thread-private.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_EXTRA                                                                               \
    (CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |                     \
     CLONE_CHILD_CLEARTID | CLONE_DETACHED | CLONE_IO | CLONE_PTRACE | CLONE_UNTRACED)
/* What a plain fork of libc's can do; anything else is asked of the kernel. */
#define FORK_SIMPLE (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID | \
                     CLONE_SETTLS | CLONE_PTRACE | CLONE_UNTRACED | CLONE_DETACHED | \
                     CLONE_CLEAR_SIGHAND)
#define FORK_EMULATED (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID | \
                       CLONE_SETTLS | CLONE_VM | CLONE_VFORK | CLONE_PIDFD)
#define THREAD_STACK (256 * 1024)
#define VFORK_STACK (256 * 1024)

/* Passed to a new host thread. */
typedef struct Start {
    LuThread *thread;
    const LuClone *how;
    pid_t tid;                  /* of the thread, which may be gone when we read it */
    sem_t ready;
} Start;

/* A copy of t, for a child that is about to be. */
static LuThread *copy_thread(LuThread *t, const LuClone *c)
{
    LuThread *n = mmap(NULL, sizeof *n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (n == MAP_FAILED) {
        return NULL;
    }
    n->env = tcg_env_clone(t->env);
    n->mask = t->mask;
    n->actions = t->actions;
    lu_args(n)[0] = 0;
    if (c->stack) {
        *lu_sp(n) = c->stack;
    }
    if (c->flags & CLONE_SETTLS) {
        lu_target->abi->tls_set(n->env, c->tls);
    }
    if (c->flags & CLONE_CHILD_CLEARTID) {
        n->clear_tid = c->child_tid;
    }
    return n;
}

static void free_thread(LuThread *t)
{
    tcg_env_free(t->env);
    munmap(t, sizeof *t);
}

/* Runs in the new host thread, all signals blocked. */
static void *run_thread(void *arg)
{
    Start *start = arg;
    LuThread *t = start->thread;
    const LuClone *c = start->how;
    uint32_t tid = (uint32_t)LU_RAW1(SYS_gettid, 0);

    lu_self = t;
    t->tid = (pid_t)tid;
    lu_signal_stack(t);
    LU_RAW2(SYS_set_robust_list, NULL, 24);
    if (c->flags & CLONE_PARENT_SETTID) {
        lu_put32(c->parent_tid, tid);
    }
    if (c->flags & CLONE_CHILD_SETTID) {
        lu_put32(c->child_tid, tid);
    }
    lu_list_add(t);
    start->tid = t->tid;
    sem_post(&start->ready);
    tcg_fp_thread_start(t->env);
    lu_signal_unblock(t);
    lu_thread_loop(t);
    lu_self = NULL;
    stack_t off = { .ss_flags = SS_DISABLE };
    LU_RAW2(SYS_sigaltstack, &off, NULL);
    free_thread(t);
    return NULL;
}

static int64_t clone_thread(LuThread *t, const LuClone *c)
{
    pthread_attr_t attr;
    pthread_t id;
    Start start = { .how = c };

    if ((c->flags & THREAD_FLAGS) != THREAD_FLAGS ||
        (c->flags & ~(uint64_t)(THREAD_FLAGS | THREAD_EXTRA))) {
        log_unimp("clone: thread with flags %#llx\n", (unsigned long long)c->flags);
        return -EINVAL;
    }
    lu_signal_block();
    if (t->pending) {
        return -LU_ERESTARTNOINTR;
    }
    start.thread = copy_thread(t, c);
    if (!start.thread) {
        lu_signal_unblock(t);
        return -ENOMEM;
    }
    sem_init(&start.ready, 0, 0);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int e = pthread_create(&id, &attr, run_thread, &start);
    pthread_attr_destroy(&attr);
    lu_signal_reclaim(t);
    if (e) {
        free_thread(start.thread);
        lu_signal_unblock(t);
        return -EAGAIN;
    }
    while (sem_wait(&start.ready)) {
    }
    lu_signal_unblock(t);
    return start.tid;
}

static void locks_take(void)
{
    lu_list_fork_begin();
    lu_map_fork_begin();
    tcg_fork_lock();
}

static void locks_give(LuThread *t, bool child)
{
    tcg_fork_unlock();
    lu_map_fork_end(child);
    lu_list_fork_end(t, child);
}

/* fork: by libc if it can, so that its own locks are in order; else by the kernel. */
static int64_t host_fork(const LuClone *c)
{
    if (!(c->flags & ~(uint64_t)(FORK_SIMPLE | CLONE_VFORK)) && c->exit_signal == SIGCHLD) {
        pid_t pid = fork();
        return pid < 0 ? -errno : pid;
    }
    uint64_t flags = (c->flags & ~(uint64_t)(FORK_EMULATED & ~CLONE_PIDFD)) | c->exit_signal;
    return LU_RAW5(SYS_clone, flags & 0xffffffff, 0, c->pidfd, 0, 0);
}

static void start_child(LuThread *t, const LuClone *c)
{
    t->tid = (pid_t)LU_RAW1(SYS_gettid, 0);
    t->robust_head = 0;
    t->clear_tid = c->flags & CLONE_CHILD_CLEARTID ? c->child_tid : 0;
    if (c->stack) {
        *lu_sp(t) = c->stack;
    }
    if (c->flags & CLONE_SETTLS) {
        lu_target->abi->tls_set(t->env, c->tls);
    }
    if (c->flags & CLONE_CHILD_SETTID) {
        lu_put32(c->child_tid, (uint32_t)t->tid);
    }
    if (c->flags & CLONE_CLEAR_SIGHAND) {
        lu_signal_clear_handlers(t);
    }
    memset(t->has_held, 0, sizeof t->has_held);
}

static int64_t clone_process(LuThread *t, const LuClone *c)
{
    lu_signal_block();
    if (t->pending) {
        return -LU_ERESTARTNOINTR;
    }
    locks_take();
    int64_t pid = host_fork(c);
    if (pid == 0) {
        tcg_fork_child(t->env);
    }
    locks_give(t, pid == 0);
    if (pid == 0) {
        start_child(t, c);
    } else if (pid > 0 && (c->flags & CLONE_PARENT_SETTID)) {
        lu_put32(c->parent_tid, (uint32_t)pid);
    }
    lu_signal_unblock(t);
    return pid;
}

/* Runs in the vfork child, on the new host stack, all signals blocked. */
static int run_vfork_child(void *arg)
{
    Start *start = arg;
    LuThread *t = start->thread;

    lu_self = t;
    t->tid = (pid_t)LU_RAW1(SYS_gettid, 0);
    lu_signal_stack(t);
    if (start->how->flags & CLONE_CHILD_SETTID) {
        lu_put32(start->how->child_tid, (uint32_t)t->tid);
    }
    if (start->how->flags & CLONE_CLEAR_SIGHAND) {
        lu_signal_clear_handlers(t);
    }
    tcg_fp_thread_start(t->env);
    lu_signal_unblock(t);
    lu_thread_loop(t);
    LU_RAW1(SYS_exit, t->exit_code);
    return 0;
}

/* The parent sleeps until the child execs or exits; then what the child borrowed is taken back. */
static int64_t clone_vfork(LuThread *t, const LuClone *c)
{
    Start start = { .how = c };
    LuActions actions = *t->actions;
    uint64_t flags = (c->flags & ~(uint64_t)(FORK_EMULATED & ~CLONE_PIDFD)) | CLONE_VM |
                     CLONE_VFORK;

    lu_signal_block();
    if (t->pending) {
        return -LU_ERESTARTNOINTR;
    }
    char *stack = mmap(NULL, VFORK_STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    start.thread = stack == MAP_FAILED ? NULL : copy_thread(t, c);
    if (!start.thread) {
        lu_signal_unblock(t);
        return -ENOMEM;
    }
    start.thread->vfork_child = true;
    if (!(c->flags & CLONE_SIGHAND)) {
        start.thread->actions = &actions;
    }
    start.thread->alt_sp = t->alt_sp;
    start.thread->alt_size = t->alt_size;
    start.thread->alt_flags = t->alt_flags;
    int64_t pid = clone(run_vfork_child, stack + VFORK_STACK, (int)(flags | c->exit_signal), &start,
                        (void *)c->pidfd, NULL, NULL);
    if (pid < 0) {
        pid = -errno;
    }
    lu_self = t;
    if (pid > 0 && (c->flags & CLONE_PARENT_SETTID)) {
        lu_put32(c->parent_tid, (uint32_t)pid);
    }
    free_thread(start.thread);
    munmap(stack, VFORK_STACK);
    lu_signal_unblock(t);
    return pid;
}

int64_t lu_clone(LuThread *t, const LuClone *c)
{
    if (c->flags & CLONE_THREAD) {
        return clone_thread(t, c);
    }
    if ((c->flags & CLONE_SIGHAND) &&
        (!(c->flags & CLONE_VM) || (c->flags & CLONE_CLEAR_SIGHAND))) {
        return -EINVAL;
    }
    if (c->flags & (CLONE_NEWUSER | CLONE_NEWPID)) {
        lu_thread_settle();
    }
    if (c->flags & CLONE_VM) {
        if (c->flags & CLONE_VFORK) {
            return clone_vfork(t, c);
        }
        log_unimp("clone: CLONE_VM without CLONE_THREAD or CLONE_VFORK\n");
        return -EINVAL;
    }
    return clone_process(t, c);
}
