/* SPDX-License-Identifier: BSD-2-Clause */
/* The system call table and its handlers. */
#ifndef LU_SYSCALL_H
#define LU_SYSCALL_H

#include "host.h"
#include "thread.h"

#include <errno.h>
#include <stdint.h>

/* A handler: arguments as the guest gave them; result or -errno, or one of the codes of host.h. */
typedef int64_t LuSysFn(LuThread *t, const uint64_t *a);

typedef struct LuSysRow {
    const char *name;
    const char *args;           /* one letter per argument: see syscalls.def */
    LuSysFn *fn;                /* NULL: pass host_nr to the host's kernel */
    int16_t host_nr;            /* -1: none */
    bool paths;                 /* args has an 's': paths are looked up before the call is passed */
} LuSysRow;

#define LU_NROWS 480
extern const LuSysRow
    lu_sys_rows[LU_NROWS]; /* index is the guest's number; name NULL: no such call */

/* Performs the system call in t's registers and sets the result. */
void lu_syscall(LuThread *t);

/* Passes a call to the host, interruptible by signals. */
static inline int64_t lu_pass(LuThread *t, long nr, const uint64_t *a)
{
    return lu_host_syscall(&t->pending, nr, a);
}

static inline int64_t lu_pass_args(LuThread *t, long nr, uint64_t a, uint64_t b, uint64_t c,
                                   uint64_t d, uint64_t e, uint64_t f)
{
    const uint64_t args[6] = { a, b, c, d, e, f };
    return lu_host_syscall(&t->pending, nr, args);
}

/* -strace: before and after a call. */
void lu_strace_enter(LuThread *t, unsigned nr, const uint64_t *a);
void lu_strace_leave(LuThread *t, unsigned nr, const uint64_t *a, int64_t result);
void lu_strace_signal(LuThread *t, const void *info);
extern bool lu_strace_on;

#define ROW_PASS(nr, name, args)
#define ROW_CALL(nr, name, args) LuSysFn lu_sys_##name;
#define ROW_NONE(nr, name, args, err)
#include "syscalls.def"
#undef ROW_PASS
#undef ROW_CALL
#undef ROW_NONE

#endif
