/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracer's side of ptrace (trace.h): what is known of each thread that this process traces. */
#ifndef LU_SYSCALL_PTRACE_H
#define LU_SYSCALL_PTRACE_H

#include "trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LU_EVENT_STOP 128       /* PTRACE_EVENT_STOP */

/* How a stop looks to the guest tracer. */
typedef enum LuStopKind {
    LU_STOP_NONE,               /* it runs */
    LU_STOP_SIGNAL,             /* info is the signal's */
    LU_STOP_EVENT, LU_STOP_GROUP, LU_STOP_SYSCALL,
} LuStopKind;

enum { LU_HELD_SIGNALS = 8 };

typedef struct LuTracee {
    pid_t tid;
    bool seized, prepared;      /* the host's options are set */
    bool fresh;                 /* its first stop, of which the kernel alone knows, is still to come */
    bool starting;              /* will report by itself */
    bool helper;                /* a thread that the emulator has made for itself: its end is not shown */
    bool interrupt;             /* PTRACE_INTERRUPT was asked for */
    bool native;                /* not one of ours: the host's stops are shown as they are */
    LuStopKind stop;
    bool exact;                 /* in a report: now is up to date and can be written */
    uint64_t at;                /* address of its LuTrace, or 0: not known yet */
    uint32_t options, go;       /* as the guest wants it; LuTraceGo */
    int event;                  /* of LU_STOP_EVENT */
    uint64_t message;           /* PTRACE_GETEVENTMSG */
    LuTrace now;
    uint8_t info[128];          /* siginfo_t of the stop */
    unsigned nheld;             /* signals that have stopped it and are not shown yet */
    uint8_t held[LU_HELD_SIGNALS][128];
    struct LuTracee *next;
} LuTracee;

/* This process has traced somebody: set once. */
extern bool lu_ptrace_any;

/* The guest opens path: if that is a tracee's memory, its code may be written. */
void lu_ptrace_opens(uint64_t path, uint64_t flags);
extern bool lu_ptrace_writes;

/* A LuTracee may be looked for and used between these only: a wait of another thread may remove it. Nothing that waits
 * for another guest thread may be done between them. */
void lu_ptrace_lock(void);
void lu_ptrace_unlock(void);

/* Around a fork, before all other locks are taken and after they are given back. The child traces nobody. */
void lu_ptrace_fork_begin(void);
void lu_ptrace_fork_end(bool child);

/* NULL: not traced by this process; no memory. The list keeps what add returns. */
LuTracee *lu_tracee_find(pid_t tid);
LuTracee *lu_tracee_add(pid_t tid);
void lu_tracee_remove(pid_t tid);

/* Is the process not run by rhea, or not to be looked at? */
bool lu_ptrace_native(pid_t tid);

/* The host's PTRACE_O_* for those that the guest wants; the others of a tracee of ours are done by itself. */
uint64_t lu_ptrace_host_options(bool native, uint64_t options);

/* Lets a tracee go on. go and the signal to deliver count if it is stopped where that is possible. Result as
 * ptrace's. */
long lu_tracee_resume(LuTracee *p, unsigned go, int sig);

/* Asks a tracee that runs for a stop; the signal may stop it once more, when it is passed on. */
void lu_tracee_ask(const LuTracee *p);

/* Reads and writes a part of its LuTrace. */
bool lu_tracee_read(LuTracee *p, uint64_t at, void *to, size_t n);
bool lu_tracee_write(LuTracee *p, size_t offset, const void *from, size_t n);
#define LU_TRACEE_PUT(p, field, value) \
    do { \
        (p)->now.field = (value); \
        lu_tracee_write(p, offsetof(LuTrace, field), &(p)->now.field, sizeof (p)->now.field); \
    } while (0)

#endif
