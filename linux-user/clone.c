/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clone(2): threads, fork, vfork. [man 2 clone]
 *
 * 1. A guest thread is a host thread of libc (its locks and allocator must work in it), so only the
 *    flags that libc's threads have are possible, in the combination every guest libc uses.
 * 2. A process without CLONE_VM is a fork of the host, under all locks.
 *    A thread that shall not share files or the like leaves what libc's shares with unshare(2).
 * 3. CLONE_VM without CLONE_THREAD is a process in the same memory. With CLONE_VFORK the parent
 *    sleeps in the kernel meanwhile, so the child may borrow its thread pointer; it runs on a host
 *    stack and a CPU of its own.
 * 4. Without CLONE_VFORK both run, so the child needs a thread pointer of its own: it takes that of
 *    a thread of libc which makes the process and then ends without telling libc.
 */
#include "guestmem.h"
#include "host.h"
#include "map.h"
#include "syscall.h"
#include "syscall/ptrace.h"
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

#include "base/forked.h"
#include "base/log.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define THREAD_FLAGS (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_APART (CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)  /* unshare(2) undoes these */
#define THREAD_EXTRA                                                                               \
    (CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID |              \
     CLONE_DETACHED | CLONE_IO | CLONE_PTRACE | CLONE_UNTRACED | CLONE_PARENT)
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
    int64_t tid;                /* of the thread or process, which may be gone when we read it */
    sem_t made, ready;          /* posted when pthread_create has returned; by the new thread */
} Start;

static void wait_for(sem_t *s)
{
    while (sem_wait(s)) {
        ;
    }
}

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
    n->seccomp = t->seccomp;
    n->seccomp_strict = t->seccomp_strict;
    lu_trace_child(n, t, c->flags, (int)c->exit_signal);
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
    if (~c->flags & THREAD_APART) {
        LU_RAW1(SYS_unshare, ~c->flags & THREAD_APART);
    }
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
    lu_trace_begin(t);
    lu_thread_loop(t);
    lu_self = NULL;
    stack_t off = { .ss_flags = SS_DISABLE };
    LU_RAW2(SYS_sigaltstack, &off, NULL);
    free_thread(t);
    return NULL;
}

static BASE_FORKED bool libc_prepared;

/* What the emulator makes for itself does not end before its maker went on: a tracer has heard then whose it is. */
static void *do_nothing(void *arg)
{
    Start *start = arg;

    wait_for(&start->made);
    sem_post(&start->ready);
    return NULL;
}

/* The first pthread_create of a process unblocks libc's own signal and installs its handler, which the
 * new thread could then raise in us before we have taken the signal back. So the first new thread does
 * nothing. Signals are blocked before and after. */
static void prepare_libc(LuThread *t, const pthread_attr_t *attr)
{
    const uint32_t helper = t->trace.helper;
    pthread_t id;
    Start start;

    if (libc_prepared) {
        return;
    }
    sem_init(&start.made, 0, 0);
    sem_init(&start.ready, 0, 0);
    t->trace.helper = 1;
    libc_prepared = pthread_create(&id, attr, do_nothing, &start) == 0;
    t->trace.helper = helper;
    sem_post(&start.made);
    lu_signal_reclaim(t);
    lu_signal_block();
    if (libc_prepared) {
        wait_for(&start.ready);
    }
}

/* A host thread of libc's that runs fn with start; returns when it has posted start->ready. */
static int64_t host_thread(LuThread *t, void *(*fn)(void *), Start *start)
{
    pthread_attr_t attr;
    pthread_t id;

    sem_init(&start->made, 0, 0);
    sem_init(&start->ready, 0, 0);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    prepare_libc(t, &attr);
    int e = pthread_create(&id, &attr, fn, start);
    pthread_attr_destroy(&attr);
    sem_post(&start->made);
    lu_signal_reclaim(t);
    if (e) {
        return -EAGAIN;
    }
    wait_for(&start->ready);
    return start->tid;
}

