/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that worker threads carry out: device (device lock) -> worker (no lock) -> finished queue -> main loop or
 * drain (device lock) -> done.  A drain waits for workers while it holds the device lock: workers never take it.
 */
#ifndef SYSTEM_BACK_DONE_H
#define SYSTEM_BACK_DONE_H

#include <glib.h>

typedef struct SysDone {
    void (*done)(gpointer request);     /* takes a finished request back, under the device lock */
    guint under_way;            /* device lock */
    GMutex mutex;               /* guards finished */
    GCond cond;
    GQueue finished;
    GSource *source;            /* wakes the main loop; NULL: not open */
} SysDone;

void sys_done_init(SysDone *d, void (*done)(gpointer request));
void sys_done_clear(SysDone *d);        /* closed before */

/* From open to close, under the device lock, requests may be under way; close waits for them. */
void sys_done_open(SysDone *d);
void sys_done_close(SysDone *d);

/* A request goes to a worker, which ends with sys_done_push.  Device lock. */
void sys_done_begin(SysDone *d);
/* The worker's: the request is finished. */
void sys_done_push(SysDone *d, gpointer request);
/* Waits until nothing is under way, calling done for each.  Device lock. */
void sys_done_drain(SysDone *d);

#endif
