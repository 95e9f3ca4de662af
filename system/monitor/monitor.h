/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitors: a client or a person at a character back end looks at a machine and changes it.
 *
 * Threads: the main loop's, under the device lock.
 */
#ifndef SYSTEM_MONITOR_H
#define SYSTEM_MONITOR_H

#include "machine.h"
#include "target.h"

#include "back/char/char.h"

#include <json-glib/json-glib.h>

typedef enum SysMonitorKind {
    SYS_MONITOR_QMP,
    SYS_MONITOR_QMP_PRETTY,     /* the same with line breaks */
    SYS_MONITOR_READLINE,       /* for people */
} SysMonitorKind;

typedef struct SysMonitor SysMonitor;

/* The machine of this process: to be said before the first monitor is made, and NULL before the machine ends, which
 * frees all monitors. */
void sys_monitors_use(SysMachine *m, const SysTarget *t);

/*
 * What -incoming says: a machine that was saved comes from a URI (file:, exec:, fd:, unix:, tcp:) into the one that
 * stands, or when a monitor says from where ("defer").  From a file, a command or a descriptor it has come when this
 * returns; the others are awaited by the main loop: then it runs if starts, and the program ends if it did not come.
 * Errors: what is wrong with URI or machine; the machine was then perhaps reset.
 */
gboolean sys_migrate_begin(const char *uri, gboolean starts, GError **err);
gboolean sys_migrate_is_awaited(void);

/* The machine is what its disks have kept under a name. It stands if that failed. */
gboolean sys_snap_load(const char *name, GError **err);

/* A monitor at c, which nobody uses. Borrowed. Errors: c is used. */
SysMonitor *sys_monitor_new(SysChar *c, SysMonitorKind kind, GError **err);

#endif
