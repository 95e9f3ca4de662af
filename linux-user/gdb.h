/* SPDX-License-Identifier: BSD-2-Clause */
/* The gdb server of -g. [GDB manual, Remote Protocol]
 *
 * A host thread of its own speaks the protocol; guest threads only stop, wait and go on, in the
 * functions below, which do nothing unless lu_gdb_on. */
#ifndef LU_GDB_H
#define LU_GDB_H

#include <stdbool.h>
#include <stdint.h>

struct LuThread;

/* One register as the debugger knows it. at: its place in struct LuRegs; LU_GDB_ZERO: always 0. */
typedef struct LuGdbReg {
    const char *name, *type;
    uint16_t bytes, at;
    uint8_t feature;            /* index into LuGdbAbi.features */
} LuGdbReg;
#define LU_GDB_ZERO 0xffff

enum { LU_GDB_FEATURES = 4 };

typedef struct LuGdbAbi {
    const char *architecture;   /* of the target description */
    const char *features[LU_GDB_FEATURES + 1];  /* the last is NULL */
    const char *types[LU_GDB_FEATURES];         /* XML in front of the registers of each, or NULL */
    const LuGdbReg *regs;       /* in the debugger's order; the last has no name */
    uint16_t pc;                /* index of the program counter */
} LuGdbAbi;

/* Registers in the layouts of Linux core files: NT_PRSTATUS's pr_reg, then NT_FPREGSET; then vectors as the ABI's own
 * file has them. */
#define LU_GREGS_MAX 272
typedef struct LuRegs {
    uint8_t g[LU_GREGS_MAX];
    uint8_t fp[528];
    uint8_t v[1176];
} LuRegs;
enum { LU_GDB_REG_MAX = 32 };   /* bytes of a register */

typedef enum LuGdbGo { LU_GDB_RUN, LU_GDB_STEP } LuGdbGo;

/* What the server keeps for a thread. */
typedef struct LuGdbThread {
    LuRegs regs;                /* while parked; to be taken over if regs_changed */
    bool regs_changed, parked;
    volatile bool nudged;       /* a system call was ended for a stop only: it starts again */
    LuGdbGo go;
    uint8_t info[128];          /* siginfo_t of the signal that stopped it, or zeros */
    int signal;                 /* to be delivered instead of the one that stopped it */
} LuGdbThread;

#define LU_SI_STOP (-7777)      /* si_code of the SIGBUS that gets threads out of the kernel */

extern bool lu_gdb_on;

/* Waits at port (a number: loopback TCP; else the path of a socket, in which %d becomes the process
 * id) until a debugger connects. 0, or -errno. */
int lu_gdb_listen(const char *port);

/* The first thread is ready to run: starts the server and stops before the first instruction. */
void lu_gdb_start(struct LuThread *t);

/* Called by each guest thread between guest instructions: waits while the debugger has stopped the
 * program. True: only one instruction shall run. */
bool lu_gdb_poll(struct LuThread *t);

/* t has run its one instruction, or stands at a breakpoint of the debugger's. */
void lu_gdb_stop(struct LuThread *t, int sig);
bool lu_gdb_breakpoint(uint64_t pc);

/* A signal is about to be delivered: what shall be delivered instead, 0 for nothing. */
int lu_gdb_signal(struct LuThread *t, const void *siginfo);

/* The process ends: by exit_group, or by a signal. */
void lu_gdb_exited(int code);
void lu_gdb_killed(int sig);

/* Between these t is in the kernel and cannot stop (it counts as stopped). */
void lu_gdb_away(struct LuThread *t, bool away);
/* t is no more. */
void lu_gdb_gone(struct LuThread *t);

/* In a fork's child: the debugger stays with the parent. */
void lu_gdb_forked(void);

#endif
