/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two halves of the gdb server: gdb.c (the protocol) and gdb-stop.c (stopping threads). */
#ifndef LU_GDB_PRIVATE_H
#define LU_GDB_PRIVATE_H

#include "gdb.h"
#include "thread.h"

/* All of these are called on the server's thread, most of them while everything is stopped. */

/* An eventfd that becomes readable when the program has stopped. */
int lu_gdb_event_fd(void);
/* Asks the program to stop (the debugger's Ctrl-C). */
void lu_gdb_interrupt(void);
/* Waits until all threads are stopped; the thread that is the reason, and its signal. */
LuThread *lu_gdb_wait_stopped(int *sig);
/* Everything goes on: each thread according to its gdb.go. */
void lu_gdb_resume(void);
/* The debugger is gone. */
void lu_gdb_detach(void);

bool lu_gdb_break_set(uint64_t pc, bool on);

/* Sends one packet; any thread. */
void lu_gdb_send(const char *text);
void *lu_gdb_serve(void *unused);
extern int lu_gdb_fd;

#endif
