/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest threads: each is one host thread, or (a vfork child) one host process that shares our
 * memory. */
#ifndef LU_THREAD_H
#define LU_THREAD_H

#include "gdb.h"
#include "signal.h"
#include "tcg/exec.h"
#include "trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LU_QUEUE 64             /* signals taken from the kernel and not yet delivered */
#define LU_HOST_STACK (64 * 1024)

/* A signal as the kernel gave it: siginfo_t, of which the first int is the number. */
typedef struct LuSignal {
    uint8_t info[128] __attribute__((aligned(8)));
} LuSignal;

/* The area registered by rseq(2); addr 0: none. */
typedef struct LuRseq {
    uint64_t addr;
    uint32_t len, sig;
    bool libc_gone;             /* that of the host's libc is not registered any more */
    volatile bool broken;       /* the kernel could not use it, or a descriptor in it: SIGSEGV */
    uint64_t lost;              /* where the area was when its memory went, or 0: lu_rseq_unmapping */
} LuRseq;

typedef struct LuThread {
    TcgEnv *env;
    volatile uint32_t pending;  /* not 0: lu_signal_deliver has something to do */
    uint32_t head, tail;        /* of the queue; tail is written by the handler only */
    uint64_t mask;              /* blocked signals, bit n-1 is signal n */
    uint64_t
        frame_mask; /* what the next frame saves, if use_frame_mask: t->mask is a temporary one */
    bool use_frame_mask;
    uint64_t grown;             /* bits that mask got since the signals in the queue came */
    int restart;                /* LU_ERESTART*: the system call that was interrupted, or 0 */
    bool vfork_child;           /* shares memory with its parent */
    bool stop;                  /* leave the loop: exit(2) was called */
    int exit_code;
    pid_t tid;
    uint64_t clear_tid;         /* guest address, or 0 */
    uint64_t robust_head;
    LuRseq rseq;
    struct LuSecFilter *seccomp; /* the newest filter, or NULL */
    bool seccomp_strict;
    bool tagged;                /* PR_TAGGED_ADDR_ENABLE: see tagged.h */
    bool dispatch;              /* PR_SET_SYSCALL_USER_DISPATCH, for calls from outside [start, start + len) */
    uint64_t dispatch_start, dispatch_len, dispatch_selector;
    uint64_t alt_sp, alt_size;  /* sigaltstack */
    uint32_t alt_flags;
    LuActions *actions;
    TcgFault fault;             /* the last one delivered: for the frame */
    LuSignal held[2];           /* SIGSEGV and SIGBUS sent while blocked */
    uint8_t has_held[2];
    struct LuThread *next, *prev;
    LuTrace trace;
    /* A fork's child writes nothing from here on: one page less to copy. */
    LuGdbThread gdb;
    LuSignal queue[LU_QUEUE];
    uint8_t host_stack[LU_HOST_STACK] __attribute__((aligned(16)));
} LuThread;

/* The calling thread's. */
extern __thread LuThread *lu_self;

/* Registers by the ABI's offsets. */
uint64_t *lu_args(LuThread *t);
uint64_t *lu_sp(LuThread *t);

/* Makes the first thread. Signals are set up, the CPU is reset; pc and sp are the caller's to set.
 */
LuThread *lu_thread_first(void);

/* Runs the guest. Returns only when this thread called exit(2). */
void lu_thread_loop(LuThread *t);

/* Number of guest threads of this process. */
unsigned lu_thread_count(void);
/* Waits until the host threads of all guest threads that have ended are gone too (unshare, setns).
 */
void lu_thread_settle(void);

/* clone(2) in its three forms. */
typedef struct LuClone {
    uint64_t flags;             /* without the exit signal */
    uint64_t exit_signal, stack, tls;
    uint64_t parent_tid, child_tid, pidfd;
    bool new_form;              /* the next three, or flags that only clone3 has, are there */
    uint64_t set_tid, set_tid_n, cgroup;
} LuClone;
int64_t lu_clone(LuThread *t, const LuClone *c);

/* SECCOMP_FILTER_FLAG_TSYNC: gives all threads the filter next. If one has neither what the caller
 * had before nor a part of it, nothing is done and that thread's id is returned. */
pid_t lu_thread_each_filter(struct LuSecFilter *before, struct LuSecFilter *next);

/* rseq(2): the kernel has forgotten t's area; and: the area is given up, before its memory may be somebody else's. */
void lu_rseq_forget(LuThread *t);
void lu_rseq_end(LuThread *t);

/* The memory of [start, end) is about to be unmapped. If the calling thread's area is there, the kernel is told to
 * forget it, or it could not deliver the signals that the emulator lives by. DEVIATION: Linux kills the thread when it
 * next writes to the area. */
void lu_rseq_unmapping(LuThread *t, uint64_t start, uint64_t end);

/* Registers the area that was lost again, if there is memory in its place now. */
void lu_rseq_restore(LuThread *t);

/* exit(2) of one thread. */
int64_t lu_thread_exit(LuThread *t, int code);

#endif
