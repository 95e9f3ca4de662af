/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gdb server of a machine: its CPUs are gdb's threads; all stop and go together.  [GDB manual, appendix E]
 *
 * Threads: the main loop's, under the device lock, but for sys_gdb_breakpoint.
 */
#ifndef SYSTEM_GDB_H
#define SYSTEM_GDB_H

#include "machine.h"

#include "back/char/char.h"

#include <stdbool.h>

/* A server at c, which nobody uses: a debugger that connects stops the machine.  One per process; freed with
 * sys_gdb_end.  Errors: c is used. */
gboolean sys_gdb_begin(SysMachine *m, SysChar *c, GError **err);
void sys_gdb_end(void);         /* nothing if there is none */

/* For TcgOwner.breakpoint: any thread, without locks of ours. */
bool sys_gdb_breakpoint(uint64_t pc);

#endif