static int64_t clone_thread(LuThread *t, const LuClone *c)
{
    Start start = { .how = c };

    if (c->flags & ~(uint64_t)(THREAD_FLAGS | THREAD_APART | THREAD_EXTRA)) {
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
    int64_t tid = host_thread(t, run_thread, &start);
    if (tid < 0) {
        free_thread(start.thread);
    }
    lu_signal_unblock(t);
    return tid;
}

static void locks_take(LuThread *t)
{
    lu_ptrace_fork_begin();
    lu_list_fork_begin();
    lu_mm_lock();
    tcg_fork_lock(t->env);
    lu_map_fork_begin();        /* a leaf: libtcg takes it under its own lock */
}

static void locks_give(LuThread *t, bool child)
{
    lu_map_fork_end(child);
    tcg_fork_unlock();
    if (!child) {               /* the child's was made anew */
        lu_mm_unlock();
    }
    lu_list_fork_end(t, child);
    lu_ptrace_fork_end(child);
}

/* The flags that are the host kernel's to do. */
static uint64_t kernel_flags(const LuClone *c)
{
    return c->flags & ~(uint64_t)((FORK_EMULATED & ~CLONE_PIDFD) | CLONE_DETACHED) & ~CLONE_CLEAR_SIGHAND;
}

/* fork: by libc if it can, so that its own locks are in order; else by the kernel. */
static int64_t host_fork(const LuClone *c)
{
    if (!(c->flags & ~(uint64_t)(FORK_SIMPLE | CLONE_VFORK)) && c->exit_signal == SIGCHLD && !c->new_form) {
        pid_t pid = fork();
        return pid < 0 ? -errno : pid;
    }
    if (c->new_form) {
        const uint64_t args[11] = {
            kernel_flags(c), c->pidfd, 0, 0, c->exit_signal, 0, 0, 0, c->set_tid, c->set_tid_n, c->cgroup,
        };
        return LU_RAW2(SYS_clone3, args, sizeof args);
    }
    return LU_RAW5(SYS_clone, kernel_flags(c) | c->exit_signal, 0, c->pidfd, 0, 0);
}

static void start_child(LuThread *t, const LuClone *c)
{
    t->tid = (pid_t)LU_RAW1(SYS_gettid, 0);
    t->robust_head = 0;
    t->dispatch = false;
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
    lu_trace_child(t, t, c->flags, (int)c->exit_signal);
}

static int64_t clone_process(LuThread *t, const LuClone *c)
{
    lu_signal_block();
    if (t->pending) {
        return -LU_ERESTARTNOINTR;
    }
    locks_take(t);
    int64_t pid = host_fork(c);
    if (pid == 0) {
        libc_prepared = false;
        tcg_fork_child(t->env);
    }
    locks_give(t, pid == 0);
    if (pid == 0) {
        if (lu_gdb_on) {
            lu_gdb_forked();
        }
        start_child(t, c);
    } else if (pid > 0 && (c->flags & CLONE_PARENT_SETTID)) {
        lu_put32(c->parent_tid, (uint32_t)pid);
    }
    lu_signal_unblock(t);
    if (pid == 0 && t->trace.starting) {
        lu_args(t)[0] = 0;
        lu_trace_begin(t);
    }
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
    lu_trace_begin(t);
    lu_thread_loop(t);
    LU_RAW1(SYS_exit, t->exit_code);
    return 0;
}

/* The parent sleeps until the child execs or exits; then what the child borrowed is taken back. */
static int64_t clone_vfork(LuThread *t, const LuClone *c)
{
    Start start = { .how = c };
    LuActions actions = *t->actions;
    uint64_t flags = kernel_flags(c) | CLONE_VM | CLONE_VFORK;

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
    if (lu_gdb_on) {
        lu_gdb_away(t, true);
    }
    int64_t pid = clone(run_vfork_child, stack + VFORK_STACK, (int)(flags | c->exit_signal), &start,
                        (void *)c->pidfd, NULL, NULL);
    if (pid < 0) {
        pid = -errno;
    }
    lu_self = t;
    if (lu_gdb_on) {
        lu_gdb_away(t, false);
    }
    if (pid > 0 && (c->flags & CLONE_PARENT_SETTID)) {
        lu_put32(c->parent_tid, (uint32_t)pid);
    }
    free_thread(start.thread);
    munmap(stack, VFORK_STACK);
    lu_signal_unblock(t);
    return pid;
}

/* A process in our memory that runs beside us. */
typedef struct Shared {
    LuThread *thread;
    LuClone how;
    LuActions actions;
} Shared;

/* Runs in the new process, with the thread pointer of the thread that made it. */
static int run_shared_child(void *arg)
{
    Shared *s = arg;
    Start start = { .thread = s->thread, .how = &s->how };

    return run_vfork_child(&start);
}

/* Runs in the thread that lends its thread pointer, all signals blocked. */
static void *lend_thread(void *arg)
{
    Start *start = arg;
    Shared *s = (Shared *)start->thread;
    const LuClone *c = &s->how;
    char *stack = mmap(NULL, VFORK_STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    wait_for(&start->made);
    int pid = stack == MAP_FAILED
                  ? -1
                  : clone(run_shared_child, stack + VFORK_STACK,
                          (int)(kernel_flags(c) | CLONE_VM | c->exit_signal), s, (void *)c->pidfd, NULL, NULL);

    start->tid = pid < 0 ? -errno : pid;
    sem_post(&start->ready);
    if (pid < 0) {
        return NULL;
    }
    LU_RAW2(SYS_set_robust_list, NULL, 24);
    LU_RAW1(SYS_exit, 0);
    return NULL;
}

/* What the child got is not given back: nobody knows when it ends. */
static int64_t clone_shared(LuThread *t, const LuClone *c)
{
    lu_signal_block();
    if (t->pending) {
        return -LU_ERESTARTNOINTR;
    }
    Shared *s = calloc(1, sizeof *s);
    if (s) {
        s->how = *c;
        s->thread = copy_thread(t, c);
    }
    if (!s || !s->thread) {
        free(s);
        lu_signal_unblock(t);
        return -ENOMEM;
    }
    s->thread->vfork_child = true;
    if (!(c->flags & CLONE_SIGHAND)) {
        s->actions = *t->actions;
        s->thread->actions = &s->actions;
    }
    Start start = { .thread = (LuThread *)s };
    t->trace.helper = 1;
    int64_t pid = host_thread(t, lend_thread, &start);
    t->trace.helper = 0;
    if (pid < 0) {
        free_thread(s->thread);
        free(s);
    } else if (c->flags & CLONE_PARENT_SETTID) {
        lu_put32(c->parent_tid, (uint32_t)pid);
    }
    lu_signal_unblock(t);
    return pid;
}

/* Combinations that the kernel refuses. [man 2 clone, ERRORS] */
static bool flags_valid(uint64_t f)
{
    return !((f & CLONE_FS) && (f & (CLONE_NEWNS | CLONE_NEWUSER))) &&
           !((f & CLONE_THREAD) && (!(f & CLONE_SIGHAND) || (f & (CLONE_NEWUSER | CLONE_NEWPID)))) &&
           !((f & CLONE_SIGHAND) && (!(f & CLONE_VM) || (f & CLONE_CLEAR_SIGHAND))) &&
           !((f & CLONE_NEWIPC) && (f & CLONE_SYSVSEM)) && !((f & CLONE_PIDFD) && (f & CLONE_DETACHED));
}

int64_t lu_clone(LuThread *t, const LuClone *c)
{
    if (!flags_valid(c->flags)) {
        return -EINVAL;
    }
    if (c->new_form && (c->flags & CLONE_VM)) {
        log_unimp("clone3: thread ids, cgroup or time name space with CLONE_VM\n");
        return -ENOSYS;
    }
    if (c->flags & CLONE_THREAD) {
        return clone_thread(t, c);
    }
    if (c->flags & (CLONE_NEWUSER | CLONE_NEWPID)) {
        lu_thread_settle();
    }
    if (c->flags & CLONE_VM) {
        if (c->flags & CLONE_VFORK) {
            return clone_vfork(t, c);
        }
        return clone_shared(t, c);
    }
    return clone_process(t, c);
}
