/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs of a machine: a device each, and a thread that runs it.  What is special to an architecture is in a
 * SysCpuType; this is the rest: starting, stopping, sleeping, waking.
 *
 * A CPU's thread holds no lock while it runs guest code; an access to a register takes the device lock for its
 * time.  Whoever changes what a CPU looks at (a line, a request) kicks it afterwards.
 */
#ifndef SYSTEM_CPU_H
#define SYSTEM_CPU_H

#include "dev/dev.h"

typedef struct SysCpu SysCpu;

enum { SYS_CPU_REG_MOST = 256 };        /* bytes of a register, for gdb */

typedef struct SysCpuType {
    DevType dev;                        /* .obj.parent is sys_cpu_type */
    /* On the CPU's thread, without locks: runs guest code until it is kicked or has nothing to do.  FALSE: it
     * waits, until a kick. */
    gboolean (*run)(SysCpu *c);
    /* Any thread: would run do something? A kick aside. */
    gboolean (*has_work)(SysCpu *c);
    /* Any thread: makes run return soon, or return at once if it is not running, and calls sys_cpu_wake. */
    void (*kick)(SysCpu *c);
    /* Of a CPU that stands: its registers for people, with those of vectors or without, to be freed; memory at a
     * virtual address, FALSE if there is none. */
    char *(*text)(SysCpu *c, gboolean vectors);
    gboolean (*read)(SysCpu *c, guint64 gva, void *to, gsize n);
    gboolean (*write)(SysCpu *c, guint64 gva, const void *from, gsize n);
    /* For gdb, of a CPU that stands: how many registers of 8 bytes a g packet has; one by its number, in the guest's
     * byte order (get: its size, at most SYS_CPU_REG_MOST, or 0: there is none, or not now); the target description. */
    guint gdb_general;
    guint (*gdb_get)(SysCpu *c, guint n, guint8 *bytes);
    gboolean (*gdb_set)(SysCpu *c, guint n, const guint8 *bytes, guint size);
    char *(*gdb_xml)(SysCpu *c);
} SysCpuType;

/* What a debugger wants of the next turn. */
typedef enum SysCpuStep {
    SYS_CPU_STEP_NONE,
    SYS_CPU_STEP_OVER,                  /* one instruction whatever breakpoints say, and on */
    SYS_CPU_STEP_ONE,                   /* one instruction, then sys_cpu_break */
    SYS_CPU_STEP_STAND,                 /* nothing: another one steps */
} SysCpuStep;

/* Called when a CPU met a breakpoint or made its step; on its thread, without locks; it stands then. May be NULL. */
extern void (*sys_cpu_break)(SysCpu *c);

struct SysCpu {
    Dev dev;
    guint32 index;                      /* property: its number, from 0 */
    GThread *thread;                    /* NULL unless started */
    gint step;                          /* SysCpuStep; atomic */
    gint thread_id;                     /* the host's number for it; atomic */
    GMutex mutex;                       /* guards the rest */
    GCond cond;
    gboolean stop, parked, quit;        /* asked to stand; it stands; the thread ends */
    gboolean idle, woken;               /* run said it waits; woken since */
};

extern const DevType sys_cpu_type;      /* abstract */

/* Starts a live CPU's thread, which stands until sys_cpu_go.  Device lock. */
void sys_cpu_start(SysCpu *c);
/* Ends it and waits for that.  Not under the device lock. */
void sys_cpu_end(SysCpu *c);

/* Asks it to stand (any thread), waits until it does (not under the device lock), lets it go on (any thread). */
void sys_cpu_stop(SysCpu *c);
void sys_cpu_wait(SysCpu *c);
void sys_cpu_go(SysCpu *c);

/* Makes it look around: run returns, and a waiting one runs again. Any thread. */
void sys_cpu_kick(SysCpu *c);

/* Any thread: has it an instruction to run? */
gboolean sys_cpu_has_work(SysCpu *c);

char *sys_cpu_text(SysCpu *c, gboolean vectors);
gboolean sys_cpu_read(SysCpu *c, guint64 gva, void *to, gsize n);
gboolean sys_cpu_write(SysCpu *c, guint64 gva, const void *from, gsize n);
guint sys_cpu_gdb_general(SysCpu *c);
guint sys_cpu_gdb_get(SysCpu *c, guint n, guint8 *bytes);
gboolean sys_cpu_gdb_set(SysCpu *c, guint n, const guint8 *bytes, guint size);
char *sys_cpu_gdb_xml(SysCpu *c);

/* For types, on the CPU's thread: it stands from its next turn on, and the debugger hears of it. */
void sys_cpu_met_break(SysCpu *c);

/* For types, on the CPU's thread, without locks: sleeps for this time (host) or until a wake or a request to stand. */
void sys_cpu_nap(SysCpu *c, gint64 us);

/* For types: a waiting CPU runs again, and the next time it waits it does not. Any thread. */
void sys_cpu_wake(SysCpu *c);

#endif
