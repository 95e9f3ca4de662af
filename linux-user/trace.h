/* SPDX-License-Identifier: BSD-2-Clause */
/* ptrace of a guest by a guest: what the traced process and its tracer, both rhea, agree on. [man 2 ptrace]
 *
 * Between the two processes the host's ptrace is in force: events, group stops, deaths and memory are the kernel's. But
 * where it stops a thread, the guest's registers are not exact. So a traced thread stops itself where they are, by
 * sending itself a SIGBUS with code LU_SI_REPORT and the address of its LuTrace, which the tracer reads and writes; and
 * the tracer asks for such a stop by a SIGBUS with code LU_SI_TRACE. Neither is seen by the guests. */
#ifndef LU_TRACE_H
#define LU_TRACE_H

#include "gdb.h"

#include <stdbool.h>
#include <stdint.h>

struct LuThread;

#define LU_SI_TRACE (-7778)
#define LU_SI_REPORT (-7779)
#define LU_TRACE_MAGIC 0x3165636172747572ull    /* changes with LuTrace */

typedef enum LuTraceKind {
    LU_TRACE_ASKED,             /* the tracer wanted it */
    LU_TRACE_START,             /* a new thread or process, before its first instruction */
    LU_TRACE_EXEC,              /* a new program, likewise */
    LU_TRACE_ENTER, LU_TRACE_LEAVE,     /* of a system call */
    LU_TRACE_SIGNAL,            /* info is about to be delivered */
    LU_TRACE_STEP,              /* one instruction was run */
} LuTraceKind;

typedef enum LuTraceGo { LU_TRACE_CONT, LU_TRACE_SYSCALL, LU_TRACE_STEPPING } LuTraceGo;

typedef struct LuTrace {
    uint64_t magic;
    uint32_t machine;           /* e_machine of the guest */
    uint32_t on;                /* traced */
    uint32_t nudged;            /* LU_SI_TRACE came */
    uint32_t pass;              /* a signal that the emulator sends itself as the guest's default action comes next */
    uint32_t helper;            /* a thread that is not the guest's is being made */
    uint32_t kind;              /* LuTraceKind: of the last report */
    int64_t result;             /* LEAVE */
    uint64_t nr, args[6];       /* ENTER, LEAVE: of the system call */
    uint64_t tls, mask;         /* the guest's */
    uint8_t info[128];          /* siginfo_t; the tracer's if deliver */
    LuRegs regs;
    /* Written by the tracer. */
    uint32_t go, options;       /* LuTraceGo, PTRACE_O_* */
    uint32_t deliver;           /* not 0: info is to be delivered */
    uint32_t changed;           /* regs and tls are to be taken over */
    uint32_t mask_changed;
    uint32_t flush;             /* code may have been written */
    /* The thread's own. */
    uint32_t stepped, starting, entered;        /* entered: within a system call */
} LuTrace;

/* Is on, and runs as the tracer wants it: called instead of tcg_run; a TcgExit. */
int lu_trace_run(struct LuThread *t);

/* After what lu_trace_run returned has been dealt with. */
void lu_trace_stepped(struct LuThread *t);

/* Around a system call. enter returns the number to call, which the tracer may have changed. */
uint64_t lu_trace_enter(struct LuThread *t, uint64_t nr);
void lu_trace_leave(struct LuThread *t, int64_t result);

/* A signal is about to be delivered: the one that shall be instead, with its siginfo; 0: none. */
int lu_trace_signal(struct LuThread *t, void *siginfo);

/* A new program. */
void lu_trace_exec(struct LuThread *t);

/* child is (a copy of) t and was made with these flags of clone(2): whether it is traced from its beginning, and if so,
 * at its beginning. */
void lu_trace_child(struct LuThread *child, const struct LuThread *t, uint64_t flags, int exit_signal);
void lu_trace_begin(struct LuThread *t);

/* For the handler of SIGBUS: true if the signal was one of the two. */
bool lu_trace_nudge(struct LuThread *t, const void *siginfo);

#endif
