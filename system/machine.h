/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that runs: a board, its CPUs' threads, the main loop.  What the command line, monitors and debuggers
 * do with it.
 *
 * Threads: the thread that called sys_machine_new, holding the device lock, but for sys_machine_run.  A function
 * that waits for CPUs lets go of the lock meanwhile.
 */
#ifndef SYSTEM_MACHINE_H
#define SYSTEM_MACHINE_H

#include "board/board.h"
#include "cpu/turns.h"

typedef struct SysMachine SysMachine;

typedef enum SysEvent {             /* what a watcher hears; it has happened */
    SYS_EVENT_STOP,                 /* the CPUs stand */
    SYS_EVENT_CONT,
    SYS_EVENT_RESET,
    SYS_EVENT_GUEST_RESET,          /* the same; the guest asked for it */
    SYS_EVENT_POWER_OFF,            /* the guest asked for it; the machine stands, and ends unless it is kept */
    SYS_EVENT_QUIT,
} SysEvent;

typedef struct SysMachineConfig {
    gboolean no_reboot;             /* a guest's reset ends the program */
    gboolean no_shutdown;           /* a guest's power-off stops the machine only */
    SysTurnsConfig turns;
} SysMachineConfig;

/* For a live board, which becomes the machine's; the CPUs stand. */
SysMachine *sys_machine_new(SysBoard *b, const SysMachineConfig *config);

/* What a guest's requests do; may be changed. */
SysMachineConfig *sys_machine_config(SysMachine *m);

SysBoard *sys_machine_board(SysMachine *m);
gboolean sys_machine_running(const SysMachine *m);

/* The guest's time and CPUs stand; go on. */
void sys_machine_stop(SysMachine *m);
void sys_machine_cont(SysMachine *m);

/* As the reset button does. */
void sys_machine_reset(SysMachine *m);

/* sys_machine_run returns with this status. */
void sys_machine_quit(SysMachine *m, int status);

/* Calls fn at each event, under the device lock, until unwatch. */
void sys_machine_watch(SysMachine *m, void (*fn)(void *data, SysEvent event), void *data);
void sys_machine_unwatch(SysMachine *m, void (*fn)(void *data, SysEvent event), void *data);

/* The main loop, without the lock: returns the exit status after quit. */
int sys_machine_run(SysMachine *m);

/* Ends the threads, frees board and machine.  Without the lock. */
void sys_machine_free(SysMachine *m);

#endif
